"""Read the names that programs give to screenshots, by program and language, from `screenshot_names.csv`.

In a name, `#` stands for a digit and `*` for any text. Sources: the translations (po/*.po) of gnome-shell,
gnome-screenshot and xfce4-screenshooter; the default file names of Spectacle, ksnip, grim, scrot and Hyprshot;
Android's ImageExporter; Firefox's ScreenshotsUtils; for the others, files as the programs save them.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def screenshot_names() -> tuple[str, ...]:
    """Return the names as shell patterns, each once."""
    text = files("snapsortd.config").joinpath("screenshot_names.csv").read_text("utf-8")
    names = (row["name"].replace("#", "[0-9]") for row in csv.DictReader(text.splitlines()))
    return tuple(dict.fromkeys(names))
