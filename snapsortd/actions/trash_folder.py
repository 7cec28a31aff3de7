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
            at_home = self.only_home or _device(self.home) == folder.identity.dev
            top = None if at_home else _top_trash(folder, held)
            yield _home(self.home, held) if top is None else top


NO_TRASH = Trash()


def _home(home: str, held: ExitStack) -> Folder:
    try:
        return held.enter_context(make_folder(home, () if sys.platform == "darwin" else (FILES,), PRIVATE))
    except OSError as error:
        raise MoveRefused(f"the trash at {home} cannot be used: {in_words(error)}") from error


def _device(path: str) -> int | None:
    """Return the device of the file system that `path` is on, or will be; None if it is unknown."""
    while True:
        try:
            return os.stat(path).st_dev
        except FileNotFoundError:
            path = os.path.dirname(path)
        except OSError:
            return None


def _top_trash(folder: Folder, held: ExitStack) -> Folder | None:
    """Open the trash at the top of the disk; return None if we can't have one of our own there."""
    top = _top_of(folder)
    if sys.platform == "darwin" or top is None:
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


def _top_of(folder: Folder) -> str | None:
    """Return the topmost folder above `folder` on its disk, or None if the path of `folder` is no longer known."""
    path = os.path.realpath(folder.path)
    try:
        found = os.stat(path)
        if (found.st_dev, found.st_ino) != (folder.identity.dev, folder.identity.ino):
            return None
        while path != "/" and os.stat(os.path.dirname(path)).st_dev == found.st_dev:
            path = os.path.dirname(path)
    except OSError:
        return None
    return path


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
