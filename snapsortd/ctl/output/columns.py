"""Two columns that fit a terminal: a name, shortened in its middle where it must be, and a note."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from click import style

from snapsortd.ctl.output.tables import UNLIMITED

MIN_NAME = 16
"""Columns that a name keeps beside a long note."""


class Row(NamedTuple):
    name: str
    note: str = ""


def terminal_width() -> int:
    """Return the columns of the terminal; unlimited if the output is none, so that a program reads whole names."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNLIMITED


def aligned(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield each row as one line of at most `width` columns, with the notes below each other."""
    from rich.cells import cell_len

    longest = max((cell_len(row.note) for row in rows), default=0)
    names = max((cell_len(row.name) for row in rows), default=0)
    room = max(MIN_NAME, width - longest - 2) if longest else width
    for row in rows:
        name = fit(row.name, min(names, room))
        if not row.note:
            yield name
            continue
        gap = " " * (min(names, room) - cell_len(name) + 2)
        yield name + gap + style(fit(row.note, width - min(names, room) - 2), dim=True)


def fit(text: str, columns: int) -> str:
    """Return the text if it fits into this many columns; else its beginning and its end, with `…` between."""
    if text.isascii() and len(text) <= columns:
        return text
    from rich.cells import cell_len  # it takes a tenth of a second to import

    if cell_len(text) <= columns:
        return text
    tail = columns // 3
    end = text[len(text) - tail :]
    while end and cell_len(end) > tail:
        end = end[1:]
    start = text[:columns]
    while start and cell_len(start) + 1 + cell_len(end) > columns:
        start = start[:-1]
    return f"{start}…{end}"
