"""The journal: its writes, and when each of them is durable."""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from snapsortd.domain.entry import Entry, EntryKind, Intent, Method, State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.captions import Captions
from snapsortd.journal.dismissed import dismiss
from snapsortd.journal.entry_log import EntryLog
from snapsortd.journal.erasure import Erasure
from snapsortd.journal.examples import Embeddings, Examples, withdraw_with
from snapsortd.journal.file import JournalFile
from snapsortd.journal.left_images import LeftImages
from snapsortd.journal.made_folders import MadeFolders, mark_emptied, record_made
from snapsortd.journal.queries import CACHED
from snapsortd.journal.rows import identity_columns, intent_columns
from snapsortd.journal.search_index import SearchIndex
from snapsortd.journal.selection import EntrySelector
from snapsortd.journal.similar_images import SimilarImages
from snapsortd.journal.statistics import Statistics, read_statistics
from snapsortd.journal.texts import Texts
from snapsortd.journal.unsure_images import UnsureImages, follow

MAX_BATCH = 2**53
"""Batches are numbered below this; an earlier version accepted any number from outside, after which none was left."""

IN_PLACE = frozenset({Method.TAG, Method.CALL})
"""Methods after which the file stays where it is and other actions may follow: they do not set the image's outcome."""


class Journal(EntrySelector):
    """The journal, opened by its only writer. Every method raises JournalError if the file can't be relied on."""

    def __init__(
        self, path: str, clock: Callable[[], float] = time.time, timeout: float = 5.0, *, background_check: bool = False
    ) -> None:
        """Open the journal, or create it.

        `timeout` is the time in seconds to wait for another program that reads or writes the file; for
        `background_check` see `JournalFile`.
        """
        super().__init__(JournalFile(path, timeout, background_check=background_check))
        self._clock = clock
        self._batch_lock = threading.Lock()
        self.folders = MadeFolders(self._file)
        self.left_images = LeftImages(self._file)
        self.log = EntryLog(self._file)
        self.similar_images = SimilarImages(self._file)
        self.unsure = UnsureImages(self._file)
        self.embeddings = Embeddings(self._file)
        self.examples = Examples(self._file, clock)
        self.captions = Captions(self._file, clock)
        self.texts = Texts(self._file, clock)
        self.erasure = Erasure(self._file)
        self.search = SearchIndex(self._file)
        with self._file.reading() as db:
            newest = "SELECT coalesce(max(batch), 0) FROM {} WHERE batch < ?"
            self._batch: int = max(
                db.execute(newest.format(table), (MAX_BATCH,)).fetchone()[0] for table in ("entries", "examples")
            )

    def statistics(self, since: float | None = None, until: float | None = None) -> Statistics:
        """Return how many images were filed and taken back in this time, in seconds since 1970."""
        return read_statistics(self._file, since or 0.0, math.inf if until is None else until)

    def dismiss(self, path: str | None) -> int:
        """Take the problem at a path, or with None every one, off the list, and return how many that were."""
        return dismiss(self._file, path)

    def commit(self) -> None:
        """Make everything durable that was written, and visible to other programs that read the file."""
        with self._file.writing():
            pass

    def close(self) -> None:
        """Make everything durable and close."""
        self._file.close()

    def new_batch(self) -> int:
        """Return a new number for entries that are undone together."""
        with self._batch_lock:
            self._batch += 1
            return self._batch

    def has_begun(self, batch: int) -> bool:
        """True if the number is that of a batch, so that entries may be added to it."""
        return 0 < batch <= self._batch

    def decide(self, path: str, text: str, sha256: bytes = b"", doubt: str | None = None) -> int:
        """Store a decision (JSON) and return its number; it is durable together with whatever refers to it.

        `doubt` is the rule for which a person should look at it, empty for none in particular; None if it is sure.
        """
        with self._file.writing(durable=False) as db:
            statement = "INSERT INTO decisions (at, path, json, sha256, doubt) VALUES (?, ?, ?, ?, ?)"
            return _new_id(db.execute(statement, (self._clock(), os.fsencode(path), text, sha256, doubt)))

    def begin(self, intent: Intent) -> Entry:
        """Commit an intent, together with all lazy writes; only then may the file be touched."""
        return self._add(intent, State.INTENT, durable=True)

    def shadow(self, intent: Intent) -> Entry:
        """Record what would have been done."""
        return self._add(intent, State.SHADOW, durable=False)

    def _add(self, intent: Intent, state: State, *, durable: bool) -> Entry:
        columns = intent_columns(intent) | {"state": state, "reason": "", "at": self._clock()}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self._file.writing(durable=durable) as db:
            number = _new_id(db.execute(f"INSERT INTO entries ({names}) VALUES ({marks})", tuple(columns.values())))
            record_made(db, intent)
        with self._batch_lock:
            if intent.cause.batch < MAX_BATCH:
                self._batch = max(self._batch, intent.cause.batch)
        return self._entry(number)

    def advance(
        self,
        entry_id: int,
        state: State,
        *,
        reason: str = "",
        target: str | None = None,
        method: Method | None = None,
        target_identity: FileIdentity | None = None,
        metadata: str | None = None,
    ) -> Entry:
        """Commit a change to an open entry: another target or method, metadata that was lost, or its next state.

        The state `done` also records, in the same transaction, the image's outcome at its new path and that the entry
        it reverses is reversed; the state `failed` of a command, that an image which was moved before is not complete.
        """
        changes: dict[str, Any] = {"state": state, "reason": _text(reason)}
        if target is not None:
            changes["target"] = os.fsencode(target)
        if method is not None:
            changes["method"] = method
        if target_identity is not None:
            columns = ("target_dev", "target_ino", "target_size", "target_mtime_ns", "target_ctime_ns")
            changes |= dict(zip(columns, identity_columns(target_identity), strict=True))
        if metadata is not None:
            changes["metadata"] = metadata
        assignments = ", ".join(f"{name} = ?" for name in changes)
        with self._file.writing() as db:
            statement = f"UPDATE entries SET {assignments} WHERE id = ? AND state IN ('intent', 'moved')"
            if db.execute(statement, (*changes.values(), entry_id)).rowcount != 1:
                raise JournalError(f"entry {entry_id} of the journal is closed already")
            entry = self._entry(entry_id)
            mark_emptied(db, entry)
            if state is State.DONE:
                self._record_outcome(db, entry)
            if state is State.FAILED and entry.intent.kind is EntryKind.RUN:
                _mark_incomplete(db, entry.intent.source, reason)
        return entry

    def _record_outcome(self, db: sqlite3.Connection, entry: Entry) -> None:
        if entry.intent.reverses is not None:
            db.execute("UPDATE entries SET reversed_by = ? WHERE id = ?", (entry.id, entry.intent.reverses))
            first = self.first_of(entry).intent
            withdraw_with(db, first.cause.batch, first.sha256, withdrawn=entry.intent.kind is EntryKind.UNDO)
        if not entry.intent.keep_source:
            db.execute("DELETE FROM images WHERE path = ?", (os.fsencode(entry.intent.source),))
        undone = entry.intent.kind is EntryKind.UNDO
        if undone:  # also if it was a copy, whose original is in its place
            db.execute("UPDATE images SET due = NULL WHERE path = ?", (os.fsencode(entry.intent.target),))
        if entry.target_identity is None or (entry.intent.method in IN_PLACE and not undone):
            return
        outcome = Outcome.UNDONE if undone else Outcome.COPIED if entry.intent.keep_source else Outcome.FILED
        decision, sha256 = entry.intent.cause.decision, entry.intent.sha256
        self._store(
            db, Known(entry.intent.target, entry.target_identity, outcome, "", decision=decision, sha256=sha256)
        )

    def remember(self, known: Known) -> None:
        """Record the outcome of an image; durable immediately, unless it can be determined again. `at` is set here."""
        with self._file.writing(durable=known.outcome not in CACHED) as db:
            self._store(db, known)

    def mark_incomplete(self, path: str, reason: str) -> None:
        """Record that an action failed after the image was moved to `path`."""
        with self._file.writing() as db:
            _mark_incomplete(db, path, reason)

    def _store(self, db: sqlite3.Connection, known: Known) -> None:
        # REPLACE assigns a new rowid, which gives the order of events.
        now = self._clock()
        db.execute(
            "REPLACE INTO images (path, dev, ino, size, mtime_ns, ctime_ns,"
            " outcome, reason, fingerprint, decision, attempts, deaths, at, sha256, due, added)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                os.fsencode(known.path),
                *identity_columns(known.identity),
                known.outcome,
                _text(known.reason),
                known.fingerprint,
                known.decision,
                known.attempts,
                known.deaths,
                now,
                known.sha256,
                known.due,
                known.added or self.added(known.path, known.identity) or now,
            ),
        )

    def found_again(self, known: Known, path: str, identity: FileIdentity, reason: str) -> Known:
        """Record that a known image now has this path and these numbers, and return it. Not durable immediately.

        At another path it is not due again: a person has moved it there.
        """
        old, new = os.fsencode(known.path), os.fsencode(path)
        due = known.due if old == new else None
        added = known.added if os.path.dirname(known.path) == os.path.dirname(path) else self._clock()
        with self._file.writing(durable=False) as db:
            db.execute("DELETE FROM images WHERE path = ? AND path != ?", (new, old))
            follow(db, old, new)
            db.execute(
                "UPDATE images SET path = ?, dev = ?, ino = ?, size = ?, mtime_ns = ?, ctime_ns = ?, reason = ?,"
                " due = ?, added = ? WHERE path = ?",
                (new, *identity_columns(identity), _text(reason), due, added, old),
            )
        return replace(known, path=path, identity=identity, reason=reason, due=due, added=added)

    def twin_was_filed(self, size: int, sha256: bytes) -> None:
        """Make images with this content due now that no rule has acted on. Durable with the next write that is."""
        undecided = "size = ? AND sha256 = ? AND sha256 != x'' AND +outcome IN ('left', 'shadow')"
        with self._file.writing(durable=False) as db:
            db.execute(f"UPDATE images SET due = ? WHERE {undecided}", (self._clock(), size, sha256))

    def forget(self, path: str) -> None:
        """Delete the outcome of the image at `path`, so that it is classified again. Its entries stay."""
        with self._file.writing(durable=False) as db:
            db.execute("DELETE FROM images WHERE path = ?", (os.fsencode(path),))


def _mark_incomplete(db: sqlite3.Connection, path: str, reason: str) -> None:
    db.execute(
        "UPDATE images SET outcome = ?, reason = ? WHERE path = ? AND outcome IN (?, ?)",
        (Outcome.INCOMPLETE, _text(reason), os.fsencode(path), Outcome.FILED, Outcome.INCOMPLETE),
    )


def _text(reason: str) -> str:
    """Return a reason as SQLite accepts it: it may quote a name that is not UTF-8."""
    return reason.encode("utf-8", "backslashreplace").decode("utf-8")


def _new_id(cursor: sqlite3.Cursor) -> int:
    if cursor.lastrowid is None:
        raise JournalError("the journal returned no id for a new row")
    return cursor.lastrowid
