"""Remove a file, and never another one that has taken its name meanwhile.

unlink(2) removes whatever has the name by then. The file is therefore first renamed aside; it is removed only if it
is the intended file, and gets its name back otherwise.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

from snapsortd.domain.errors import DurabilityError
from snapsortd.domain.names import NameSeries, split_name
from snapsortd.files.folders import Folder, PathInFolder, open_below
from snapsortd.files.rename import rename_noreplace
from snapsortd.files.sync import sync_folder

_NO_SUCH_RENAME = frozenset({errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of link(2) and renameat2(2) on file systems that have neither links nor such a rename."""


_REMOVED = (".fuse_hidden", ".nfs")
"""Names that libfuse and NFS give to a removed file that is still open, until it is closed."""


def remove_exactly(place: PathInFolder, aside: str, is_meant: Callable[[PathInFolder], bool]) -> bool:
    """Remove the file at `place` by way of the name `aside` in its folder. Return True also if there is no file.

    Return False if `is_meant` finds that the file aside is another one; it was put back. Raise OSError if the file
    could not be removed and was put back, DurabilityError if it could not even be put back.
    """
    taken = PathInFolder(place.folder, aside)
    try:
        rename_noreplace(place.folder.fd, place.name, place.folder.fd, aside)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in _NO_SUCH_RENAME:
            raise
        return _check_and_remove(place, is_meant)
    try:
        if is_meant(taken):
            taken.remove()
            return True
    except BaseException:
        put_back(taken, place)
        raise
    put_back(taken, place)
    return False


def _check_and_remove(place: PathInFolder, is_meant: Callable[[PathInFolder], bool]) -> bool:
    """Remove a file on a file system with neither a non-replacing rename nor links: only the check protects others."""
    if place.look() is not None:
        if not is_meant(place):
            return False
        place.remove()
    return True


def put_back(aside: PathInFolder, place: PathInFolder) -> None:
    """Rename a file that was renamed aside back to its name, or to the next free name like it."""
    stem, suffix = split_name(place.name)
    series = NameSeries((stem,), suffix and f".{suffix}")
    try:
        found = aside.look()
        for number in count(1):
            if found is None:
                return
            name = place.name if number == 1 else series.nth(number)
            there = PathInFolder(place.folder, name).look()
            if there is not None and there.identity.ino == found.identity.ino:  # a rename by link, without its unlink
                aside.remove()
                return
            with suppress(FileExistsError):
                rename_noreplace(aside.folder.fd, aside.name, place.folder.fd, name)
                sync_folder(place.folder.fd)  # recovery does not look aside once the entry is closed
                return
    except OSError as error:
        raise DurabilityError(
            f"{place.path} was renamed to {aside.name} and could not be renamed back: {error.strerror}",
            "check the disk, then restart the computer",
        ) from error


@contextmanager
def private_folder(folder: Folder, name: str) -> Iterator[Folder]:
    """Create a folder that no other user can enter, or open it if it is ours already, and yield it.

    Raise PermissionError if it is another user's, OSError as the system reports it.
    """
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder.fd)
    with open_below(folder, name) as inner:
        found = os.fstat(inner.fd)
        if found.st_uid not in (os.geteuid(), os.fstat(folder.fd).st_uid):
            raise PermissionError(errno.EACCES, "it belongs to another user", inner.path)
        yield inner


def discard_private(folder: Folder, name: str) -> None:
    """Remove a private folder of ours and the files in it; a missing one is not an error. Raise OSError."""
    with suppress(FileNotFoundError):
        with open_below(folder, name) as inner:
            for each in inner.names():
                PathInFolder(inner, each).remove()
        remove_private(folder, name)


def remove_private(folder: Folder, name: str) -> None:
    """Remove a private folder of ours that is empty.

    Some drivers keep a removed file under another name for as long as anybody has it open; such a name is moved out.
    """
    try:
        os.rmdir(name, dir_fd=folder.fd)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        with open_below(folder, name) as inner:
            for each in inner.names():
                if each.startswith(_REMOVED):
                    with suppress(OSError):
                        os.rename(each, each, src_dir_fd=inner.fd, dst_dir_fd=folder.fd)
        os.rmdir(name, dir_fd=folder.fd)


def is_being_written(fd: int) -> bool:
    """True if any program has the file open for writing; False if that can't be determined. `fd` is read-only.

    A read lease (fcntl(2), Linux) is granted only for a file that nobody has open for writing. If somebody opens it
    before the lease is released, the kernel sends a signal: SIGURG, which is ignored by default.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
