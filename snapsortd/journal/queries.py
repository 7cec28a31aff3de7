"""Queries of the images, and of what needs attention. Every query is answered by an index."""

from __future__ import annotations

import os
from dataclasses import dataclass

from snapsortd.domain.entry import Entry
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.dismissed import is_dismissed
from snapsortd.journal.entry_queries import BACK, FORWARD, IN_EFFECT, OPEN, EntryQueries
from snapsortd.journal.left_images import existing_under_another_name
from snapsortd.journal.rows import to_known

CACHED = frozenset({Outcome.IGNORED, Outcome.LEFT, Outcome.OFFERED, Outcome.WAITING, Outcome.SHADOW})
"""Outcomes that can be determined again, and are when the configuration changes: losing them costs only time."""

UNTOUCHED = frozenset({Outcome.LEFT, Outcome.OFFERED, Outcome.SHADOW})
"""Outcomes of images that stayed where they are, which other rules do not change unasked."""

LASTING = frozenset(
    {Outcome.FILED, Outcome.INCOMPLETE, Outcome.COPIED, Outcome.DONE, Outcome.UNDONE, Outcome.QUARANTINED}
)
"""Outcomes that hold for this version of the file under any name and any configuration."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of images that are filed (or copied), undone, to be tried again, quarantined, filed without all of
    their actions, and in conflict, and of unfinished moves."""

    filed: int
    undone: int
    failed: int
    quarantined: int
    incomplete: int
    conflicts: int
    open: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that needs a person's attention. `outcome` is failed, quarantined, incomplete, conflict or open."""

    path: str
    outcome: str
    reason: str
    at: float
    entry: int | None = None
    """The number of the unfinished entry."""


@dataclass(frozen=True, slots=True)
class ImageHistory:
    """The record of one path: its outcome, the decision behind it (JSON) and its entries, newest first."""

    known: Known | None
    decision: str | None
    entries: tuple[Entry, ...]


