"""Give a file its name, and never replace another file that has it.

There are three rungs. One system call renames without replacing, on every common local file system. Where there is no
such call, but true hard links: a link, which fails if the name is taken, and then the removal of the old name. Where
there is neither (exFAT, rclone, some network folders): a placeholder of our own is created, which fails if the name is
taken, and the file is renamed over it. On that last rung one promise is weaker: if another program renames a file of
its own to this very name between our last check of the placeholder and our rename, an instant later, its file is lost.
What it writes into the placeholder is kept. A few drivers (rclone) know a file by its name only, and may write the
placeholder late, over the file that has its name by then; there is none, and a file that another program creates with
this very name in that instant is lost too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

from snapsortd.domain.names import NameSeries, split_name
from snapsortd.files.copy import hash_fd, hash_file, write_all
from snapsortd.files.folders import PathInFolder, to_stat
from snapsortd.files.sync import sync, sync_folder

_NO_REPLACE = 4 if sys.platform == "darwin" else 1
"""RENAME_EXCL of renameatx_np(2) on macOS, RENAME_NOREPLACE of renameat2(2) on Linux."""

NO_SUCH_RENAME = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of a kernel or file system without such a rename."""

NO_SUCH_LINK = NO_SUCH_RENAME | {errno.EPERM, errno.EMLINK}
"""Errors of link(2) if the file system, or the kernel for this file, allows no further link."""


class Unfinished(OSError):
    """The file could not be renamed, and something of ours has the new name: a second link, or the placeholder."""


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


def rename_noreplace(source: PathInFolder, target: PathInFolder) -> None:
    """Rename in one system call, the first rung. Raise FileExistsError if the name is taken, OSError as the system
    reports it, with one of NO_SUCH_RENAME if there is no such call.

    When it raises, the source is where it was, or the system does not know (EIO): check before you conclude.
    """
    number = errno.ENOSYS
    if _rename is not None:
        start, end = os.fsencode(source.name), os.fsencode(target.name)
        if _rename(source.folder.fd, start, target.folder.fd, end, _NO_REPLACE) == 0:
            return
        number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), source.name, None, target.name)


def rename_by_link(source: PathInFolder, target: PathInFolder) -> None:
    """Rename by a link and the removal of the old name, which nobody else can reach: the second rung.

    The file has at least one name after each step, also on the disk. Raise as `rename_noreplace` does, and Unfinished
    if both names stay.
    """
    os.link(source.name, target.name, src_dir_fd=source.folder.fd, dst_dir_fd=target.folder.fd, follow_symlinks=False)
    try:
        sync_folder(target.folder.fd)
        source.remove()
    except OSError as error:
        raise Unfinished(error.errno, error.strerror, source.name, None, target.name) from error


def rename_over_placeholder(source: PathInFolder, target: PathInFolder) -> None:
    """Create an empty file of our own with the new name, and rename over it: the third rung.

    What another program has written into it by then is kept, under the next free name. Raise as `rename_noreplace`
    does, and Unfinished if the placeholder stays.
    """
    fd = _create(target)
    try:
        if not _is_placeholder(target, fd):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name)
        try:
            os.rename(source.name, target.name, src_dir_fd=source.folder.fd, dst_dir_fd=target.folder.fd)
        except OSError as error:
            raise Unfinished(error.errno, error.strerror, source.name, None, target.name) from error
        if os.fstat(fd).st_size and not _is_at(target, fd):
            _save(fd, target)
    finally:
        os.close(fd)


def rename_if_free(source: PathInFolder, target: PathInFolder) -> None:
    """Rename after a check, where not even a placeholder is possible. Raise as `rename_noreplace` does."""
    if target.look() is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name)
    os.rename(source.name, target.name, src_dir_fd=source.folder.fd, dst_dir_fd=target.folder.fd)


def _create(place: PathInFolder) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(place.name, flags, 0o600, dir_fd=place.folder.fd)


def _is_placeholder(place: PathInFolder, fd: int) -> bool:
    """True if nobody has written into the placeholder, or given its name to another file."""
    found, own = place.look(), to_stat(os.fstat(fd))
    return found is not None and found.identity.is_same_file(own.identity) and own.identity.size == 0


def _is_at(place: PathInFolder, fd: int) -> bool:
    """True if the name leads to what the descriptor does: some drivers know an open file by its name only."""
    return hash_file(place) == hash_fd(fd)


def _save(fd: int, place: PathInFolder) -> None:
    """Copy an open file that has no name any more to the next free name like that of `place`."""
    for name in names_like(place.name):
        with suppress(FileExistsError):
            copy = _create(PathInFolder(place.folder, name))
            try:
                offset = 0
                while chunk := os.pread(fd, 1 << 20, offset):
                    write_all(copy, chunk, offset)
                    offset += len(chunk)
                sync(copy)
            finally:
                os.close(copy)
            return


def names_like(name: str) -> Iterator[str]:
    """Yield the names to try for a file whose name is taken: `a 2.png`, `a 3.png` …"""
    stem, suffix = split_name(name)
    series = NameSeries((stem,), suffix and f".{suffix}")
    return (series.nth(number) for number in count(2))
