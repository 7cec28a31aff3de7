"""The journal's file: opened only if it is sound, written in transactions, never begun anew by mistake."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from snapsortd.domain.errors import JournalError
from snapsortd.journal.background_check import LateCheck, is_in_good_order, note_good_order
from snapsortd.journal.integrity import check, explained, format_of, marker
from snapsortd.journal.migrations import APPLICATION_ID, FIRST_FORMAT, FORMAT, MIGRATIONS

MAX_PENDING = 500
"""Lazy writes that may wait for the next commit."""


class JournalFile:
    """One SQLite connection for all threads, one at a time.

    A write is durable at once, or lazy: then it stays in the open transaction until the next durable write.
    """

    def __init__(self, path: str, timeout: float, *, soon: bool = False) -> None:
        """`soon`: where the file was closed in good order, open it at once; writes wait until all of it is checked."""
        self.path = path
        self._lock = threading.RLock()
        self._pending = 0
        self._late_check: LateCheck | None = None
        _prepare(path)
        with explained(path):
            late = soon and is_in_good_order(path) and format_of(path, timeout) == FORMAT
            check(path, timeout, whole=not late)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=timeout)
        try:
            with explained(path):
                self._set_up()
            _mark(path)
            self._identities = {name: _identity(name) for name in (path, path + "-wal")}
            if late:
                self._late_check = LateCheck(path, timeout)
        except BaseException:
            self._connection.close()
            raise

    def _set_up(self) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "fullfsync=ON",  # macOS: fsync alone does not reach the disk there
            "checkpoint_fullfsync=ON",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {setting}")
        self._migrate()

    def _migrate(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0] or FIRST_FORMAT - 1
        for number, migration in enumerate(MIGRATIONS[version - FORMAT + len(MIGRATIONS) :], start=version + 1):
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in migration.statements:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version={number}")
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries; sees lazy writes too."""
        with self._lock, explained(self.path):
            yield self._connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction; on the disk when the block ends, unless `durable` is False."""
        if (late := self._late_check) is not None:
            late.wait()
            self._late_check = None
        with self._lock, explained(self.path):
            self._check_in_place()
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._pending += 1
                if durable or self._pending > MAX_PENDING:
                    self._commit()
            except BaseException:
                self._roll_back()
                raise

    def flush(self) -> None:
        """Make lazy writes durable."""
        with self._lock, explained(self.path):
            if self._connection.in_transaction:
                self._check_in_place()
                self._commit()

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        with self._lock, explained(self.path):
            sound = self._late_check is None or self._late_check.stop()
            try:
                if self._connection.in_transaction:
                    self._commit()
            except sqlite3.ProgrammingError:  # closed already
                return
            finally:
                self._connection.close()
            if sound:
                note_good_order(self.path)

    def _commit(self) -> None:
        self._connection.execute("COMMIT")
        self._pending = 0

    def _roll_back(self) -> None:
        self._pending = 0
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            self._connection.execute("ROLLBACK")

    def _check_in_place(self) -> None:
        """SQLite would go on writing to a deleted file for ever; look before relying on it."""
        for name, identity in self._identities.items():
            if _identity(name) != identity:
                raise JournalError(
                    f"the journal {name} was deleted or replaced while snapsortd was running",
                    "nothing more is moved; put it back and restart snapsortd",
                )


def _prepare(path: str) -> None:
    """Create the private folder and an empty private file, unless a journal must have been there before."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if not os.path.lexists(path):
            for evidence in (marker(path), path + "-wal"):
                if os.path.lexists(evidence):
                    raise JournalError(
                        f"the journal {path} is missing, but {evidence} shows that there was one",
                        f"restore it from a backup, or delete {evidence} to begin a new one",
                    )
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be created: {error.strerror}") from error


def _mark(path: str) -> None:
    """Leave a marker that a journal was begun here; made after the journal, so it never lies."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(FileExistsError):
            os.close(os.open(marker(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            os.fsync(folder)
    except OSError as error:
        raise JournalError(f"the folder of the journal {path} cannot be written: {error.strerror}") from error
    finally:
        os.close(folder)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
