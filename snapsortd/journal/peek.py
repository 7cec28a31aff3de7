"""A look into the journal while no daemon runs: no lock, no repair, nothing written."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from urllib.parse import quote_from_bytes

from snapsortd.journal.file import JournalFile, _explained
from snapsortd.journal.reading import Counts, JournalReader


def peek_counts(path: str) -> Counts:
    """How things stand; all zero where there is no journal yet. Raises JournalError if it can't be read."""
    if not os.path.exists(path):
        return Counts(filed=0, undone=0, failed=0, quarantined=0, conflicts=0, open=0)
    with closing(_ReadOnlyFile(path)) as file:
        return JournalReader(file).counts()


class _ReadOnlyFile(JournalFile):
    """The file as it lies there, without the checks and migrations that are its owner's."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.RLock()
        address = f"file:{quote_from_bytes(os.fsencode(path))}?mode=ro"
        with _explained(path):
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=5)
        self._connection.row_factory = sqlite3.Row
