"""Verified file copy with metadata; fails rather than producing an inexact copy."""

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
"""FAT stores times to 2 s; a difference up to that is accepted as the same time."""

_NOT_OURS = ("security.", "trusted.", "system.nfs4")
"""Extended attributes that the system sets by itself or that we may not read or set."""

_COPYFILE_METADATA = 1 | 2 | 4
"""COPYFILE_ACL | COPYFILE_STAT | COPYFILE_XATTR of copyfile(3), macOS."""


def hash_fd(fd: int) -> bytes:
    """Return the SHA-256 of a file's content. The descriptor's offset does not change: others may be reading too."""
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.digest()


def hash_file(place: PathInFolder) -> bytes | None:
    """Return the SHA-256 of the regular file with this name, or None if there is none or it can't be read."""
    try:
        fd = place.open()
        try:
            return hash_fd(fd)
        finally:
            os.close(fd)
    except OSError:
        return None


def copy_file(fd: int, to: PathInFolder, sha256: bytes, *, keep_all: bool) -> FileIdentity:
    """Create `to` as an exact copy of `fd`, sync it to the disk, read it back and return its identity.

    Raise FileChanged if the content is no longer `sha256`. Raise MoveRefused if the copy differs when it is read back,
    or, with `keep_all`, if mode, owner, times or attributes cannot be preserved; without it they may be lost, because
    the original stays. Whatever is raised, no file is left at `to`.
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
            os.posix_fadvise(copy, 0, 0, os.POSIX_FADV_DONTNEED)  # read it back from the disk, not from the cache
        if hash_fd(copy) != sha256:
            raise MoveRefused("the copy differs from the original when it is read back", "check the disk")
        return to_stat(os.fstat(copy)).identity
    except BaseException:
        with suppress(OSError):
            to.remove()
        sync_folder(to.folder.fd)  # recovery does not look for it once the entry is closed
        raise
    finally:
        os.close(copy)


def _copy_content(fd: int, copy: int) -> bytes:
    """Copy all bytes, preserving holes; return the SHA-256 of what was read."""
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
    """Write the whole chunk at `offset`, in as many calls as the system needs."""
    written = 0
    while written < len(chunk):
        written += os.pwrite(fd, memoryview(chunk)[written:], offset + written)


def _copy_metadata(fd: int, copy: int) -> None:
    """Copy everything but the content. Raise MoveRefused naming what the other file system does not support."""
    wanted = os.fstat(fd)
    made = os.fstat(copy)
    if (made.st_uid, made.st_gid) != (wanted.st_uid, wanted.st_gid):
        with _keeping("owner and group"):
            os.fchown(copy, wanted.st_uid, wanted.st_gid)
    with _keeping("extended attributes"):  # before the mode: those of a read-only file can't be set
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
        if error.errno == errno.ENOTSUP:  # the original can't have any
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
        f"the file's {what} cannot be preserved on the other file system, so the file stays",
        "use a copy action, or a destination on a file system that supports them",
    )
