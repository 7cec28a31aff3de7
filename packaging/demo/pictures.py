"""Draw pictures of what people see: run commands of the real program in a scratch home folder, one SVG for each.

usage: pictures.py FOLDER [NAME...]
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from demo import COMMANDS, images
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 110
DEMO = Path(__file__).with_name("demo.py")
PROGRESS = re.compile(r"\x1b\[\?25l.*\x1b\[2K", re.DOTALL)
"""A progress bar: from where the cursor is hidden to the last line that is erased."""
SCENES = {
    "demo": [],
    "init": ["init --no-service"],
    "sim": ["sim ~/Downloads"],
    "log": ["sort ~/Downloads", "log"],
    "stats": ["sort ~/Downloads", "stats"],
    "explain": ["sort ~/Downloads", "explain ~/Downloads/IMG_2207.jpg"],
    "check": ["check ~/wrong.yaml"],
}
"""For each picture, the commands that are run; the last one is shown. For the demo, it is the demo itself."""
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
    """Run a command line in a terminal of that width, and return what it writes there."""
    env = {"HOME": str(home), "PATH": f"{COMMANDS}:{os.environ['PATH']}", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    env |= {f"XDG_{name}_HOME": str(home / f".{name.lower()}") for name in ("CONFIG", "STATE", "CACHE")}
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (200, COLUMNS))
    with subprocess.Popen(["bash", "-c", line], env=env, stdin=its, stdout=its, stderr=its, start_new_session=True):
        os.close(its)
        written = b""
        while more := _read(ours):
            written += more
            if written.endswith(b": "):
                os.write(ours, b"\n")  # the answer that is proposed
    os.close(ours)
    return PROGRESS.sub("", written.decode()).replace("\r\n", "\n").replace(str(home), "~")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: nothing has it open any more
        return b""


def draw(lines: list[str], title: str) -> str:
    """Return an SVG of a terminal that works without a network: no web fonts."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in [*lines, ""]:  # the last one is cut at its foot in fonts that are larger than the export's
        console.print(Text.from_ansi(line), soft_wrap=False)
    picture = console.export_svg(title=title, theme=MONOKAI, unique_id=re.sub(r"\W+", "-", title))
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def main(folder: str, *names: str) -> None:
    """Write a picture for each name, of all scenes by default."""
    for name in names or SCENES:
        home = Path(tempfile.mkdtemp(prefix="snapsortd-picture-"))
        *before, shown = [f"snapsortctl {each}" for each in SCENES[name]] or ["make demo"]
        try:
            home_with_images(home)
            for line in ([] if name in ("demo", "init") else ["snapsortctl init --yes"]) + before:
                run(home, line)
            text = run(home, f"{sys.executable} {DEMO}" if name == "demo" else shown)
        finally:
            shutil.rmtree(home)
        text = re.sub(r"/\S*/snapsortd-demo-\w+", "~", text)
        (Path(folder) / f"{name}.svg").write_text(draw([f"$ {shown}", *text.splitlines()], shown))
        print(f"{name}.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
