"""A journal that was closed in good order, and not touched since, is opened at once and looked through meanwhile."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress
from urllib.parse import quote_from_bytes

from snapsortd.domain.errors import JournalError
from snapsortd.journal.integrity import check_pages, explained


def note_good_order(path: str) -> None:
    """Note how the closed file looks from outside; a change by anybody, or a copy, looks otherwise.

    Where that can't be noted, the file is looked through before it is opened next.
    """
    with suppress(OSError):
        if not os.path.exists(path + "-wal"):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(path + ".closed", flags, 0o600), "w", encoding="ascii") as note:
                note.write(_looks(path))


def is_in_good_order(path: str) -> bool:
    """True if the file is as it was closed."""
    try:
        with open(path + ".closed", encoding="ascii") as note:
            return note.read() == _looks(path) and not os.path.exists(path + "-wal")
    except (OSError, ValueError):
        return False


def _looks(path: str) -> str:
    """The change time is the system's own: nobody sets it back."""
    found = os.lstat(path)
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}\n"


class LateCheck:
    """Looks through every page on a thread of its own, through a connection that only reads."""

    def __init__(self, path: str, timeout: float) -> None:
        """The file is opened here, by whoever has the journal: the thread only reads."""
        self._path = path
        self._error: JournalError | None = None
        self._look: sqlite3.Connection | None = None
        self._stopped = False
        # Not as an immutable file: SQLite must know of both connections, or closing this one drops the other's locks.
        address = f"file:{quote_from_bytes(os.fsencode(path))}?mode=ro"
        try:
            with explained(path):
                self._look = sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False)
                self._look.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except JournalError as error:
            self._error = error
        self._thread = threading.Thread(target=self._run, name="journal check", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until all is looked through. Raises JournalError, at every call, if it is not sound."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> bool:
        """End it; True if all was looked through, and sound."""
        self._stopped = True
        if self._look is not None:
            with suppress(sqlite3.ProgrammingError):  # closed already
                self._look.interrupt()
        self._thread.join()
        return self._error is None

    def _run(self) -> None:
        if self._look is None:
            return
        try:
            with explained(self._path), closing(self._look):
                if self._stopped:
                    raise JournalError("the check was ended")
                if self._error is None:
                    check_pages(self._path, self._look)
        except JournalError as error:
            self._error = error
