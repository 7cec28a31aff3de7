"""The journal opened for reading only, without a trace: no lock, no repair, not even SQLite's own files beside it."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from urllib.parse import quote_from_bytes

from snapsortd.domain.errors import JournalBlocked
from snapsortd.journal.file import JournalFile
from snapsortd.journal.integrity import check_format, journal_errors
from snapsortd.journal.left_images import LeftImages
from snapsortd.journal.queries import Counts, JournalReader, Problem


class ReadOnlyFile(JournalFile):
    """The file opened for reading only, without the checks and migrations, which are left to its owner."""

    def __init__(self, path: str) -> None:
        """Open the file. Raise JournalError if it can't be read, JournalBlocked if it can't be read without writing."""
        self.path = path
        self._lock = threading.RLock()
        self._background_check = None
        address = f"file:{quote_from_bytes(os.fsencode(path))}?mode=ro&{_uri_parameter(path)}"
        with journal_errors(path):
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=5)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close; a second call does nothing. A clean close is not recorded: only the file's owner does that."""
        self._connection.close()


def _uri_parameter(path: str) -> str:
    """Return the URI parameter that keeps SQLite from creating files.

    See sqlite.org/uri.html and sqlite.org/wal.html#read_only_databases. Raise JournalBlocked if there is none.
    """
    if os.path.exists(path + "-shm"):  # a daemon has it open, or crashed
        return "readonly_shm=1"
    if os.path.exists(path + "-wal") and os.path.getsize(path + "-wal"):
        raise JournalBlocked(
            f"the last writes of the journal {path} are in {path}-wal, and only snapsortd can apply them",
            "start snapsortd, then try again",
        )
    return "immutable=1"  # closed cleanly: there is nothing but the file


def check_readable(path: str, file: ReadOnlyFile) -> None:
    """Raise JournalError if the open file has a format that this version does not read."""
    with file.reading() as db:
        check_format(path, db)


def read_counts(path: str) -> Counts:
    """Return the counts, all zero if there is no journal yet.

    Raise JournalError if it can't be read, or has a format that this version does not read.
    """
    if not os.path.exists(path):
        return Counts(filed=0, undone=0, failed=0, quarantined=0, incomplete=0, conflicts=0, open=0)
    with closing(ReadOnlyFile(path)) as file:
        check_readable(path, file)
        return JournalReader(file).counts()


def read_problems(path: str, limit: int) -> list[Problem]:
    """Return what needs a person's attention; nothing if there is no journal yet. Raise JournalError as above."""
    if not os.path.exists(path):
        return []
    with closing(ReadOnlyFile(path)) as file:
        check_readable(path, file)
        return JournalReader(file).problems(limit)


def read_left(path: str, fingerprint: str) -> set[str]:
    """Return the paths of images that are left alone until a person asks; `fingerprint` is that of the rules of now.

    Raise JournalError as `read_counts` does.
    """
    if not os.path.exists(path):
        return set()
    with closing(ReadOnlyFile(path)) as file:
        check_readable(path, file)
        left = LeftImages(file)
        return {*left.existing(), *left.offered(), *left.outdated(fingerprint)}
