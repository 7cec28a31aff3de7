"""A rename that never replaces an existing file."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from snapsortd.files.sync import sync_folder

_NO_REPLACE = 4 if sys.platform == "darwin" else 1
"""RENAME_EXCL of renameatx_np(2) on macOS, RENAME_NOREPLACE of renameat2(2) on Linux."""

UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of a kernel or file system without such a rename; then link + unlink is used."""

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


def rename_noreplace(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename between two open folders. Raise FileExistsError if the name is taken, OSError as the system reports it.

    When it raises, the source is where it was, or the system does not know (EIO): check before you conclude.
    """
    try:
        rename_at_once(source_folder, source, target_folder, target)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        _link_and_unlink(source_folder, source, target_folder, target)


def rename_at_once(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename in one system call. Raise FileExistsError if the name is taken, OSError as the system reports it, with a
    number in UNSUPPORTED if there is no such call."""
    if _rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), source, None, target)
    if _rename(source_folder, os.fsencode(source), target_folder, os.fsencode(target), _NO_REPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source, None, target)


def _link_and_unlink(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename in steps, each of which leaves the file under at least one name, also on the disk."""
    os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)
    try:
        sync_folder(target_folder)
        if _inode(source_folder, source) == _inode(target_folder, target):
            os.unlink(source, dir_fd=source_folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(target, dir_fd=target_folder)
        sync_folder(target_folder)  # else the second name could reappear after a power cut
        raise


def _inode(folder: int, name: str) -> tuple[int, int]:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return found.st_dev, found.st_ino
