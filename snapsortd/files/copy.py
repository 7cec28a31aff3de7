"""Verified file copy; fails rather than producing one with other content."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.metadata import NO_METADATA, Metadata
from snapsortd.domain.text import listed
from snapsortd.files.folders import PathInFolder, close, to_stat
from snapsortd.files.metadata import copy_metadata
from snapsortd.files.progress import report
from snapsortd.files.sync import sync, sync_folder
from snapsortd.files.write_out import WINDOW, write_behind

_CHUNK = 1 << 20


def hash_fd(fd: int, doing: str = "reading") -> bytes:
    """Return the SHA-256 of a file's content. The descriptor's offset does not change: others may be reading too.

    Its progress is reported as `doing`; raise Interrupted if it is to end.
    """
    digest = hashlib.sha256()
    offset, size = 0, os.fstat(fd).st_size
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
        report(doing, offset, size)
    return digest.digest()


def hash_file(place: PathInFolder) -> bytes | None:
    """Return the SHA-256 of the regular file with this name, or None if there is none or it can't be read."""
    try:
        fd = place.open()
        try:
            return hash_fd(fd)
        finally:
            close(fd)
    except OSError:
        return None


def copy_file(
    fd: int, to: PathInFolder, sha256: bytes, *, keep_all: bool, restored: Metadata = NO_METADATA
) -> tuple[FileIdentity, Metadata]:
    """Create `to` as an exact copy of `fd`, sync it to the disk, and read it back; return its identity, and the
    metadata that its file system did not keep.

    The metadata is that of `fd`, with `restored` in place of what it says there. Raise FileChanged if the content is no
    longer `sha256`. Raise MoveRefused if the copy differs when it is read back, or if, with `keep_all`, metadata was
    lost. Whatever is raised, no file is left at `to`.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    copy = os.open(to.name, flags, 0o600, dir_fd=to.folder.fd)
    try:
        return _fill(copy, fd, sha256, restored, keep_all=keep_all)
    except BaseException:
        with suppress(OSError):
            to.remove()
        sync_folder(to.folder.fd)  # recovery does not look for it once the entry is closed
        raise


def _fill(copy: int, fd: int, sha256: bytes, restored: Metadata, *, keep_all: bool) -> tuple[FileIdentity, Metadata]:
    """Fill the new file and close it, which on some file systems is what reports that it could not be written."""
    try:
        if _copy_content(fd, copy) != sha256:
            raise FileChanged("the file changed while it was copied")
        lost = copy_metadata(fd, copy, restored)
        if keep_all and lost.words:
            raise MoveRefused(
                f"the file's {listed(lost.words)} cannot be preserved on the other file system, so the file stays",
                "choose a destination on a file system that preserves them; or set metadata: note, which records them "
                "in the journal, for undo to restore",
            )
        sync(copy)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(copy, 0, 0, os.POSIX_FADV_DONTNEED)  # read it back from the disk, not from the cache
        if hash_fd(copy, "checking the copy of") != sha256:
            raise MoveRefused("the copy differs from the original when it is read back", "check the disk")
        made = to_stat(os.fstat(copy)).identity
    except BaseException:
        with suppress(OSError):
            os.close(copy)
        raise
    os.close(copy)  # some network file systems report a failed write only here
    return made, lost


def _copy_content(fd: int, copy: int) -> bytes:
    """Copy all bytes, preserving holes; return the SHA-256 of what was read."""
    digest = hashlib.sha256()
    offset, size = 0, os.fstat(fd).st_size
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        if any(chunk):
            write_all(copy, chunk, offset)
            if size > WINDOW:
                write_behind(copy, offset, len(chunk))
        offset += len(chunk)
        report("copying", offset, size)
    os.ftruncate(copy, offset)
    return digest.digest()


def write_all(fd: int, chunk: bytes, offset: int) -> None:
    """Write the whole chunk at `offset`, in as many calls as the system needs."""
    written = 0
    while written < len(chunk):
        written += os.pwrite(fd, memoryview(chunk)[written:], offset + written)
