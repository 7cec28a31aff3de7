"""Tables, grids and trees as lines for people, drawn by rich.

rich is imported when something is drawn: that takes 0.1 s, and commands that draw nothing start without it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

UNLIMITED = 100_000
"""Width in columns if the output is not a terminal: no line is wrapped, so that a program can read it."""


def table(
    head: Sequence[str], rows: Sequence[Sequence[RenderableType]], *, numeric: bool = False, indent: int = 0
) -> Iterator[str]:
    """Yield a table, or nothing if there are no rows. `numeric`: right-align all columns but the first."""
    if not rows:
        return
    drawn = _columns(show_header=True)
    for number, name in enumerate(head):
        drawn.add_column(_plain(name), overflow="fold", justify="right" if numeric and number else "left")
    for row in rows:
        drawn.add_row(*map(_plain, row))
    yield from draw(drawn, indent)


def grid(rows: Sequence[Sequence[RenderableType]], *, indent: int = 0) -> Iterator[str]:
    """Yield aligned columns without a header, or nothing if there are no rows."""
    if not rows:
        return
    drawn = _columns()
    for _ in rows[0]:
        drawn.add_column(overflow="fold")
    for row in rows:
        drawn.add_row(*map(_plain, row))
    yield from draw(drawn, indent)


def draw(renderable: RenderableType, indent: int = 0) -> Iterator[str]:
    """Yield the lines of anything that rich can draw, wrapped to the terminal if there is one."""
    from rich.console import Console
    from rich.padding import Padding

    console = Console(width=None if sys.stdout.isatty() else UNLIMITED, highlight=False)
    with console.capture() as captured:
        console.print(Padding(renderable, (0, 0, 0, indent), expand=False))
    yield from (line.rstrip() for line in captured.get().splitlines())


def _columns(*, show_header: bool = False) -> Table:
    from rich.table import Table

    return Table(box=None, show_header=show_header, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))


def _plain(cell: RenderableType) -> RenderableType:
    """Return the cell with a string as literal text: brackets in a file's name are not markup."""
    from rich.text import Text

    return Text(cell) if isinstance(cell, str) else cell
