"""Take a name from a file, and never from another one that has it by then.

unlink(2) removes whatever has the name, and a program may save its file between any check and that call. The name is
therefore first taken away, by a rename into a private folder; nobody can reach the file by its name any more, and so
its content can be asked. What is not the intended file gets its name back.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial

from snapsortd.domain.errors import DurabilityError, LeftAside
from snapsortd.files.capabilities import capabilities
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import Folder, PathInFolder, close
from snapsortd.files.mounts import filesystem_of
from snapsortd.files.private import NEW, OLD, REMOVED, leave_private, open_private, private_folder
from snapsortd.files.rename import (
    NO_SUCH_LINK,
    NO_SUCH_RENAME,
    Unfinished,
    names_like,
    rename_by_link,
    rename_if_free,
    rename_noreplace,
    rename_over_placeholder,
)
from snapsortd.files.sync import sync_folder

IsMeant = Callable[[PathInFolder], bool]

LEASED_BY_SERVER = ("nfs", "cifs", "smb")
"""File systems, by the start of their type, on which the server grants leases."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMLINK})
"""Errors of mkdir(2) where a file can still be renamed: a full disk must be possible to empty."""


def remove_exactly(place: PathInFolder, own: str, is_meant: IsMeant, ending: str = OLD) -> bool:
    """Remove the file at `place`. Return True also if there is none.

    `own` is the temporary name of the entry; with `ending`, it is the name of the private folder.

    Return False if `is_meant`, which is asked about the file in its private folder, finds that it is another one; it
    was put back. Raise OSError if the file could not be removed and was put back, LeftAside if its name was taken by
    then, DurabilityError if it could not even be put back.
    """
    if place.look() is None:
        return True
    with ExitStack() as held:
        aside = _make_aside(place, own + ending, held)
        try:
            _take(place, aside)
        except FileNotFoundError:
            return True
        try:
            if meant := is_meant(aside):
                aside.remove()
        except BaseException:
            _give_back(aside, place, own)
            raise
        if not meant:
            put_back(aside, place, own)
        return meant


def rename_exactly(place: PathInFolder, target: PathInFolder, own: str, is_meant: IsMeant) -> bool:
    """Rename the file at `place` in one system call that never replaces or, without one, through a private folder.

    Return False if `is_meant` finds that it is another file; it was put back. Raise FileNotFoundError if it is gone,
    FileExistsError if the name is taken, OSError as the system reports it; the file was put back.
    """
    try:
        rename_noreplace(place, target)
    except OSError as error:
        if error.errno not in NO_SUCH_RENAME:
            raise
    else:
        return True
    with ExitStack() as held:
        aside = _make_aside(place, own + OLD, held)
        _take(place, aside)
        try:
            if meant := is_meant(aside):
                publish(aside, target, own)
        except BaseException:
            _give_back(aside, place, own)
            raise
        if not meant:
            put_back(aside, place, own)
        return meant


def _make_aside(place: PathInFolder, name: str, held: ExitStack) -> PathInFolder:
    """Return the name in a private folder that the file is to get; on a full disk, a name of ours beside it."""
    folder = place.folder
    held.callback(leave_private, folder, name)
    try:
        inner = held.enter_context(private_folder(folder, name))
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        return PathInFolder(folder, name)
    sync_folder(folder.fd)  # what is renamed into a folder whose name is lost is lost with it
    return PathInFolder(inner, place.name)


def _take(place: PathInFolder, aside: PathInFolder) -> None:
    if aside.look() is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), aside.path)
    os.rename(place.name, aside.name, src_dir_fd=place.folder.fd, dst_dir_fd=aside.folder.fd)


def publish(source: PathInFolder, target: PathInFolder, own: str) -> None:
    """Rename a file that nobody else can reach, in a private folder or a temporary of ours, by the first possible rung.

    Raise FileExistsError if the name is taken, OSError as the system reports it.
    """
    try:
        rename_noreplace(source, target)
    except OSError as error:
        if error.errno not in NO_SUCH_RENAME:
            raise
        able = capabilities(target.folder)
        if able.hard_links and _publish_by_link(source, target, own):
            return
        if able.placeholders:
            _publish_over_placeholder(source, target, own)
        else:
            rename_if_free(source, target)
            sync_folder(target.folder.fd)


def _publish_by_link(source: PathInFolder, target: PathInFolder, own: str) -> bool:
    try:
        rename_by_link(source, target)
    except Unfinished as error:
        remove_exactly(target, own, lambda place: is_same_file(place, source), NEW)
        sync_folder(target.folder.fd)
        raise OSError(error.errno, error.strerror) from error
    except OSError as error:
        if error.errno not in NO_SUCH_LINK:
            raise
        return False
    return True


