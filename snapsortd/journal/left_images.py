"""Images that are left alone until a person asks for them, and which folders have been looked through for them.

Those with the outcome `existing` were in their folder before it was watched. Those that are `offered` were left alone
before the rules were changed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable

from snapsortd.domain.file import FileIdentity
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import identity_columns, signed, to_known

WHY_EXISTING = "it was in its folder before snapsortd watched that; `snapsortctl sort` files it"


class LeftImages:
    """Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def watch(self, folder: str, scope: str, now: float) -> None:
        """Record since when a folder is watched, in seconds since 1970.

        `scope` has the settings that decide which of its files are seen: with other ones it is a new folder.
        """
        place = os.fsencode(folder)
        with self._file.reading() as db:  # a write would have the start wait until the journal is checked
            if db.execute("SELECT 1 FROM watched WHERE path = ? AND scope = ?", (place, scope)).fetchone() is not None:
                return
        with self._file.writing(durable=False) as db:
            statement = "REPLACE INTO watched (path, scope, since, is_known) VALUES (?, ?, ?, 0)"
            db.execute(statement, (place, scope, now))

    def watched_since(self, folder: str) -> float | None:
        """Return since when a folder is watched whose files are still to be looked through; None if they were."""
        with self._file.reading() as db:
            statement = "SELECT since FROM watched WHERE path = ? AND is_known = 0"
            row = db.execute(statement, (os.fsencode(folder),)).fetchone()
        return None if row is None else float(row["since"])

    def leave(self, files: Iterable[tuple[str, FileIdentity]], now: float) -> None:
        """Record files that are left alone, unless something is known about them. Durable with `looked_through`."""
        statement = (
            "INSERT OR IGNORE INTO images (path, dev, ino, size, mtime_ns, ctime_ns, outcome, reason, fingerprint,"
            " attempts, deaths, at, added) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, 0, ?, ?)"
        )
        rows = [
            (os.fsencode(path), *identity_columns(identity), Outcome.EXISTING, WHY_EXISTING, now, now)
            for path, identity in files
        ]
        with self._file.writing(durable=False) as db:
            db.executemany(statement, rows)

    def looked_through(self, folder: str) -> None:
        """Record that all files of a folder were looked through."""
        with self._file.writing() as db:
            db.execute("UPDATE watched SET is_known = 1 WHERE path = ?", (os.fsencode(folder),))

    def release(self, folder: str) -> None:
        """Forget which files were in a folder before it was watched, so that they are filed."""
        place = os.fsencode(folder)
        with self._file.reading() as db:
            if db.execute("SELECT 1 FROM watched WHERE path = ?", (place,)).fetchone() is None:
                return
        with self._file.writing(durable=False) as db:
            statement = "DELETE FROM images WHERE +outcome = ? AND path > ? AND path < ?"
            db.execute(statement, (Outcome.EXISTING, place.rstrip(b"/") + b"/", place.rstrip(b"/") + b"0"))
            db.execute("DELETE FROM watched WHERE path = ?", (place,))

    def existing(self, folder: str = "/") -> list[str]:
        """Return the paths of images, by their suffix, that were in a folder or below it before it was watched."""
        inside = folder.rstrip("/") + "/"
        with self._file.reading() as db:
            rows = db.execute("SELECT path FROM images WHERE outcome = ?", (Outcome.EXISTING,)).fetchall()
        paths = (os.fsdecode(row["path"]) for row in rows)
        return [path for path in paths if path.startswith(inside) and suffix_of(path) in IMAGE_SUFFIXES]

    def offered(self) -> list[str]:
        """Return the paths of images that were left alone and that the rules of now would file."""
        return self._paths("outcome = ?", Outcome.OFFERED)

    def outdated(self, fingerprint: str) -> list[str]:
        """Return the paths of images that were left alone by rules other than those with this fingerprint."""
        return self._paths("outcome = ? AND fingerprint NOT LIKE ?", Outcome.LEFT, f"{fingerprint}%")

    def _paths(self, where: str, *values: str) -> list[str]:
        with self._file.reading() as db:
            rows = db.execute(f"SELECT path FROM images WHERE {where}", values).fetchall()
        return [os.fsdecode(row["path"]) for row in rows]


def existing_under_another_name(db: sqlite3.Connection, identity: FileIdentity) -> Known | None:
    """Return the record of a file that was left alone as `existing` and was renamed since, or None."""
    statement = "SELECT * FROM images WHERE outcome = 'existing' AND ino = ?"
    found = (to_known(row) for row in db.execute(statement, (signed(identity.ino),)))
    return next((known for known in found if known.identity.same_version(identity)), None)
