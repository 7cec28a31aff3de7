"""Decide whether a file or a folder is the one from before. Nothing else decides it.

1. While a file is held open, its descriptor is the file, whatever becomes of its names.
2. Between two calls, it is unchanged if inode number, size, time of modification and time of change agree. No program
   can set the last one, so an edit that restores the others shows; unless the file system keeps no such time, and
   reports another one. A rename, a link and other permissions or attributes change it too: a difference there alone
   proves nothing.
3. Otherwise, and across time, names and mounts, the content decides: its size and SHA-256. Path and numbers only help
   to find a file, because many file systems number their files anew at every mount.
4. A folder is found by its path. It is another one if it certainly is on another disk: a mount point without its disk
   says nothing about the files on that disk.
"""

from __future__ import annotations

import os
import unicodedata
from contextlib import suppress

from snapsortd.domain.entry import End, Entry, Method
from snapsortd.domain.file import FileIdentity, FolderIdentity, Stat
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import Folder, PathInFolder, close, open_folder, open_place, to_stat
from snapsortd.files.metadata import could_be_same_time
from snapsortd.files.mounts import disk_of, is_certain
from snapsortd.files.probe import shows


def is_version(fd: int, before: FileIdentity, sha256: bytes) -> bool:
    """True if the open file is the version `before`, whose content is `sha256`. Raise OSError if it can't be read."""
    found = to_stat(os.fstat(fd)).identity
    return _is_untouched(found, before) or (found.size == before.size and hash_fd(fd) == sha256)


def has_version(place: PathInFolder, found: Stat | None, before: FileIdentity, sha256: bytes) -> bool:
    """True if `found`, what is at `place`, is the version `before`; it is read only if the numbers can't decide.

    Raise OSError if it must be read and can't be.
    """
    if found is None or not found.is_regular or found.identity.size != before.size:
        return False
    if _is_untouched(found.identity, before):
        return True
    fd = place.open()
    try:
        return is_version(fd, before, sha256)
    finally:
        close(fd)


def _is_untouched(found: FileIdentity, before: FileIdentity) -> bool:
    return before.shows_changes and found.is_unchanged_since(before)


def is_spelling_of(place: PathInFolder, other: PathInFolder) -> bool:
    """True if both names are one entry of one folder, on a file system that folds case or Unicode forms.

    The inode numbers need not agree: exFAT through FUSE gives one to each spelling that is used.
    """
    if place.folder.identity != other.folder.identity or folded(place.name) != folded(other.name):
        return False
    return place.name == other.name or place.name not in os.listdir(place.folder.fd)


def is_itself(place: PathInFolder, found: Stat, other: PathInFolder, known: FileIdentity) -> bool:
    """True if `found`, which is at `place`, is the file `known` at `other`: by another name of it, by another spelling,
    or by the same name through another mount (a pool and its branch, bindfs), where no number is the same."""
    if found.identity.is_same_file(known) or is_spelling_of(place, other):
        return True
    seems_so = (
        found.identity.dev != known.dev
        and found.identity.size == known.size
        and could_be_same_time(found.identity.mtime_ns, known.mtime_ns)
        and folded(place.name) == folded(other.name)
    )
    return seems_so and (shows(other.folder, place.folder) or shows(place.folder, other.folder))


def folded(name: str) -> str:
    """Return a text that is equal for names that some file system considers equal."""
    return unicodedata.normalize("NFKC", name).casefold()


def is_where_it_was_put(entry: Entry) -> bool:
    """True if what a finished entry left at its target still is there as it was.

    Raise OSError if it must be read and can't be.
    """
    done = entry.intent
    try:
        with open_place(done.target, done.target_root) as place:
            if done.method is Method.SYMLINK:
                return place.symlink_target() == done.source
            made = entry.target_identity
            return made is not None and has_version(place, place.look(), made, done.sha256)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_folder_of(end: End, folder: Folder) -> bool:
    """False if `folder`, which the path leads to now, certainly is on another disk than the folder of that time."""
    same = _is_on(folder, end.disk)
    return folder.identity.could_be(end.folder) if same is None else same


def is_on_disk(folder: Folder, dev: int, disk: str) -> bool:
    """True if `folder` is on the disk called `disk`, or, if names are unknown, on the one with this device number."""
    same = _is_on(folder, disk)
    return folder.identity.dev == dev if same is None else same


def folder_without(end: End) -> FolderIdentity | None:
    """Return the nearest existing folder above the end's missing one, if it certainly is on the same disk.

    Then that folder was deleted, with everything in it. None says nothing: the disk may not be mounted.
    """
    path = os.path.dirname(end.path)
    while is_certain(end.disk) and path != "/":
        path = os.path.dirname(path)
        with suppress(FileNotFoundError), open_folder(path) as folder:
            return folder.identity if disk_of(folder.fd) == end.disk else None
    return None


def is_without_disk(path: str, disk: str) -> bool:
    """True if the folder at `path` is missing or empty, and not on the disk called `disk`, which it was on before.

    Raise OSError if that can't be determined.
    """
    if not disk:
        return False
    with suppress(FileNotFoundError), os.scandir(path) as entries:
        if any(entries):
            return False
    with open_folder(existing_folder(path)) as folder:
        return disk_of(folder.fd) != disk


def existing_folder(path: str) -> str:
    """Return the nearest folder at or above `path` that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _is_on(folder: Folder, disk: str) -> bool | None:
    """True or False if the name of the disk decides that, else None."""
    now = disk_of(folder.fd) if disk else ""
    if now == disk != "":
        return True
    return False if is_certain(now) and is_certain(disk) else None
