"""Write a large file out to the disk piece by piece, so that its fsync is short and can't be waited for long.

An fsync of gigabytes on a slow disk takes minutes, in which nothing can end it, and no progress is seen.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable

from snapsortd.domain.errors import DurabilityError
from snapsortd.files.progress import report

WINDOW = 2 << 20
"""Bytes that may be on their way to the disk: enough to keep it busy, little enough for one that writes 1 MB/s."""

_START = 2
_COMPLETE = 1 | 2 | 4
"""Flags of sync_file_range(2): start to write, and don't wait; or wait until all is written."""

_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ESPIPE})


def _find() -> Callable[[int, int, int, int], int] | None:
    function = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
    if function is None:  # only Linux has it
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: Callable[[int, int, int, int], int] = function
    return found


_sync_file_range = _find()


def write_behind(fd: int, start: int, length: int) -> None:
    """Start to write out the piece that was just written at `start`, and wait for what is WINDOW bytes before it.

    Raise DurabilityError if the disk reports an error, because a later fsync might not report it again.
    """
    _call(fd, start, length, _START)
    if start >= WINDOW:
        _call(fd, start - WINDOW, length, _COMPLETE)


def write_out(fd: int) -> None:
    """Write out a file that another program has just written. Raise as `write_behind` does; a small one waits."""
    size = os.fstat(fd).st_size
    for start in range(0, size if size > WINDOW else 0, WINDOW):
        _call(fd, start, WINDOW, _COMPLETE)
        report("syncing", start, size)


def _call(fd: int, start: int, length: int, flags: int) -> None:
    if _sync_file_range is None or _sync_file_range(fd, start, length, flags) == 0:
        return
    number = ctypes.get_errno()
    if number not in _CANNOT:
        raise DurabilityError(
            f"the disk did not confirm a write: {os.strerror(number)}",
            "check the disk, then restart the computer; nothing was deleted",
            device=os.fstat(fd).st_dev,
        )
