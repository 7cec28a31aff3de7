"""Sync files and folders to the disk: fsync, its errors, and an early start of writing."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import stat
import sys
from collections.abc import Callable
from functools import cache

from snapsortd.domain.errors import DurabilityError

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY})
"""Errors where there is no sync (for folders on some network file systems, for files of some drivers): none failed."""

_SYNC_FILE_RANGE_WRITE = 2
"""A flag of sync_file_range(2): start writing dirty pages that are not being written yet, and do not wait."""


def _find_begin_sync() -> Callable[[int, int, int, int], int] | None:
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is None:
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: Callable[[int, int, int, int], int] = function
    return found


_begin_sync = _find_begin_sync()


def begin_sync(fd: int) -> None:
    """Have the system start writing a file's content, so that `sync` waits less. Guarantees nothing, raises nothing.

    A write error is still reported by `sync`, because this call does not fetch and clear it. Only Linux has it.
    """
    if _begin_sync is not None:
        _begin_sync(fd, 0, 0, _SYNC_FILE_RANGE_WRITE)


def sync(fd: int) -> None:
    """Sync a file's content or a folder's names to the disk. Raise DurabilityError if it is not confirmed: a second try
    proves nothing.

    A file system that has no sync has not failed to write; that it can't confirm anything is logged once.
    """
    try:
        _sync(fd)
    except OSError as error:
        found = os.fstat(fd)
        if error.errno in _CANNOT_SYNC:
            if stat.S_ISREG(found.st_mode):
                _warn(found.st_dev)
            return
        raise DurabilityError(
            f"the disk did not confirm a write: {os.strerror(error.errno or errno.EIO)}",
            "check the disk, then restart the computer; nothing was deleted",
            device=found.st_dev,
        ) from error


@cache
def _warn(device: int) -> None:
    """Log it once for each device."""
    major, minor = os.major(device), os.minor(device)
    logging.getLogger(__name__).warning(
        "The file system of device %d:%d confirms no writes: after a power cut, files there may be incomplete",
        major,
        minor,
    )


def sync_folder(fd: int) -> None:
    """Sync a folder's names to the disk, if its file system supports that at all. Raise DurabilityError as `sync`."""
    sync(fd)


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
