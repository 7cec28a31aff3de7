"""A copy that is exact or is not made: content read back; times, mode, owner and attributes kept."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import PathInFolder, to_stat
from snapsortd.files.sync import sync, sync_folder

_CHUNK = 1 << 20
COARSEST_TIME_NS = 2_000_000_000
"""FAT keeps times to 2 s; a coarser time than the original's is no loss that anyone would notice."""

_NOT_OURS = ("security.", "trusted.", "system.nfs4")
"""Extended attributes that the system sets by itself or keeps from us."""

_COPYFILE_METADATA = 1 | 2 | 4
"""COPYFILE_ACL | COPYFILE_STAT | COPYFILE_XATTR of copyfile(3), macOS."""


def hash_fd(fd: int) -> bytes:
    """SHA-256 of a file's content. The descriptor's offset is left alone: others may be reading too."""
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.digest()


def hash_place(place: PathInFolder) -> bytes | None:
    """Return the SHA-256 of the regular file that has this name, or None if there is none or it can't be read."""
    try:
        fd = place.open()
        try:
            return hash_fd(fd)
        finally:
            os.close(fd)
    except OSError:
        return None


def copy_file(fd: int, to: PathInFolder, sha256: bytes, *, keep_all: bool) -> FileIdentity:
    """Make `to`, a new file, an exact copy of `fd`, on the disk and read back. Its identity is returned.

    With `keep_all`, what cannot be kept (mode, owner, times, attributes) is MoveRefused; else it is let go,
    because the original stays. FileChanged if the content is not `sha256` any more. Whatever is raised, no
    file is left at `to`.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    copy = os.open(to.name, flags, 0o600, dir_fd=to.folder.fd)
    try:
        if _copy_content(fd, copy) != sha256:
            raise FileChanged("the file changed while it was copied")
        try:
            _copy_metadata(fd, copy)
        except MoveRefused:
            if keep_all:
                raise
        sync(copy)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(copy, 0, 0, os.POSIX_FADV_DONTNEED)  # so that the disk is read, not the cache
        if hash_fd(copy) != sha256:
            raise MoveRefused("the copy did not read back as it was written", "check the disk")
        return to_stat(os.fstat(copy)).identity
    except BaseException:
        with suppress(OSError):
            to.remove()
        sync_folder(to.folder.fd)  # nobody looks for it once the entry is closed
        raise
    finally:
        os.close(copy)


def _copy_content(fd: int, copy: int) -> bytes:
    """Copy all bytes, holes staying holes; SHA-256 of what was read."""
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        if any(chunk):
            write_all(copy, chunk, offset)
        offset += len(chunk)
    os.ftruncate(copy, offset)
    return digest.digest()


def write_all(fd: int, chunk: bytes, offset: int) -> None:
    """Write all of it, however little the system takes at a time."""
    written = 0
    while written < len(chunk):
        written += os.pwrite(fd, memoryview(chunk)[written:], offset + written)


def _copy_metadata(fd: int, copy: int) -> None:
    """Everything but the content. MoveRefused says what the other file system does not take."""
    wanted = os.fstat(fd)
    made = os.fstat(copy)
    if (made.st_uid, made.st_gid) != (wanted.st_uid, wanted.st_gid):
        with _keeping("owner and group"):
            os.fchown(copy, wanted.st_uid, wanted.st_gid)
    with _keeping("extended attributes"):  # before the mode: a read-only file takes none
        _copy_attributes(fd, copy)
    with _keeping("permissions"):
        os.fchmod(copy, stat.S_IMODE(wanted.st_mode))
    with _keeping("times"):
        os.utime(copy, ns=(wanted.st_atime_ns, wanted.st_mtime_ns))
    made = os.fstat(copy)
    if stat.S_IMODE(made.st_mode) != stat.S_IMODE(wanted.st_mode):
        raise _not_kept("permissions")
    if abs(made.st_mtime_ns - wanted.st_mtime_ns) > COARSEST_TIME_NS:
        raise _not_kept("times")


def _copy_attributes(fd: int, copy: int) -> None:
    if sys.platform == "darwin":
        system = ctypes.CDLL(None, use_errno=True)
        if system.fcopyfile(fd, copy, None, _COPYFILE_METADATA) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return
    try:
        names = os.listxattr(fd)
    except OSError as error:
        if error.errno == errno.ENOTSUP:  # the original can have none
            return
        raise
    for name in names:
        if not name.startswith(_NOT_OURS):
            os.setxattr(copy, name, os.getxattr(fd, name))


@contextmanager
def _keeping(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        raise _not_kept(what) from error


def _not_kept(what: str) -> MoveRefused:
    return MoveRefused(
        f"the file's {what} cannot be kept on the other file system, so the file stays",
        "use a copy action, or a destination on a file system that keeps them",
    )
