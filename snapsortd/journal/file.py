"""The journal's file: opened only if it is intact, written in transactions, never started again by mistake."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from snapsortd.domain.errors import JournalError
from snapsortd.journal.background_check import BackgroundCheck, record_clean_close, was_closed_cleanly
from snapsortd.journal.integrity import check, format_of, journal_errors, marker
from snapsortd.journal.migrations import APPLICATION_ID, FIRST_FORMAT, FIRST_THAT_OVERWRITES, FORMAT, MIGRATIONS

MAX_PENDING = 500
"""Lazy writes that may wait for the next commit."""


class JournalFile:
    """One SQLite connection that all threads share, one at a time.

    A write is durable immediately, or lazy: then it stays in the open transaction until the next durable write.
    """

    def __init__(self, path: str, timeout: float, *, background_check: bool = False) -> None:
        """Open the file, or create it. Raise JournalError if it is not intact.

        With `background_check`, a cleanly closed file is opened immediately, and the first write waits for the check.
        """
        self.path = path
        self._lock = threading.RLock()
        self._pending = 0
        self._background_check: BackgroundCheck | None = None
        _prepare(path)
        with journal_errors(path):
            later = background_check and was_closed_cleanly(path) and format_of(path, timeout) == FORMAT
            check(path, timeout, whole=not later)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=timeout)
        try:
            with journal_errors(path):
                self._set_up()
            _mark(path)
            self._identities = {name: _identity(name) for name in (path, path + "-wal")}
            if later:
                self._background_check = BackgroundCheck(path, timeout)
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
            "secure_delete=ON",  # overwrite what is deleted; what the disk itself keeps of it is out of reach
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
        if FIRST_FORMAT <= version < FIRST_THAT_OVERWRITES:
            self._connection.execute("VACUUM")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, for queries; they see lazy writes too."""
        with self._lock, journal_errors(self.path):
            yield self._connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside a transaction; with `durable`, it is on the disk when the block ends."""
        if (background := self._background_check) is not None:
            background.wait()
            self._background_check = None
        with self._lock, journal_errors(self.path):
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

    def empty_log(self) -> None:
        """Empty the write-ahead log, which has older versions of the file's pages."""
        with self.writing():
            pass
        with self.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Make lazy writes durable and close; a second call does nothing."""
        with self._lock, journal_errors(self.path):
            intact = self._background_check is None or self._background_check.stop()
            try:
                if self._connection.in_transaction:
                    self._commit()
            except sqlite3.ProgrammingError:  # closed already
                return
            finally:
                self._connection.close()
            if intact:
                record_clean_close(self.path)

    def _commit(self) -> None:
        self._connection.execute("COMMIT")
        self._pending = 0

    def _roll_back(self) -> None:
        self._pending = 0
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            self._connection.execute("ROLLBACK")

    def _check_in_place(self) -> None:
        """Raise JournalError if the file was deleted or replaced: SQLite would continue to write to the deleted one."""
        for name, identity in self._identities.items():
            if _identity(name) != identity:
                raise JournalError(
                    f"the journal {name} was deleted or replaced while snapsortd was running",
                    "nothing more is moved; put it back and restart snapsortd",
                )


def _prepare(path: str) -> None:
    """Create the private folder and an empty private file. Raise JournalError if a journal existed and is missing."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if not os.path.lexists(path):
            for evidence in (marker(path), path + "-wal"):
                if os.path.lexists(evidence):
                    raise JournalError(
                        f"the journal {path} is missing, but {evidence} shows that there was one",
                        f"restore it from a backup, or delete {evidence} to start a new one",
                    )
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be created: {error.strerror}") from error


def _mark(path: str) -> None:
    """Create a marker that a journal was started here; it is created after the journal, so it is never wrong."""
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
