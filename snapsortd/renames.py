"""A rename that never replaces, and a sync that is believed only when the system confirms it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from snapsortd.domain.errors import DurabilityError

_NO_REPLACE = 4 if sys.platform == "darwin" else 1
"""RENAME_EXCL of renameatx_np(2) on macOS, RENAME_NOREPLACE of renameat2(2) on Linux."""

_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""The kernel or the file system has no such rename; link + unlink then."""

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY})
"""This kind of file has no sync at all (folders on some network file systems): nothing failed."""

_Rename = Callable[[int, bytes, int, bytes, int], int]


def _find_rename() -> _Rename | None:
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: _Rename = function
    return found


_rename = _find_rename()

_SYNC_FILE_RANGE_WRITE = 2
"""Of sync_file_range(2): begin to write what is not being written yet, and wait for nothing."""


def _find_begin_sync() -> Callable[[int, int, int, int], int] | None:
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is None:
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: Callable[[int, int, int, int], int] = function
    return found


_begin_sync = _find_begin_sync()


def rename_noreplace(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename between two open folders; FileExistsError if the name is taken, OSError as the system says.

    When it raises, the source is where it was, or the system does not know (EIO): look before you conclude.
    """
    if _rename is not None:
        if _rename(source_folder, os.fsencode(source), target_folder, os.fsencode(target), _NO_REPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in _UNSUPPORTED:
            raise OSError(number, os.strerror(number), source, None, target)
    _link_and_unlink(source_folder, source, target_folder, target)


def _link_and_unlink(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """The same in steps, each of which leaves the file under at least one name, on the disk too."""
    os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)
    try:
        sync_folder(target_folder)
        if _inode(source_folder, source) == _inode(target_folder, target):
            os.unlink(source, dir_fd=source_folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(target, dir_fd=target_folder)
        sync_folder(target_folder)  # or the second name would be back after a power cut
        raise


def _inode(folder: int, name: str) -> tuple[int, int]:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return found.st_dev, found.st_ino


def begin_sync(fd: int) -> None:
    """Have the system begin to write a file's content, so that `sync` waits less. Promises nothing, raises nothing.

    An error on the way is still for `sync` to find: this looks at none, and so leaves it noted. Only Linux has it.
    """
    if _begin_sync is not None:
        _begin_sync(fd, 0, 0, _SYNC_FILE_RANGE_WRITE)


def sync(fd: int) -> None:
    """Bring a file's content to the disk. DurabilityError if unconfirmed: a second try proves nothing."""
    try:
        _sync(fd)
    except OSError as error:
        raise DurabilityError(
            f"the disk did not confirm a write: {os.strerror(error.errno or errno.EIO)}",
            "check the disk, then restart the computer; nothing was deleted",
            device=os.fstat(fd).st_dev,
        ) from error


def sync_folder(fd: int) -> None:
    """Bring a folder's names to the disk, where its file system can do that at all."""
    try:
        sync(fd)
    except DurabilityError as error:
        if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in _CANNOT_SYNC:
            raise


def _sync(fd: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # fsync alone stops at the drive's cache there
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise
        else:
            return
    os.fsync(fd)
