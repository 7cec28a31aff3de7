"""Problems that a person has taken off the list of `status`, each until its file changes or has another problem."""

from __future__ import annotations

import os

from snapsortd.journal.file import JournalFile

_COLUMNS = "reason, size, mtime_ns"
_IMAGES = (
    f"SELECT path, {_COLUMNS} FROM images WHERE outcome IN ('quarantined', 'failed', 'incomplete')"
    " AND (?1 IS NULL OR path = ?1)"
)
_ENTRIES = f"SELECT target, {_COLUMNS} FROM entries WHERE state = 'conflict' AND (?1 IS NULL OR target = ?1)"


def is_dismissed(table: str, path: str) -> str:
    """Return the condition, in SQL, that a person has dismissed the problem in a row of `table`."""
    same = f"each.path = {table}.{path}" + "".join(
        f" AND each.{c} = {table}.{c}" for c in ("reason", "size", "mtime_ns")
    )
    return f"EXISTS (SELECT 1 FROM dismissed AS each WHERE {same})"


def dismiss(file: JournalFile, path: str | None) -> int:
    """Dismiss the problem at `path`, or every one, and return how many that were; unfinished moves are none of them."""
    with file.writing() as db:
        values = (None if path is None else os.fsencode(path),)
        rows = db.execute(f"{_IMAGES} UNION {_ENTRIES}", values).fetchall()
        added = db.executemany(
            "INSERT OR IGNORE INTO dismissed (path, reason, size, mtime_ns) VALUES (?, ?, ?, ?)", map(tuple, rows)
        )
    return max(added.rowcount, 0)
