"""Draw pictures of what people see: run commands of the real program in a scratch home folder, one SVG for each.

usage: pictures.py FOLDER [NAME...]
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import COMMANDS, images
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 110
SCENES = {
    "init": ["init --yes"],
    "sim": ["sim ~/Downloads"],
    "log": ["sort ~/Downloads", "log"],
    "stats": ["sort ~/Downloads", "stats"],
    "explain": ["sort ~/Downloads", "explain ~/Downloads/IMG_2207.jpg"],
    "check": ["check ~/wrong.yaml"],
}
"""For each picture, the commands that are run; the last one is shown."""
WRONG = """\
version: 1
labels:
  receipt: [a photo of a receipt]
watch: ~/Downloads/*
rules:
  - name: Receipts by month
    filters:
      - lable: receipt
    actions:
      - move: ~/Documents/{year}/{create:%m}
"""


def home_with_images(home: Path) -> None:
    """Make the folders of a home, and put the images of the demo in ~/Downloads."""
    for name in ("Downloads", "Pictures/Screenshots", "Documents"):
        (home / name).mkdir(parents=True)
    for name, data in images().items():
        (home / "Downloads" / name).write_bytes(data)
    (home / "wrong.yaml").write_text(WRONG)


def run(home: Path, line: str) -> str:
    """Run a line of snapsortctl as in a terminal of that width, and return what it prints, with its colours."""
    env = {"HOME": str(home), "PATH": f"{COMMANDS}:{os.environ['PATH']}", "COLUMNS": str(COLUMNS), "TERM": "xterm"}
    env |= {f"XDG_{name}_HOME": str(home / f".{name.lower()}") for name in ("CONFIG", "STATE", "CACHE")}
    env |= {"XDG_RUNTIME_DIR": str(home / ".run"), "FORCE_COLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", f"snapsortctl {line} 2>&1"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return re.sub(re.escape(str(home)), "~", done.stdout)


def draw(lines: list[str], title: str) -> str:
    """Return an SVG of a terminal that works without a network: no web fonts."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=False)
    picture = console.export_svg(title=title, theme=MONOKAI, unique_id=re.sub(r"\W+", "-", title))
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def main(folder: str, *names: str) -> None:
    """Write a picture for each name, of all scenes by default; a command that does not exist is left out."""
    for name in names or SCENES:
        home = Path(tempfile.mkdtemp(prefix="snapsortd-picture-"))
        try:
            home_with_images(home)
            *before, shown = SCENES[name]
            for line in ([] if name == "init" else ["init"]) + before:
                run(home, line)
            text = run(home, shown)
        finally:
            shutil.rmtree(home)
        if "there is no command" in text or "No such option" in text:
            print(f"{name}: not drawn: {text.splitlines()[-1]}")
            continue
        line = f"snapsortctl {shown}"
        (Path(folder) / f"{name}.svg").write_text(draw([f"$ {line}", *text.splitlines()], line))
        print(f"{name}.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
