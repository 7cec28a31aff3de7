"""Entries of the journal for `log`: by file or folder, rule, label, time and failure, page by page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.entry import Entry
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import to_entry

HAS_LABEL = (
    "EXISTS (SELECT 1 FROM decisions WHERE decisions.id = entries.decision AND json_extract(json, '$.label') = ?)"
)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The entries to list: all that apply must hold. Times are seconds since 1970, `until` excluded.

    `path` is a file, or a folder with everything below it; `text` is a part of a path, in whatever case; `failed` and
    `shadow` leave out all other states.
    """

    path: str | None = None
    text: str | None = None
    rule: str | None = None
    label: str | None = None
    since: float | None = None
    until: float | None = None
    failed: bool = False
    shadow: bool = False

    def conditions(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Return the conditions in SQL, each with its values."""
        found: list[tuple[str, tuple[Any, ...]]] = [
            (condition, (value,))
            for condition, value in (
                ("rule = ?", self.rule),
                (HAS_LABEL, self.label),
                ("at >= ?", self.since),
                ("at < ?", self.until),
            )
            if value is not None
        ]
        if self.path is not None:
            path = os.fsencode(self.path.rstrip("/"))
            below = (path + b"/", path + b"0")  # 0 is the character after /
            where = "(source = ? OR target = ? OR (source > ? AND source < ?) OR (target > ? AND target < ?))"
            found.append((where, (path, path, *below, *below)))
        if self.text is not None:
            part = "instr(lower(CAST({} AS TEXT)), lower(?)) > 0"
            found.append((f"({part.format('source')} OR {part.format('target')})", (self.text, self.text)))
        if self.failed:
            found.append(("state IN ('failed', 'conflict')", ()))
        if self.shadow:
            found.append(("state = 'shadow'", ()))  # as literals, so that partial indexes can be used
        return found


class EntryLog:
    """Reads the entries. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def read(
        self, query: LogQuery, limit: int, before: int | None = None, after: int | None = None
    ) -> tuple[list[Entry], int]:
        """Return the newest entries, those `before` or `after` an id, and how many there are on all pages."""
        conditions = query.conditions()
        where, values = _joined(conditions)
        page, page_values = _joined(
            [*conditions, *((f"id {sign} ?", (id_,)) for sign, id_ in (("<", before), (">", after)) if id_ is not None)]
        )
        with self._file.reading() as db:
            total: int = db.execute(f"SELECT count(*) FROM entries WHERE {where}", values).fetchone()[0]
            statement = f"SELECT * FROM entries WHERE {page} ORDER BY id DESC LIMIT ?"
            rows = db.execute(statement, (*page_values, limit)).fetchall()
        return [to_entry(row) for row in rows], total


def _joined(conditions: list[tuple[str, tuple[Any, ...]]]) -> tuple[str, tuple[Any, ...]]:
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    return where, tuple(value for _, values in conditions for value in values)