class JournalReader(EntryQueries):
    """The queries of images and entries. Every method raises JournalError if the file can't be relied on."""

    def recall(self, path: str, identity: FileIdentity, fingerprint: str, sha256: bytes = b"") -> Known | None:
        """Return the outcome of exactly this version of the image if it is still valid; None to classify it.

        The version is the same if size and times agree, whatever its inode number, or else if its content is `sha256`.
        """
        with self._file.reading() as db:
            row = db.execute("SELECT * FROM images WHERE path = ?", (os.fsencode(path),)).fetchone()
            known = to_known(row) if row else existing_under_another_name(db, identity)
        if known is not None and known.outcome is Outcome.EXISTING and _has_size_and_time(known.identity, identity):
            return known
        if known is None or not (_is_same_version(known.identity, identity) or _has_content(known, identity, sha256)):
            return None
        return known if known.fingerprint == fingerprint or known.outcome not in CACHED else None

    def was_left(self, path: str, identity: FileIdentity) -> bool:
        """True if this version of the image was left alone, by whichever rules."""
        with self._file.reading() as db:
            row = db.execute("SELECT * FROM images WHERE path = ?", (os.fsencode(path),)).fetchone()
        known = to_known(row) if row else None
        return known is not None and known.outcome in UNTOUCHED and _is_same_version(known.identity, identity)

    def added(self, path: str, identity: FileIdentity) -> float | None:
        """Return when this file, in whatever version, came to its folder, at the latest; None if it was not seen there.

        It is the same file if the inode number agrees, or, where inode numbers are not lasting, its size and time.
        """
        with self._file.reading() as db:
            row = db.execute("SELECT * FROM images WHERE path = ?", (os.fsencode(path),)).fetchone()
        known = to_known(row) if row else None
        if known is None or not (known.identity.ino == identity.ino or _is_same_version(known.identity, identity)):
            return None
        return known.added

    def may_recall(self, size: int) -> bool:
        """True if the content of an image of this size is worth asking: one was processed before."""
        with self._file.reading() as db:
            statement = "SELECT 1 FROM images WHERE size = ? AND sha256 != x'' LIMIT 1"
            return db.execute(statement, (size,)).fetchone() is not None

    def with_content(self, size: int, sha256: bytes, limit: int) -> list[Known]:
        """Return images with this content whose outcome holds under any name, the newest first."""
        outcomes = ", ".join(f"'{each}'" for each in sorted(LASTING))
        statement = (
            f"SELECT * FROM images WHERE size = ? AND sha256 = ? AND sha256 != x'' AND +outcome IN ({outcomes})"
            " ORDER BY rowid DESC LIMIT ?"
        )
        with self._file.reading() as db:
            return [to_known(row) for row in db.execute(statement, (size, sha256, limit))]

    def past_decisions(self, limit: int) -> list[tuple[str, bytes, float, str, bool, str]]:
        """Return the newest decision by the model about each path: path, content, time, JSON, whether it was regretted
        (what was done was undone since, or the label corrected), and the image's description, if it still has one."""
        newest = (
            "SELECT max(id) FROM decisions WHERE json NOT LIKE '%\"told\": %' GROUP BY path ORDER BY 1 DESC LIMIT ?"
        )
        corrected = "SELECT sha256, at FROM examples WHERE withdrawn = 0 AND source IN ('corrected', 'moved')"
        undone = "SELECT DISTINCT decision FROM entries WHERE reversed_by IS NOT NULL AND decision IS NOT NULL"
        with self._file.reading() as db:
            later = {row["sha256"]: row["at"] for row in db.execute(corrected)}
            taken_back = {row["decision"] for row in db.execute(undone)}
            captions = dict(map(tuple, db.execute("SELECT sha256, caption FROM captions ORDER BY at")))
            rows = db.execute(f"SELECT * FROM decisions WHERE id IN ({newest})", (limit,)).fetchall()
        return [
            (
                os.fsdecode(row["path"]),
                row["sha256"],
                row["at"],
                row["json"],
                row["id"] in taken_back or later.get(row["sha256"], 0.0) > row["at"],
                captions.get(row["sha256"], ""),
            )
            for row in rows
        ]

    def due(self, after: float, until: float, limit: int) -> list[str]:
        """Return the paths of images that are due in this time of the wall clock, including `until`, the first ones."""
        statement = "SELECT path FROM images WHERE due > ? AND due <= ? ORDER BY due LIMIT ?"
        with self._file.reading() as db:
            return [os.fsdecode(row["path"]) for row in db.execute(statement, (after, until, limit))]

    def waiting(self, limit: int) -> list[Known]:
        """Return the images that wait to be filed, the first that are due first."""
        statement = "SELECT * FROM images WHERE outcome = ? AND due IS NOT NULL ORDER BY due LIMIT ?"
        with self._file.reading() as db:
            return [to_known(row) for row in db.execute(statement, (Outcome.WAITING, limit))]

    def next_due(self, after: float) -> float | None:
        """Return when the next image is due after this time of the wall clock; None if none is."""
        with self._file.reading() as db:
            moment: float | None = db.execute("SELECT min(due) FROM images WHERE due > ?", (after,)).fetchone()[0]
        return moment

    def has_removed_folder(self, path: str) -> bool:
        """True if snapsortd has removed this folder: undo one that filing had made, or filing one that it emptied."""
        with self._file.reading() as db:
            statement = "SELECT 1 FROM folders WHERE path = ? AND state = 'removed'"
            return db.execute(statement, (os.fsencode(path),)).fetchone() is not None

    def history_of(self, path: str) -> ImageHistory:
        """Return the record of the image that is, or was, at `path`."""
        entries = self.entries(limit=20, path=path)
        with self._file.reading() as db:
            row = db.execute("SELECT * FROM images WHERE path = ?", (os.fsencode(path),)).fetchone()
        known = to_known(row) if row else None
        numbers = [known.decision if known else None, *(entry.intent.cause.decision for entry in entries)]
        decision = next((number for number in numbers if number is not None), None)
        return ImageHistory(known, self.decision(decision) if decision is not None else None, tuple(entries))

    def decision(self, number: int) -> str | None:
        """Return a stored decision (JSON), or None."""
        with self._file.reading() as db:
            row = db.execute("SELECT json FROM decisions WHERE id = ?", (number,)).fetchone()
        return row["json"] if row else None

    def decision_on(self, path: str, size: int) -> tuple[bytes, str] | None:
        """Return the content and the decision (JSON) of the image of this size at `path`, or None."""
        statement = (
            "SELECT decisions.sha256 AS sha256, json FROM images JOIN decisions ON decisions.id = images.decision"
            " WHERE images.path = ? AND size = ?"
        )
        with self._file.reading() as db:
            row = db.execute(statement, (os.fsencode(path), size)).fetchone()
        return (row["sha256"], row["json"]) if row else None

    def counts(self) -> Counts:
        """Return the number of images by outcome, and of unfinished moves."""
        with self._file.reading() as db:

            def count(table: str, where: str) -> int:
                number: int = db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]
                return number

            return Counts(
                filed=count("entries", f"{IN_EFFECT} AND {FORWARD} AND follows IS NULL"),
                undone=count("entries", f"{IN_EFFECT} AND {BACK} AND follows IS NULL"),
                failed=count("images", "outcome = 'failed'"),
                quarantined=count("images", "outcome = 'quarantined'"),
                incomplete=count("images", "outcome = 'incomplete'"),
                conflicts=count("entries", "state = 'conflict'"),
                open=count("entries", OPEN),
            )

    def problems(self, limit: int = 20) -> list[Problem]:
        """Return what needs a person's attention: unfinished moves, conflicts, and images that failed in any way.

        What a person has dismissed is left out.
        """
        found = [
            Problem(entry.intent.source, "open", entry.reason or "its move is not finished", entry.at, entry.id)
            for entry in self._query(OPEN, (), limit=limit)
        ]
        found += [
            Problem(entry.intent.target, "conflict", entry.reason, entry.at)
            for entry in self._query(f"state = 'conflict' AND NOT {is_dismissed('entries', 'target')}", (), limit=limit)
        ]
        worth_a_look = f"outcome = ? AND NOT {is_dismissed('images', 'path')}"
        statement = f"SELECT * FROM images WHERE {worth_a_look} ORDER BY rowid DESC LIMIT ?"
        with self._file.reading() as db:
            for outcome in (Outcome.QUARANTINED, Outcome.FAILED, Outcome.INCOMPLETE):
                rows = db.execute(statement, (outcome, limit)).fetchall()
                found += [Problem(known.path, known.outcome, known.reason, known.at) for known in map(to_known, rows)]
        return found[:limit]


def _is_same_version(known: FileIdentity, found: FileIdentity) -> bool:
    """True if size and times agree. The time of change is unknown in rows that an earlier version wrote."""
    if not known.ctime_ns:
        return found.same_version(known)
    return (found.size, found.mtime_ns, found.ctime_ns) == (known.size, known.mtime_ns, known.ctime_ns)


def _has_size_and_time(known: FileIdentity, found: FileIdentity) -> bool:
    return (found.size, found.mtime_ns) == (known.size, known.mtime_ns)


def _has_content(known: Known, found: FileIdentity, sha256: bytes) -> bool:
    return known.identity.size == found.size and known.sha256 == sha256 != b""
