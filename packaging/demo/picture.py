"""Draw the README's picture: run the demo and render its output as an SVG.

usage: picture.py OUT.svg
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

COLUMNS = 118


def main(out: str) -> None:
    """Run the demo and write the picture, omitting the temporary folder's name."""
    demo = subprocess.run(
        [sys.executable, Path(__file__).with_name("demo.py")], capture_output=True, text=True, check=True
    )
    text = re.sub(r"/\S*/snapsortd-demo-\w+", "~", demo.stdout)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for line in text.splitlines():
        console.print(line, style="bold" if line.startswith("$") else "", highlight=False, markup=False)
    picture = console.export_svg(title="make demo", theme=MONOKAI)
    # The picture must work without a network: no web fonts.
    Path(out).write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL))


if __name__ == "__main__":
    main(*sys.argv[1:])
