"""Folders held open while a file moves, so that nothing swapped underneath can redirect it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from snapsortd.errors import MoveRefused
from snapsortd.models import FileIdentity, FolderIdentity, Stat
from snapsortd.renames import sync_folder

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder: its descriptor, the path that led to it, and which folder it is."""

    fd: int
    path: str
    identity: FolderIdentity


@dataclass(frozen=True, slots=True)
class Place:
    """A name in an open folder; whether a file has it is another question."""

    folder: Folder
    name: str

    @property
    def path(self) -> str:
        """The place as a path."""
        return os.path.join(self.folder.path, self.name)

    def look(self) -> Stat | None:
        """What has the name now, symlinks not followed; None if nothing has."""
        try:
            return to_stat(os.stat(self.name, dir_fd=self.folder.fd, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def open(self) -> int:
        """A read-only descriptor of the regular file here. OSError, also when it is none."""
        fd = os.open(
            self.name,
            os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
            dir_fd=self.folder.fd,
        )
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a regular file", self.path)
        return fd

    def remove(self) -> None:
        """Take the name away; a missing one is fine."""
        with suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder.fd)


def lstat(path: str) -> Stat | None:
    """What is at `path` now, a symlink at its end not followed; None if nothing can be seen there."""
    try:
        return to_stat(os.lstat(path))
    except OSError:
        return None


def to_stat(found: os.stat_result) -> Stat:
    """Identity, kind and links from what `stat` told."""
    identity = FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    return Stat(identity, stat.S_ISREG(found.st_mode), found.st_nlink)


@contextmanager
def open_folder(path: str) -> Iterator[Folder]:
    """The folder at `path`, symlinks followed. OSError if there is none."""
    with _held(os.open(path or "/", _FOLDER), path) as folder:
        yield folder


@contextmanager
def open_place(path: str) -> Iterator[Place]:
    """The last part of `path` in its open folder. OSError if the folder is missing."""
    with open_folder(os.path.dirname(path)) as folder:
        yield Place(folder, os.path.basename(path))


@contextmanager
def make_folder(root: str, below: tuple[str, ...]) -> Iterator[Folder]:
    """The folder `below` (names) `root`, made as far as it is missing; below the root no symlink is followed.

    MoveRefused when something else stands in the way; OSError as the system says.
    """
    fd = _make_root(root)
    try:
        for name in below:
            inner = _make_below(fd, name, root)
            os.close(fd)
            fd = inner
    except BaseException:
        os.close(fd)
        raise
    with _held(fd, os.path.join(root, *below)) as folder:
        yield folder


@contextmanager
def _held(fd: int, path: str) -> Iterator[Folder]:
    try:
        found = os.fstat(fd)
        yield Folder(fd, path, FolderIdentity(found.st_dev, found.st_ino))
    finally:
        os.close(fd)


def _make_root(path: str) -> int:
    try:
        return os.open(path, _FOLDER)
    except FileNotFoundError:
        parent_path, name = os.path.split(path.rstrip("/"))
        if not name:
            raise
    parent = _make_root(parent_path)
    try:
        _make(parent, name)
        return os.open(name, _FOLDER, dir_fd=parent)
    finally:
        os.close(parent)


def _make_below(parent: int, name: str, root: str) -> int:
    _make(parent, name)
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise MoveRefused(
                f"{name} below {root} is a symlink or a file, not a folder", "rename it, or change the rule"
            ) from error
        raise


def _make(parent: int, name: str) -> None:
    """Make a folder unless it is there, and bring the new name to the disk."""
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        return
    sync_folder(parent)
