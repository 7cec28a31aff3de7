"""Check that a journal's file is intact and ours, without changing it: a refused file stays as it is."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from snapsortd.domain.errors import JournalBlocked, JournalError
from snapsortd.journal.migrations import APPLICATION_ID, FIRST_FORMAT, FORMAT

RESTORE = "nothing was moved; restore it from a backup, or move it away to start a new one"

_LOG_HEADER = struct.Struct(">16xI4x8x")
"""The log's number, incremented each time that the log is restarted (sqlite.org/fileformat2.html#walformat: salt-1)."""
_FRAME_HEADER = struct.Struct(">4xII4x8x")
"""The pages of the journal after a commit, 0 inside a transaction; and the number of the log that the frame is in."""
_WHOLE_FRAMES = struct.Struct("=16xI")
"""The number of valid frames according to the file `-shm`, in the machine's own byte order
(sqlite.org/walformat.html#the_wal_index_file_format: mxFrame)."""


def marker(path: str) -> str:
    """Return the path of the file that shows that there was a journal."""
    return path + ".exists"


def check(path: str, timeout: float, *, whole: bool = True) -> None:
    """Raise JournalError with the reason, or sqlite3.Error, for a journal that can't be relied on.

    Only the file `-shm`, which contains no data of its own, may be created or changed. Without `whole`, the check of
    every page is left to `BackgroundCheck`.
    """
    if not _size(path) and (os.path.exists(marker(path)) or _size(path + "-wal")):  # SQLite would delete the log
        raise JournalError(f"the journal {path} is empty, and there was one before", RESTORE)
    with closing(sqlite3.connect(_address(path), uri=True, timeout=timeout)) as look:
        if whole:
            check_pages(path, look)
        page = look.execute("PRAGMA page_size").fetchone()[0]
        if _lost_commits(path, page) > 1:
            raise JournalError(f"the journal {path} is damaged: its last writes can't be read ({path}-wal)", RESTORE)
        tables = look.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and look.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise JournalError(f"{path} is a database, but not a journal of snapsortd", RESTORE)
        if not tables and os.path.exists(marker(path)):
            raise JournalError(f"the journal {path} is empty, and there was one before", RESTORE)
        check_format(path, look)


def check_format(path: str, look: sqlite3.Connection) -> None:
    """Raise JournalError if the file has a format that this version does not read; sqlite3.Error."""
    version = look.execute("PRAGMA user_version").fetchone()[0]
    if 0 < version < FIRST_FORMAT:
        raise JournalError(
            f"the journal {path} was written by a development version of snapsortd (format {version})",
            f"nothing was moved; to start a new one, move all files whose paths begin with {path} to another folder",
        )
    if version > FORMAT:
        raise JournalError(
            f"the journal {path} was written by a newer version of snapsortd (format {version})",
            "install that version again; nothing was moved",
        )


def check_pages(path: str, look: sqlite3.Connection) -> None:
    """Check every page of the file, which takes seconds for 100,000 entries. Raise JournalError, sqlite3.Error."""
    if (found := look.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise JournalError(f"the journal {path} is damaged: {found}", RESTORE)


def format_of(path: str, timeout: float) -> int:
    """Return the format of the file (`user_version`). Raise sqlite3.Error."""
    with closing(sqlite3.connect(_address(path), uri=True, timeout=timeout)) as look:
        version: int = look.execute("PRAGMA user_version").fetchone()[0]
    return version


def _address(path: str) -> str:
    """Return a read-only URI (sqlite.org/uri.html), or a writable one if a rollback journal must be applied first."""
    how = "mode=rw" if _size(path + "-journal") else "mode=ro" if _size(path + "-wal") else "mode=ro&immutable=1"
    return f"file:{quote_from_bytes(os.fsencode(path))}?{how}"


def _lost_commits(path: str, page: int) -> int:
    """Return the number of transactions in the log after the point from which SQLite can't read it.

    One is normal: it was being written when the power was cut. A second one was durable once, and is damaged.
    """
    try:
        with open(path + "-shm", "rb") as index, open(path + "-wal", "rb") as log:
            (whole,) = _WHOLE_FRAMES.unpack(index.read(_WHOLE_FRAMES.size))
            (number,) = _LOG_HEADER.unpack(log.read(_LOG_HEADER.size))
            frames = list(_frames(log, page))[whole:]
    except (FileNotFoundError, struct.error):  # closed cleanly, or never written to
        return 0
    commits = [written for pages, written in frames if pages]
    if not whole and frames and frames[0][1] not in (number, (number - 1) % 2**32):
        return len(commits)  # the log's own header is damaged, so everything in it is lost
    return commits.count(number)  # the others are left over from before the log was restarted


def _frames(log: BinaryIO, page: int) -> Iterator[tuple[int, int]]:
    """Yield the content of each frame's header."""
    while len(header := log.read(_FRAME_HEADER.size)) == _FRAME_HEADER.size:
        yield _FRAME_HEADER.unpack(header)
        log.seek(page, os.SEEK_CUR)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


@contextmanager
def journal_errors(path: str) -> Iterator[None]:
    """Convert SQLite's errors into a JournalError that a person can act on."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise JournalError(f"the journal {path} is damaged: {error}", RESTORE) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_BUSY:
            raise JournalBlocked(f"the journal {path} is locked by another program") from error
        if code == sqlite3.SQLITE_FULL:
            raise JournalBlocked(f"the disk with the journal {path} is full", "free some space") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise JournalError(f"the journal {path} is damaged: {error}", RESTORE) from error
        raise JournalError(f"the journal {path} cannot be used: {error}") from error
