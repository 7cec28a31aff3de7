"""Where the trash is: the home folder's, or that of the disk that a file lies on.

freedesktop.org, "Trash specification" 1.0, "Trash directories"; on macOS the Finder's.
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
    """`home`: the folder for what is thrown away from its disk; empty: nothing ever is."""

    home: str = ""
    only_home: bool = False
    """Also from other disks, by a copy: nothing is made at their top."""

    @contextmanager
    def open(self, folder: Folder) -> Iterator[Folder]:
        """The folder to which what lies in `folder` is thrown away, made if it is missing.

        It is on the same disk, where there can be one. MoveRefused: there is none.
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
    """Of the file system that `path` is on, or will be."""
    while True:
        try:
            return os.stat(path).st_dev
        except FileNotFoundError:
            path = os.path.dirname(path)
        except OSError:
            return None


def _top_trash(folder: Folder, held: ExitStack) -> Folder | None:
    """The trash at the top of the disk, or None where we can have none of our own."""
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
    """The highest folder above `folder` on its disk; None if it isn't known any more where `folder` is."""
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
    """True of a real folder with the sticky bit: else another user could take from it what is ours."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) and bool(mode & stat.S_ISVTX)


def _is_ours(folder: Folder) -> bool:
    """False of a folder that another user has put there to get at what is thrown away."""
    return os.fstat(folder.fd).st_uid == os.getuid()


ROOM = MAX_NAME_BYTES - len(SUFFIX) - len(" 100000")
"""Bytes that a name may have in the trash: that of its note is longer, and so is that of the last of its series."""


def names_in_trash(name: str) -> NameSeries:
    """The names that a file called `name` may get there."""
    stem, suffix = split_name(name)
    suffix = suffix and f".{suffix}"
    return NameSeries((shorten(stem, ROOM - len(os.fsencode(suffix))),), suffix)
