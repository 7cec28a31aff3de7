"""Locate the trash: that of the home folder, or that of the disk that a file is on.

See freedesktop.org, "Trash specification" 1.0, "Trash directories"; on macOS it is the Finder's.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from snapsortd.actions.trashinfo import FILES, SUFFIX
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.names import MAX_NAME_BYTES, NameSeries, shorten, split_name
from snapsortd.files.folders import Folder, make_folder
from snapsortd.files.mounts import mount_points
from snapsortd.files.os_errors import in_words

PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Trash:
    """The trash folders; `home` is that of the home folder, empty if nothing may be trashed."""

    home: str = ""
    only_home: bool = False
    """True to use `home` for other disks too, by a copy, and to create nothing at their top."""

    @contextmanager
    def open(self, folder: Folder) -> Iterator[Folder]:
        """Open the trash folder for files in `folder`, creating it if it is missing; on the same disk if possible.

        Raise MoveRefused if there is none.
        """
        if not self.home:
            raise MoveRefused("there is no trash", "use a move action instead")
        with ExitStack() as held:
            top = None if self.only_home else _top_of_another_disk(folder, self.home)
            own = None if top is None else _top_trash(top, held)
            yield _home(self.home, held) if own is None else own


NO_TRASH = Trash()


def _home(home: str, held: ExitStack) -> Folder:
    try:
        return held.enter_context(make_folder(home, () if sys.platform == "darwin" else (FILES,), PRIVATE))
    except OSError as error:
        raise MoveRefused(f"the trash at {home} cannot be used: {in_words(error)}") from error


def _top_of_another_disk(folder: Folder, home: str) -> str | None:
    """Return the mount point above `folder`; None if `home` is on the same disk, or the folder's path is not known."""
    path, there = os.path.realpath(folder.path), os.path.realpath(home)
    while not os.path.exists(there):
        there = os.path.dirname(there)
    try:
        found, device = os.stat(path), os.stat(there).st_dev
        if (found.st_dev, found.st_ino) != (folder.identity.dev, folder.identity.ino) or found.st_dev == device:
            return None
        top = _top_of(path)
        return None if top == _top_of(there) else top
    except OSError:
        return None


def _top_of(path: str) -> str:
    """Return the mount point above `path` (resolved) where another disk begins. Raise OSError.

    A subvolume of btrfs has a device number of its own, but no trash program searches it unless it is mounted itself.
    """
    points = mount_points()
    while path != "/":
        above = os.path.dirname(path)
        if (path in points or not points) and os.stat(above).st_dev != os.stat(path).st_dev:
            break
        path = above
    return path


def _top_trash(top: str, held: ExitStack) -> Folder | None:
    """Open the trash at the top of a disk; return None if we can't have one of our own there."""
    if sys.platform == "darwin":
        return None
    user = str(os.getuid())
    shared = os.path.join(top, ".Trash")
    names = [(f".Trash-{user}",)] if not _may_share(shared) else [(".Trash", user), (f".Trash-{user}",)]
    for each in names:
        try:
            with make_folder(top, each, PRIVATE) as own:
                if not _is_ours(own):
                    continue
            return held.enter_context(make_folder(top, (*each, FILES), PRIVATE))
        except (OSError, MoveRefused):
            continue
    return None


def _may_share(path: str) -> bool:
    """True for a real folder with the sticky bit: otherwise another user could remove our files from it."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) and bool(mode & stat.S_ISVTX)


def _is_ours(folder: Folder) -> bool:
    """False for a folder that another user has created there to get at trashed files."""
    return os.fstat(folder.fd).st_uid == os.getuid()


ROOM = MAX_NAME_BYTES - len(SUFFIX) - len(" 100000")
"""The bytes that a name may have in the trash: those of its info file and of the last one of its series are longer."""


def names_in_trash(name: str) -> NameSeries:
    """Return the names that a file called `name` may get in the trash."""
    stem, suffix = split_name(name)
    suffix = suffix and f".{suffix}"
    return NameSeries((shorten(stem, ROOM - len(os.fsencode(suffix))),), suffix)
