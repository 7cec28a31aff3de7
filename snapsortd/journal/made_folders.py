"""The folders that filing made: undo removes those that it leaves empty, and redo makes them again.

The state of one is `used`, `emptied` if it may be empty now, or `removed`.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass

from snapsortd.domain.entry import Entry, EntryKind, Intent, State
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import signed, unsigned


@dataclass(frozen=True, slots=True)
class OurFolder:
    """A folder that filing made, below `root` or at or above it, with its inode number."""

    path: str
    root: str
    ino: int


def record_made(db: sqlite3.Connection, intent: Intent) -> None:
    """Record the folders that were made for an intent."""
    for each in intent.made:
        row = (os.fsencode(each.path), os.fsencode(intent.target_root), signed(each.ino))
        db.execute("REPLACE INTO folders (path, root, ino, state) VALUES (?, ?, ?, 'used')", row)


def mark_emptied(db: sqlite3.Connection, entry: Entry) -> None:
    """Mark the folder that an undo, or a change that failed, may have left empty."""
    if entry.intent.kind is EntryKind.UNDO and entry.state is State.DONE:
        _mark(db, os.path.dirname(entry.intent.source))
    elif entry.intent.kind is not EntryKind.UNDO and entry.state is State.FAILED:
        _mark(db, os.path.dirname(entry.intent.target))


def _mark(db: sqlite3.Connection, path: str) -> None:
    db.execute("UPDATE folders SET state = 'emptied' WHERE path = ? AND state = 'used'", (os.fsencode(path),))


class MadeFolders:
    """The folders that filing made. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def emptied(self) -> list[OurFolder]:
        """Return the folders that may be empty now."""
        with self._file.reading() as db:
            return [_to_folder(row) for row in db.execute("SELECT * FROM folders WHERE state = 'emptied'")]

    def at(self, path: str) -> OurFolder | None:
        """Return the folder with this path if filing made it and it was not removed, or None."""
        with self._file.reading() as db:
            statement = "SELECT * FROM folders WHERE path = ? AND state != 'removed'"
            row = db.execute(statement, (os.fsencode(path),)).fetchone()
        return _to_folder(row) if row else None

    def is_in_use(self, path: str) -> None:
        """Record that the folder is not empty."""
        with self._file.writing(durable=False) as db:
            db.execute("UPDATE folders SET state = 'used' WHERE path = ?", (os.fsencode(path),))

    def was_pruned(self, path: str, root: str, ino: int) -> None:
        """Record that a folder which filing has emptied was removed, so that undo makes it again."""
        with self._file.writing() as db:
            row = (os.fsencode(path), os.fsencode(root), signed(ino))
            db.execute("REPLACE INTO folders (path, root, ino, state) VALUES (?, ?, ?, 'removed')", row)

    def is_gone(self, path: str) -> None:
        """Record that the folder was removed, and mark the one that it was in."""
        with self._file.writing() as db:
            db.execute("UPDATE folders SET state = 'removed' WHERE path = ?", (os.fsencode(path),))
            _mark(db, os.path.dirname(path))


def _to_folder(row: sqlite3.Row) -> OurFolder:
    return OurFolder(os.fsdecode(row["path"]), os.fsdecode(row["root"]), unsigned(row["ino"]))
