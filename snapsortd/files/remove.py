"""Removing a file, and never another one that came to have its name.

unlink(2) removes whatever has the name by then. So the name is taken by a rename first; what that turns out to be
is removed only if it is the file that was meant, and gets a name again otherwise.
"""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from snapsortd.domain.errors import DurabilityError
from snapsortd.domain.names import NameSeries, split_name
from snapsortd.files.folders import PathInFolder
from snapsortd.files.rename import rename_noreplace
from snapsortd.files.sync import sync_folder

_NO_SUCH_RENAME = frozenset({errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What link(2) and renameat2(2) answer on file systems that have neither links nor such a rename."""


def remove_exactly(place: PathInFolder, aside: str, is_meant: Callable[[PathInFolder], bool]) -> bool:
    """Remove the file at `place` by way of the name `aside` in its folder; True also if nothing is there.

    False: `is_meant` says of the file, at its place aside, that it is another one; it was put back.
    OSError: it could not be removed, and was put back. DurabilityError: it could not even be put back.
    """
    taken = PathInFolder(place.folder, aside)
    try:
        rename_noreplace(place.folder.fd, place.name, place.folder.fd, aside)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in _NO_SUCH_RENAME:
            raise
        return _remove_looked_at(place, is_meant)
    try:
        if is_meant(taken):
            taken.remove()
            return True
    except BaseException:
        put_back(taken, place)
        raise
    put_back(taken, place)
    return False


def _remove_looked_at(place: PathInFolder, is_meant: Callable[[PathInFolder], bool]) -> bool:
    """Where no rename spares what has the name, and no link can be made: the look is all the protection there is."""
    if place.look() is not None:
        if not is_meant(place):
            return False
        place.remove()
    return True


def put_back(aside: PathInFolder, place: PathInFolder) -> None:
    """Give a file that was taken aside its name again, or the next free one like it; no more than that is done."""
    stem, suffix = split_name(place.name)
    series = NameSeries((stem,), suffix and f".{suffix}")
    try:
        found = aside.look()
        for number in count(1):
            if found is None:
                return
            name = place.name if number == 1 else series.nth(number)
            there = PathInFolder(place.folder, name).look()
            if there is not None and there.identity.ino == found.identity.ino:  # a link, stopped before its unlink
                aside.remove()
                return
            with suppress(FileExistsError):
                rename_noreplace(aside.folder.fd, aside.name, place.folder.fd, name)
                sync_folder(place.folder.fd)  # nobody looks for it aside once the entry is closed
                return
    except OSError as error:
        raise DurabilityError(
            f"{place.path} could not be given its name back and lies beside it as {aside.name}: {error.strerror}",
            "check the disk, then restart the computer",
        ) from error


def is_being_written(fd: int) -> bool:
    """True if any program has the file, open here read-only, open for writing; False where that can't be known.

    A read lease (fcntl(2), Linux) is given only for a file that nobody has open for writing. If somebody opens it in
    the moment until the lease is given back, the kernel signals that: SIGURG, which is ignored by default.
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
