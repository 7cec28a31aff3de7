"""The journal opened to be read without a trace: no lock, no repair, not even the files that SQLite lays beside it."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from urllib.parse import quote_from_bytes

from snapsortd.domain.errors import JournalBlocked
from snapsortd.journal.file import JournalFile
from snapsortd.journal.integrity import explained
from snapsortd.journal.queries import Counts, JournalReader


class UntouchedFile(JournalFile):
    """The file as it lies there, without the checks and migrations that are its owner's. For reading only."""

    def __init__(self, path: str) -> None:
        """Raises JournalError if it can't be read, JournalBlocked if it can't be read without writing."""
        self.path = path
        self._lock = threading.RLock()
        self._late_check = None
        address = f"file:{quote_from_bytes(os.fsencode(path))}?mode=ro&{_how(path)}"
        with explained(path):
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=5)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close; a second call does nothing. Whether the file is in good order is its owner's to note."""
        self._connection.close()


def _how(path: str) -> str:
    """What keeps SQLite from making files (sqlite.org/uri.html, sqlite.org/wal.html#read_only_databases)."""
    if os.path.exists(path + "-shm"):  # a daemon has it open, or died: read along with it, or without it
        return "readonly_shm=1"
    if os.path.exists(path + "-wal") and os.path.getsize(path + "-wal"):
        raise JournalBlocked(
            f"the last writes of the journal {path} lie in a file beside it, and only snapsortd can take them in",
            "start snapsortd, then look again",
        )
    return "immutable=1"  # closed in good order: the file is all there is


def peek_counts(path: str) -> Counts:
    """How things stand; all zero where there is no journal yet. Raises JournalError if it can't be read."""
    if not os.path.exists(path):
        return Counts(filed=0, undone=0, failed=0, quarantined=0, conflicts=0, open=0)
    with closing(UntouchedFile(path)) as file:
        return JournalReader(file).counts()
