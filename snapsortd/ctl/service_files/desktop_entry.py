"""The entry of the review page in the menu of the desktop. See specifications.freedesktop.org/desktop-entry-spec."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

NAME = "snapsortd-review.desktop"
ENTRY = """\
[Desktop Entry]
Type=Application
Name=Review sorted images
Comment=Look at the images that snapsortd was not sure about
Exec={command}
Icon=folder-pictures
Categories=Graphics;Utility;
Keywords=snapsortd;photos;screenshots;sort;
"""


def entry_path(env: Mapping[str, str]) -> str:
    """Return where the desktop looks for the entries of this user."""
    data = env.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "applications", NAME)


def entry_text(program: str, env: Mapping[str, str]) -> str:
    """Return the entry that runs this `snapsortctl` with these environment variables."""
    variables = ["env", *(quoted(f"{name}={value}") for name, value in env.items())] if env else []
    return ENTRY.format(command=" ".join([*variables, quoted(program), "review"]))


def quoted(text: str) -> str:
    """Return an argument of `Exec`: quoted, then escaped as a string of the file, with `%` of field codes doubled."""
    argument = re.sub(r'(["`$\\])', r"\\\1", text).replace("%", "%%")
    return '"' + argument.replace("\\", "\\\\").replace("\n", "\\n") + '"'


def install_entry(program: str, carried: Mapping[str, str], env: Mapping[str, str] = os.environ) -> list[str]:
    """Write the entry, where desktops have such, and return the steps."""
    if sys.platform == "darwin":
        return []
    path = entry_path(env)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(entry_text(program, carried))
    return [f"wrote {path}"]


def remove_entry(env: Mapping[str, str] = os.environ) -> list[str]:
    """Remove the entry if there is one, and return the steps."""
    path = entry_path(env)
    if not os.path.exists(path):
        return []
    os.unlink(path)
    return [f"removed {path}"]