def _publish_over_placeholder(source: PathInFolder, target: PathInFolder, own: str) -> None:
    marker = own + NEW  # recovery knows by it that an empty file with the new name is ours
    with private_folder(target.folder, marker):
        try:
            sync_folder(target.folder.fd)
            rename_over_placeholder(source, target)
            sync_folder(target.folder.fd)
        except Unfinished as error:
            _remove_placeholder(target, own)
            raise OSError(error.errno, error.strerror) from error
        finally:
            leave_private(target.folder, marker)


def is_same_file(place: PathInFolder, other: PathInFolder) -> bool:
    """True if both names are links to one file, so that no content is lost with one of them."""
    one, two = place.look(), other.look()
    return one is not None and two is not None and one.nlink > 1 and one.identity.is_same_file(two.identity)


def has_content(place: PathInFolder, sha256: bytes) -> bool:
    """True for a regular file with this content that no program has open for writing."""
    try:
        fd = place.open()
    except OSError:
        return False
    try:
        return not is_being_written(fd) and hash_fd(fd) == sha256
    finally:
        close(fd)


def is_empty(place: PathInFolder) -> bool:
    """True for a regular file without content."""
    found = place.look()
    return found is not None and found.is_regular and found.identity.size == 0


def _give_back(aside: PathInFolder, place: PathInFolder, own: str) -> None:
    """Rename a file that may be the intended one back to its name; raise LeftAside if another file has it by now."""
    if not return_name(aside, place, own):
        raise LeftAside(
            f"another file has the name {place.path}, so the file waits in {aside.path}",
            "rename the other one, then restart snapsortd",
        )


def put_back(aside: PathInFolder, place: PathInFolder, own: str) -> None:
    """Rename a file that is not ours back to its name, or to the next free name like it."""
    if return_name(aside, place, own):
        return
    for name in names_like(place.name):
        if return_name(aside, PathInFolder(place.folder, name), own):
            return


def return_name(aside: PathInFolder, place: PathInFolder, own: str) -> bool:
    """Rename a file back to its name. Return False if another file has it by now, DurabilityError if that fails."""
    try:
        if aside.look() is None:
            return True
        if is_same_file(aside, place):  # a rename by link, without its unlink
            sync_folder(place.folder.fd)
            aside.remove()
        else:
            publish(aside, place, own)
    except FileExistsError:
        return False
    except OSError as error:
        raise DurabilityError(
            f"{place.path} was renamed to {aside.path} and could not be renamed back: {error.strerror}",
            "check the disk, then restart the computer",
        ) from error
    for folder in (place.folder, aside.folder):  # recovery does not look aside once the entry is closed
        sync_folder(folder.fd)
    return True


def drop_placeholder(place: PathInFolder, own: str) -> None:
    """Remove the placeholder that an interrupted rename left at `place`, or aside, if there is one."""
    with suppress(FileNotFoundError, NotADirectoryError):
        with open_private(place.folder, own + NEW) as inner:
            aside = PathInFolder(inner, place.name)
            if is_empty(aside):
                aside.remove()
        if is_empty(place):
            _remove_placeholder(place, own)


def _remove_placeholder(place: PathInFolder, own: str) -> None:
    remove_exactly(place, own, partial(_is_marked, place.folder), NEW)


def _is_marked(folder: Folder, placeholder: PathInFolder) -> bool:
    sync_folder(folder.fd)  # without its marker, the placeholder would look like a file of another program
    return is_empty(placeholder)


def each_aside(place: PathInFolder, own: str) -> Iterator[PathInFolder]:
    """Yield the files in the private folders that an interruption left beside `place`, and remove these folders.

    The caller removes each file or renames it. Raise OSError as the system reports it.
    """
    for name in (own + OLD, own + NEW):
        try:
            with open_private(place.folder, name) as inner:
                yield from (PathInFolder(inner, each) for each in inner.names() if not each.startswith(REMOVED))
        except FileNotFoundError:
            continue
        except NotADirectoryError:  # a full disk had no room for a folder
            yield PathInFolder(place.folder, name)
        # Before the folder goes, what was renamed out of it must have its name, and a placeholder must have lost it.
        sync_folder(place.folder.fd)
        leave_private(place.folder, name)


def is_being_written(fd: int) -> bool:
    """True if any program has the file open for writing; False if that can't be determined. `fd` is read-only.

    A read lease (fcntl(2), Linux) is granted only for a file that nobody has open for writing. If somebody opens it
    before the lease is released, the kernel sends a signal: SIGURG, which is ignored by default. NFS and SMB refuse a
    lease whenever the server has not granted one, which says nothing about writers.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN and not filesystem_of(fd).startswith(LEASED_BY_SERVER)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
