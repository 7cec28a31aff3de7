"""The journal's file: opened only if it is sound, written in transactions, never begun anew by mistake."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from snapsortd.errors import JournalBlocked, JournalError
from snapsortd.journal.check import RESTORE, check, marker
from snapsortd.journal.schema import APPLICATION_ID, MIGRATIONS

MAX_PENDING = 500
"""Lazy writes that may wait for the next commit."""


class JournalFile:
    """One SQLite connection for all threads, one at a time.

    A write is durable at once, or lazy: then it stays in the open transaction until the next durable write.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._pending = 0
        _prepare(path)
        with _explained(path):
            check(path, timeout)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=timeout)
        try:
            with _explained(path):
                self._set_up()
            _mark(path)
            self._identities = {name: _identity(name) for name in (path, path + "-wal")}
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
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in migration.statements:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version={number}")
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries; sees lazy writes too."""
        with self._lock, _explained(self.path):
            yield self._connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction; on the disk when the block ends, unless `durable` is False."""
        with self._lock, _explained(self.path):
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
        with self._lock, _explained(self.path):
            if self._connection.in_transaction:
                self._check_in_place()
                self._commit()

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        with self._lock, _explained(self.path):
            try:
                if self._connection.in_transaction:
                    self._commit()
            except sqlite3.ProgrammingError:  # closed already
                return
            finally:
                self._connection.close()

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


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what SQLite says into what a person can act on."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise JournalError(f"the journal {path} is damaged: {error}", RESTORE) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_BUSY:
            raise JournalBlocked(f"the journal {path} is held by another program") from error
        if code == sqlite3.SQLITE_FULL:
            raise JournalBlocked(f"the disk with the journal {path} is full", "free some space") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise JournalError(f"the journal {path} is damaged: {error}", RESTORE) from error
        raise JournalError(f"the journal {path} cannot be used: {error}") from error
