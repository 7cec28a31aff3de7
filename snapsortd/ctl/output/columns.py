"""Two columns that fit a terminal: a name, shortened in its middle where it must be, and a note."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from click import style

from snapsortd.ctl.output.tables import UNLIMITED

MIN_NAME = 16
"""Columns that a name keeps beside a long note."""


class Row(NamedTuple):
    name: str
    note: str = ""


_SOURCE = re.compile(r" *\d* \| ")
_PLACE = re.compile(r" *(?:\d+:\d+: )?")


def terminal_width(stream: TextIO | None = None) -> int:
    """Return the columns of the terminal; unlimited if the output is none, so that a program reads whole names."""
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else UNLIMITED


def fault_lines(line: str, width: int) -> list[str]:
    """Return a line about a fault of a file as several, behind its position, but a line of that file as it is."""
    if len(line) <= width or _SOURCE.match(line):
        return [line]
    from textwrap import wrap

    place = _PLACE.match(line)
    return wrap(line, width, subsequent_indent=" " * (place.end() if place else 0), break_on_hyphens=False)


def wrapped(sentence: str, width: int, *, most: int | None = None, indent: int = 0) -> list[str]:
    """Return a sentence as lines of at most `width` columns, which are indented; `most` lines of them."""
    from textwrap import wrap  # only here, because few commands need it

    if len(sentence) <= width - indent:
        return [" " * indent + sentence]
    lines = wrap(sentence, width - indent, max_lines=most, placeholder=" …", break_on_hyphens=False)
    return [" " * indent + fit(line, width - indent) for line in lines]


def aligned(rows: Sequence[Row], width: int, least: int = MIN_NAME) -> Iterator[str]:
    """Yield each row as one line of at most `width` columns, with the notes below each other.

    Names keep `least` columns beside long notes.
    """
    from rich.cells import cell_len

    longest = max((cell_len(row.note) for row in rows), default=0)
    names = max((cell_len(row.name) for row in rows), default=0)
    room = max(least, width - longest - 2) if longest else width
    for row in rows:
        name = fit(row.name, min(names, room))
        if not row.note:
            yield name
            continue
        gap = " " * (min(names, room) - cell_len(name) + 2)
        yield name + gap + style(fit(row.note, width - min(names, room) - 2, tail=0), dim=True)


def fit(text: str, columns: int, tail: int | None = None) -> str:
    """Return the text if it fits into this many columns; else its beginning and its end, with `…` between.

    The end has `tail` columns, by default a third.
    """
    if text.isascii() and len(text) <= columns:
        return text
    from rich.cells import cell_len  # it takes a tenth of a second to import

    if cell_len(text) <= columns:
        return text
    tail = columns // 3 if tail is None else tail
    end = text[len(text) - tail :]
    while end and cell_len(end) > tail:
        end = end[1:]
    start = text[:columns]
    while start and cell_len(start) + 1 + cell_len(end) > columns:
        start = start[:-1]
    return f"{start}…{end}"
