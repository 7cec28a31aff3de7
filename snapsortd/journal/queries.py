"""Queries of the journal. Order is by id, never by clock; every query is answered by an index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.entry import Entry, Method, State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.dismissed import is_dismissed
from snapsortd.journal.file import JournalFile
from snapsortd.journal.left_images import existing_under_another_name
from snapsortd.journal.rows import to_entry, to_known

CACHED = frozenset({Outcome.IGNORED, Outcome.LEFT, Outcome.OFFERED, Outcome.WAITING, Outcome.SHADOW})
"""Outcomes that can be determined again, and are when the configuration changes: losing them costs only time."""

UNTOUCHED = frozenset({Outcome.LEFT, Outcome.OFFERED, Outcome.SHADOW})
"""Outcomes of images that stayed where they are, which other rules do not change unasked."""

LASTING = frozenset(
    {Outcome.FILED, Outcome.INCOMPLETE, Outcome.COPIED, Outcome.DONE, Outcome.UNDONE, Outcome.QUARANTINED}
)
"""Outcomes that hold for this version of the file under any name and any configuration."""

IN_EFFECT = "state = 'done' AND reversed_by IS NULL"
_OPEN = "state IN ('intent', 'moved')"
FORWARD = "kind IN ('move', 'copy', 'rename', 'trash', 'hardlink', 'symlink', 'tag', 'redo')"
"""Entries that can be undone: not commands and notifications, which are skipped unless they are given by id."""
BACK = "kind = 'undo' AND batch != (SELECT batch FROM entries AS first WHERE first.id = entries.reverses)"
"""Entries that a person undid. A step that was undone within its own batch is not one: the next step had failed."""


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


class JournalReader:
    """The queries. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

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

    def filed_lately(self, limit: int) -> list[Entry]:
        """Return the newest images that are filed, and neither undone nor companions."""
        return self._query(f"{IN_EFFECT} AND kind IN ('move', 'redo') AND follows IS NULL", (), limit=limit)

    def past_decisions(self, limit: int) -> list[tuple[str, bytes, float, str, bool]]:
        """Return the newest decision by the model about each path: path, content, time, JSON, and whether it was
        regretted: what was done was undone since, or the label corrected."""
        newest = (
            "SELECT max(id) FROM decisions WHERE json NOT LIKE '%\"told\": %' GROUP BY path ORDER BY 1 DESC LIMIT ?"
        )
        corrected = "SELECT sha256, at FROM examples WHERE withdrawn = 0 AND source IN ('corrected', 'moved')"
        undone = "SELECT DISTINCT decision FROM entries WHERE reversed_by IS NOT NULL AND decision IS NOT NULL"
        with self._file.reading() as db:
            later = {row["sha256"]: row["at"] for row in db.execute(corrected)}
            taken_back = {row["decision"] for row in db.execute(undone)}
            rows = db.execute(f"SELECT * FROM decisions WHERE id IN ({newest})", (limit,)).fetchall()
        return [
            (
                os.fsdecode(row["path"]),
                row["sha256"],
                row["at"],
                row["json"],
                row["id"] in taken_back or later.get(row["sha256"], 0.0) > row["at"],
            )
            for row in rows
        ]

    def place_of(self, sha256: bytes) -> str:
        """Return the path at which an image with this content was last known to be; empty if there is none."""
        statement = "SELECT target FROM entries WHERE sha256 = ? AND state = 'done' ORDER BY id DESC LIMIT 1"
        with self._file.reading() as db:
            row = db.execute(statement, (sha256,)).fetchone()
        return os.fsdecode(row["target"]) if row else ""

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

    def entry_that_made(self, target: str, sha256: bytes) -> Entry | None:
        """Return the newest finished entry that put this content at `target`, or None."""
        return self._first("target = ? AND +sha256 = ? AND +state = 'done'", (os.fsencode(target), sha256))

    def already_made(self, source: str, sha256: bytes, rule: str, wanted: str, method: Method) -> Entry | None:
        """Return the entry of the copy or link that this rule made of this content, if it was not undone."""
        return self._first(
            # `+` keeps SQLite from the indexes of rules and of content, in which many entries may be equal.
            "source = ? AND +sha256 = ? AND +rule = ? AND wanted = ? AND method = ? AND keep_source = 1"
            f" AND {IN_EFFECT}",
            (os.fsencode(source), sha256, rule, os.fsencode(wanted), method),
        )

    def entry(self, entry_id: int) -> Entry | None:
        """Return one entry, or None."""
        return self._first("id = ?", (entry_id,))

    def _entry(self, entry_id: int) -> Entry:
        entry = self.entry(entry_id)
        if entry is None:
            raise JournalError(f"entry {entry_id} of the journal is gone")
        return entry

    def open_entries(self) -> list[Entry]:
        """Return unfinished moves, oldest first."""
        return self._query(_OPEN, (), newest_first=False)

    def open_entry_for(self, path: str) -> Entry | None:
        """Return the unfinished move of the file at `path`, which is left alone until the move is resolved."""
        return self._first(f"{_OPEN} AND source = ?", (os.fsencode(path),))

    def open_entry_at(self, path: str) -> Entry | None:
        """Return an unfinished move from or to `path`, or None."""
        return self._first(f"{_OPEN} AND (source = ? OR target = ?)", (os.fsencode(path),) * 2)

    def unsuccessful(self, after: int) -> list[tuple[int, str, str]]:
        """Return number, source and target of the changes of files that failed or are in conflict, after an entry."""
        changes = "SELECT id, source, target FROM entries WHERE method IN ('copy', 'rename', 'remove') AND id > ?"
        statement = f"{changes} AND state = 'failed' UNION ALL {changes} AND state = 'conflict'"
        with self._file.reading() as db:
            rows = db.execute(statement, (after, after)).fetchall()
        return [(row["id"], os.fsdecode(row["source"]), os.fsdecode(row["target"])) for row in rows]

    def last_entry_into(self, root: str) -> Entry | None:
        """Return the newest entry whose target was below `root`, or None."""
        return self._first("target_root = ?", (os.fsencode(root),))

    def moved_from(self, paths: Sequence[str]) -> list[Entry]:
        """Return the entries by which rules moved images away from these paths, and which hold, newest first; those of
        moves that are being carried out, too."""
        marks = ", ".join("?" * len(paths))
        where = (
            f"source IN ({marks}) AND +kind IN ('move', 'rename', 'trash') AND +follows IS NULL AND source != target"
            f" AND ({IN_EFFECT} OR {_OPEN})"
        )
        with self._file.reading() as db:
            rows = db.execute(f"SELECT * FROM entries WHERE {where}", tuple(map(os.fsencode, paths))).fetchall()
        return sorted(map(to_entry, rows), key=lambda entry: entry.id, reverse=True)

    def has_removed_folder(self, path: str) -> bool:
        """True if snapsortd has removed this folder: undo one that filing had made, or filing one that it emptied."""
        with self._file.reading() as db:
            statement = "SELECT 1 FROM folders WHERE path = ? AND state = 'removed'"
            return db.execute(statement, (os.fsencode(path),)).fetchone() is not None

    def entries(
        self,
        limit: int = 50,
        before: int | None = None,
        rule: str | None = None,
        path: str | None = None,
        state: State | None = None,
    ) -> list[Entry]:
        """Return entries, newest first: those `before` an id, of one rule, from or to one path, in one state."""
        where, values = ["1"], list[Any]()
        if before is not None:
            where.append("id < ?")
            values.append(before)
        if rule is not None:
            where.append("rule = ?")
            values.append(rule)
        if state is not None:
            where.append(f"state = '{state}'")  # as a literal, so that a partial index can be used
        if path is not None:
            where.append("(source = ? OR target = ?)")
            values += [os.fsencode(path)] * 2
        return self._query(" AND ".join(where), tuple(values), limit=limit)

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
                open=count("entries", _OPEN),
            )

    def problems(self, limit: int = 20) -> list[Problem]:
        """Return what needs a person's attention: unfinished moves, conflicts, and images that failed in any way.

        What a person has dismissed is left out.
        """
        found = [
            Problem(entry.intent.source, "open", entry.reason or "its move is not finished", entry.at, entry.id)
            for entry in self._query(_OPEN, (), limit=limit)
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

    def _first(self, where: str, values: tuple[Any, ...]) -> Entry | None:
        return next(iter(self._query(where, values, limit=1)), None)

    def _query(
        self, where: str, values: tuple[Any, ...], *, limit: int | None = None, newest_first: bool = True
    ) -> list[Entry]:
        order = "DESC" if newest_first else "ASC"
        statement = f"SELECT * FROM entries WHERE {where} ORDER BY id {order} LIMIT ?"
        with self._file.reading() as db:
            rows = db.execute(statement, (*values, -1 if limit is None else limit)).fetchall()
        return [to_entry(row) for row in rows]


def _is_same_version(known: FileIdentity, found: FileIdentity) -> bool:
    """True if size and times agree. The time of change is unknown in rows that an earlier version wrote."""
    if not known.ctime_ns:
        return found.same_version(known)
    return (found.size, found.mtime_ns, found.ctime_ns) == (known.size, known.mtime_ns, known.ctime_ns)


def _has_size_and_time(known: FileIdentity, found: FileIdentity) -> bool:
    return (found.size, found.mtime_ns) == (known.size, known.mtime_ns)


def _has_content(known: Known, found: FileIdentity, sha256: bytes) -> bool:
    return known.identity.size == found.size and known.sha256 == sha256 != b""
