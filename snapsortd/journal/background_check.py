"""Opens a cleanly closed, unmodified journal immediately and checks its integrity in the background."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress
from urllib.parse import quote_from_bytes

from snapsortd.domain.errors import JournalError
from snapsortd.journal.integrity import check_pages, journal_errors


def record_clean_close(path: str) -> None:
    """Record the file's metadata when it is closed, so that any later change, or a copy in its place, is noticed.

    If that can't be recorded, the file is checked before it is opened next.
    """
    with suppress(OSError):
        if not os.path.exists(path + "-wal"):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(path + ".closed", flags, 0o600), "w", encoding="ascii") as note:
                note.write(_metadata(path))


def was_closed_cleanly(path: str) -> bool:
    """True if the file was closed cleanly and has not been modified since."""
    try:
        with open(path + ".closed", encoding="ascii") as note:
            return note.read() == _metadata(path) and not os.path.exists(path + "-wal")
    except (OSError, ValueError):
        return False


def _metadata(path: str) -> str:
    """Return what identifies the file's version; only the system sets the change time, so nobody can set it back."""
    found = os.lstat(path)
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}\n"


class BackgroundCheck:
    """A check of every page, on a thread of its own and through a read-only connection."""

    def __init__(self, path: str, timeout: float) -> None:
        """Open the file on the caller's thread, which holds the journal, and start to read it on another."""
        self._path = path
        self._error: JournalError | None = None
        self._connection: sqlite3.Connection | None = None
        self._stopped = False
        # Not as an immutable file: SQLite must know both connections, or closing this one drops the other's locks.
        address = f"file:{quote_from_bytes(os.fsencode(path))}?mode=ro"
        try:
            with journal_errors(path):
                self._connection = sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False)
                self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except JournalError as error:
            self._error = error
        self._thread = threading.Thread(target=self._run, name="journal check", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the check has ended. Raise JournalError, at every call, if the file is not intact."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> bool:
        """End the check. Return True if it was complete and the file is intact."""
        self._stopped = True
        if self._connection is not None:
            with suppress(sqlite3.ProgrammingError):  # closed already
                self._connection.interrupt()
        self._thread.join()
        return self._error is None

    def _run(self) -> None:
        if self._connection is None:
            return
        try:
            with journal_errors(self._path), closing(self._connection):
                if self._stopped:
                    raise JournalError("the check was stopped")
                if self._error is None:
                    check_pages(self._path, self._connection)
        except JournalError as error:
            self._error = error
