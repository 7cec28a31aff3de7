"""Images that a person should look at, and those that a person has reviewed, each until its file changes.

A decision is in doubt for a rule (`decisions.doubt`), or for none if that is empty; sure ones have NULL.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from snapsortd.domain.result import Known
from snapsortd.journal.dismissed import is_dismissed
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import to_known

_SAME = "each.path = images.path AND each.size = images.size AND each.mtime_ns = images.mtime_ns"
_IS_REVIEWED = f"EXISTS (SELECT 1 FROM reviewed AS each WHERE {_SAME})"
_IS_EXAMPLE = (
    "images.sha256 != x'' AND EXISTS (SELECT 1 FROM examples WHERE examples.sha256 = images.sha256 AND withdrawn = 0"
    " AND source IN ('corrected', 'confirmed', 'moved'))"
)
_UNSURE = f"""
    WITH unsure AS (
        SELECT images.rowid AS number, decisions.doubt AS rule,
            CASE WHEN outcome IN ('filed', 'copied', 'done', 'incomplete') THEN 'filed' ELSE outcome END AS kind
        FROM decisions CROSS JOIN images ON images.decision = decisions.id
        WHERE decisions.doubt IS NOT NULL AND NOT {_IS_REVIEWED} AND NOT ({_IS_EXAMPLE})
            AND outcome IN ('filed', 'copied', 'done', 'incomplete', 'left', 'shadow', 'undone')
        UNION ALL
        SELECT images.rowid, '', outcome FROM images
        WHERE outcome IN ('quarantined', 'offered') AND NOT {_IS_REVIEWED} AND NOT {is_dismissed("images", "path")}
    )
"""
"""Those that a person told the label of are left out: that is settled, until it is undone."""


@dataclass(frozen=True, slots=True)
class UnsureGroup:
    """Images of one kind, in doubt for one rule. `kind` is left, shadow, filed, undone, quarantined or offered."""

    kind: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class UnsureImage:
    """An image with its decision (JSON), if there is one. A higher `number` means that it was decided later."""

    number: int
    known: Known
    decision: str | None


class UnsureImages:
    """Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def groups(self) -> list[UnsureGroup]:
        """Return the groups, by kind and rule."""
        statement = f"{_UNSURE} SELECT kind, rule, count(*) AS count FROM unsure GROUP BY kind, rule"
        with self._file.reading() as db:
            return [UnsureGroup(row["kind"], row["rule"], row["count"]) for row in db.execute(statement)]

    def images(self, kind: str, rule: str, before: int | None, limit: int) -> list[UnsureImage]:
        """Return the newest images of a group, or the newest of those `before` a number."""
        numbers = f"{_UNSURE} SELECT number FROM unsure WHERE kind = ? AND rule = ? AND number < ?"
        page = "ORDER BY number DESC LIMIT ?"
        rows = (
            "SELECT images.*, images.rowid AS number, decisions.json AS json FROM images"
            " LEFT JOIN decisions ON decisions.id = images.decision WHERE images.rowid = ?"
        )
        with self._file.reading() as db:
            chosen = db.execute(f"{numbers} {page}", (kind, rule, 2**63 - 1 if before is None else before, limit))
            found = [db.execute(rows, (row["number"],)).fetchone() for row in chosen.fetchall()]
        return [UnsureImage(row["number"], to_known(row), row["json"]) for row in found]

    def doubt_about(self, path: str) -> str:
        """Return the rule for which the decision on the image at a path is in doubt; empty if there is none."""
        statement = "SELECT doubt FROM decisions JOIN images ON images.decision = decisions.id WHERE images.path = ?"
        with self._file.reading() as db:
            row = db.execute(statement, (os.fsencode(path),)).fetchone()
        return (row["doubt"] or "") if row is not None else ""

    def mark(self, paths: Iterable[str], *, reviewed: bool) -> int:
        """Mark the images at these paths as reviewed, or take that back, and return how many are known."""
        places = [(os.fsencode(path),) for path in paths]
        add = "INSERT OR IGNORE INTO reviewed SELECT path, size, mtime_ns FROM images WHERE path = ?"
        with self._file.writing() as db:
            known = sum(
                db.execute("SELECT 1 FROM images WHERE path = ?", each).fetchone() is not None for each in places
            )
            db.executemany(add if reviewed else "DELETE FROM reviewed WHERE path = ?", places)
        return known

    def forget(self, hashes: Collection[bytes] | None, paths: Iterable[str] = ()) -> None:
        """Delete the marks of images with these contents or paths, or all of them."""
        of_content = "DELETE FROM reviewed WHERE path IN (SELECT path FROM images WHERE sha256 = ?)"
        with self._file.writing() as db:
            if hashes is None:
                db.execute("DELETE FROM reviewed")
                return
            db.executemany(of_content, [(each,) for each in hashes])
            db.executemany("DELETE FROM reviewed WHERE path = ?", [(os.fsencode(path),) for path in paths])


def follow(db: sqlite3.Connection, old: bytes, new: bytes) -> None:
    """Let the mark of an image that has another path now follow it."""
    if old != new:
        db.execute("UPDATE OR REPLACE reviewed SET path = ? WHERE path = ?", (new, old))
