"""Whether a journal's file is sound and ours, found out without changing it: one that is refused stays as it is."""

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

RESTORE = "nothing was moved; restore it from a backup, or move it away to begin a new one"

_LOG_HEADER = struct.Struct(">16xI4x8x")
"""The log's number, one more each time that it is begun anew (sqlite.org/fileformat2.html#walformat: salt-1)."""
_FRAME_HEADER = struct.Struct(">4xII4x8x")
"""Pages of the journal after a commit, 0 in the middle of one; and the number of the log that it was written to."""
_WHOLE_FRAMES = struct.Struct("=16xI")
"""In the file `-shm`, in the machine's own order (sqlite.org/walformat.html#the_wal_index_file_format: mxFrame)."""


def marker(path: str) -> str:
    """The file which shows that there was a journal."""
    return path + ".exists"


def check(path: str, timeout: float, *, whole: bool = True) -> None:
    """Raises JournalError with the reason, and sqlite3.Error, for a journal that can't be relied on.

    Only the file `-shm`, which holds nothing of its own, may be made or change. Not `whole`: that every page is
    sound, and in its place, is left to `LateCheck`.
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
        version = look.execute("PRAGMA user_version").fetchone()[0]
    if 0 < version < FIRST_FORMAT:
        raise JournalError(
            f"the journal {path} was written by a development version of snapsortd (format {version})",
            f"nothing was moved; to begin a new one, move all files that begin with {path} to another folder",
        )
    if version > FORMAT:
        raise JournalError(
            f"the journal {path} was written by a newer version of snapsortd (format {version})",
            "install that version again; nothing was moved",
        )


def check_pages(path: str, look: sqlite3.Connection) -> None:
    """Look through the whole file, seconds for 100,000 entries. Raises JournalError, sqlite3.Error."""
    if (found := look.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise JournalError(f"the journal {path} is damaged: {found}", RESTORE)


def format_of(path: str, timeout: float) -> int:
    """The number of migrations that the file has seen. Raises sqlite3.Error."""
    with closing(sqlite3.connect(_address(path), uri=True, timeout=timeout)) as look:
        version: int = look.execute("PRAGMA user_version").fetchone()[0]
    return version


def _address(path: str) -> str:
    """For reading only (sqlite.org/uri.html); but what was left half-done in the old way must be rolled back first."""
    how = "mode=rw" if _size(path + "-journal") else "mode=ro" if _size(path + "-wal") else "mode=ro&immutable=1"
    return f"file:{quote_from_bytes(os.fsencode(path))}?{how}"


def _lost_commits(path: str, page: int) -> int:
    """Transactions in the log behind the place from which on SQLite can't read it.

    There may be one: it was being written when the power went. One more was durable once, and is damaged.
    """
    try:
        with open(path + "-shm", "rb") as index, open(path + "-wal", "rb") as log:
            (whole,) = _WHOLE_FRAMES.unpack(index.read(_WHOLE_FRAMES.size))
            (number,) = _LOG_HEADER.unpack(log.read(_LOG_HEADER.size))
            frames = list(_frames(log, page))[whole:]
    except (FileNotFoundError, struct.error):  # closed in good order, or never written to
        return 0
    commits = [written for pages, written in frames if pages]
    if not whole and frames and frames[0][1] not in (number, (number - 1) % 2**32):
        return len(commits)  # the log's own header is damaged, and with it all is lost
    return commits.count(number)  # the others are left from before the log was begun anew


def _frames(log: BinaryIO, page: int) -> Iterator[tuple[int, int]]:
    """What the header of each frame says."""
    while len(header := log.read(_FRAME_HEADER.size)) == _FRAME_HEADER.size:
        yield _FRAME_HEADER.unpack(header)
        log.seek(page, os.SEEK_CUR)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


@contextmanager
def explained(path: str) -> Iterator[None]:
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
