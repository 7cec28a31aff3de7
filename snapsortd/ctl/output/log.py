"""Journal entries as lines: a table where the terminal is wide, else two lines for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from click import style

from snapsortd.ctl.output.columns import Row, aligned, fit, terminal_width
from snapsortd.ctl.output.render import entry_note, entry_word, format_entry, moment
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import escape, score_text

Reply = Mapping[str, Any]

TABLE_WIDTH = 140
"""The columns that a table of entries needs; a narrower terminal gets two lines for each."""
MIN_HEAD = 28
"""The columns of number, time and verb, which stay beside the long name of a rule."""


def log_lines(entries: Sequence[Reply], indent: int = 0, width: int | None = None) -> Iterator[str]:
    """Yield the entries for a terminal of `width` columns, by default those that it has."""
    width = terminal_width() if width is None else width
    if width >= TABLE_WIDTH:
        return _table(entries, indent)
    return pairs(entries, indent, width)


def _table(entries: Sequence[Reply], indent: int) -> Iterator[str]:
    from rich.text import Text

    rows = [
        (
            str(entry["id"]),
            moment(entry["at"]),
            entry_word(entry),
            escape(entry["rule"]),
            escape(entry.get("label") or ""),
            "" if entry.get("score") is None else score_text(entry["score"]),
            Text.assemble(format_entry(entry), (entry_note(entry), "dim")),
        )
        for entry in entries
    ]
    yield from table(("ID", "WHEN", "WHAT", "RULE", "LABEL", "SCORE", "FROM → TO"), rows, indent=indent)


def pairs(entries: Sequence[Reply], indent: int, width: int) -> Iterator[str]:
    """Yield number, time, verb, label and rule on one line, and on the next where the file went."""
    room, numbers = width - indent, max((len(str(entry["id"])) for entry in entries), default=0)
    heads = [
        Row(f"{entry['id']:>{numbers}}  {moment(entry['at'])[5:16]}  {entry_word(entry)}", _seen(entry))
        for entry in entries
    ]
    for entry, head in zip(entries, aligned(heads, room, least=MIN_HEAD), strict=True):
        yield " " * indent + head
        start = " " * (indent + numbers + 2)
        yield start + _fit_move(format_entry(entry), width - len(start))
        if note := entry_note(entry).strip(" ()"):
            yield start + style(fit(note, width - len(start)), dim=True)


def _fit_move(place: str, width: int) -> str:
    """Return source → target within this many columns: each keeps its end, and so the name of the file."""
    source, arrow, target = place.partition(" → ")
    if not arrow or len(place) <= width:
        return fit(place, width)
    room = max((width - 3) // 2, width - 3 - len(target))
    source = fit(source, room)
    return f"{source} → {fit(target, width - 3 - len(source))}"


def _seen(entry: Reply) -> str:
    """Return label, score and rule: `receipt 0.93, Receipts by month`."""
    score = "" if entry.get("score") is None else f" {score_text(entry['score'])}"
    words = (f"{escape(entry['label'])}{score}" if entry.get("label") else "", escape(entry["rule"]))
    return ", ".join(filter(None, words))
