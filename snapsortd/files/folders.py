"""Folders held open while a file is moved, so that replacing a folder meanwhile cannot redirect the move."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FileIdentity, FolderIdentity, MadeFolder, Stat
from snapsortd.files.sync import sync_folder

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder: its descriptor, the path that led to it, and its identity.

    Symlinks were followed up to `root`, which a person configured or named, and never below it.
    """

    fd: int
    root: str
    path: str
    identity: FolderIdentity
    made: tuple[MadeFolder, ...] = ()
    """The folders on the way to it that were created to open it, outermost first, and itself if it was."""

    def names(self) -> list[str]:
        """Return the names in the folder. It is opened anew for it: some drivers list an open folder only once."""
        fd = os.open(os.curdir, _FOLDER, dir_fd=self.fd)
        try:
            return os.listdir(fd)
        finally:
            os.close(fd)


class NotARegularFile(OSError):
    """A folder, pipe or device has the name that a regular file should have."""


@dataclass(frozen=True, slots=True)
class PathInFolder:
    """A name in an open folder; a file with this name need not exist."""

    folder: Folder
    name: str

    @property
    def path(self) -> str:
        """Return folder and name as one path."""
        return os.path.join(self.folder.path, self.name)

    def look(self) -> Stat | None:
        """Return the `lstat` of this name, or None if it does not exist."""
        try:
            return to_stat(os.stat(self.name, dir_fd=self.folder.fd, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def open(self) -> int:
        """Return a read-only descriptor of the file with this name. Raise OSError, also if it is not a regular file."""
        fd = os.open(
            self.name,
            os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
            dir_fd=self.folder.fd,
        )
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotARegularFile(errno.EINVAL, "not a regular file", self.path)
        return fd

    def symlink_target(self) -> str | None:
        """Return the target of the symlink with this name; None if there is none, or if it may not be read (sshfs)."""
        try:
            return os.readlink(self.name, dir_fd=self.folder.fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EPERM):
                raise
            return None

    def remove(self) -> None:
        """Remove the name; a missing one is not an error."""
        with suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder.fd)


def lstat(path: str, root: str = "") -> Stat | None:
    """Return the `lstat` of `path`, following no symlink below `root`; None if it is missing or can't be reached."""
    try:
        if root in ("", os.path.dirname(path)):
            return to_stat(os.lstat(path))
        with open_place(path, root) as place:
            return place.look()
    except OSError:
        return None


def to_stat(found: os.stat_result) -> Stat:
    """Return identity, kind and number of links from the result of `os.stat`."""
    mtime_ns, ctime_ns = _in_range(found.st_mtime_ns), _in_range(found.st_ctime_ns)
    identity = FileIdentity(found.st_dev, found.st_ino, found.st_size, mtime_ns, ctime_ns)
    return Stat(identity, stat.S_ISREG(found.st_mode), found.st_nlink)


def _in_range(time_ns: int) -> int:
    """Return a time as 64 bits can store it: file systems have times after the year 2262."""
    return max(-(2**63), min(time_ns, 2**63 - 1))


def close(fd: int) -> None:
    """Close a descriptor that was only read: an error, such as that the disk was unplugged, says nothing about it."""
    with suppress(OSError):
        os.close(fd)


@contextmanager
def open_folder(path: str, root: str = "") -> Iterator[Folder]:
    """Open the folder at `path`, following no symlink below `root` (the whole of `path` if not given).

    Raise OSError if it does not exist, with ENOTDIR if a symlink is in the way.
    """
    root = root or path
    fd = os.open(root or "/", _FOLDER)
    try:
        for name in below(path, root):
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            os.close(fd)
            fd = inner
    except BaseException:
        os.close(fd)
        raise
    with _held(fd, root, path) as folder:
        yield folder


@contextmanager
def open_below(folder: Folder, name: str) -> Iterator[Folder]:
    """Open a folder in an open folder, following no symlink. Raise OSError, with ENOTDIR if it is not a folder."""
    fd = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder.fd)
    with _held(fd, folder.root, os.path.join(folder.path, name)) as inner:
        yield inner


@contextmanager
def open_place(path: str, root: str = "") -> Iterator[PathInFolder]:
    """Open the folder of `path` as `open_folder` does and yield the name in it. Raise OSError if it can't be opened."""
    with open_folder(os.path.dirname(path), root) as folder:
        yield PathInFolder(folder, os.path.basename(path))


def below(path: str, root: str) -> tuple[str, ...]:
    """Return the names that lead from `root` to `path`. Raise ValueError if `path` is not below `root`."""
    rest = path[len(root) :]
    if not path.startswith(root) or not (rest.startswith("/") or root.endswith("/") or not rest):
        raise ValueError(f"{path!r} is not below {root!r}")
    return tuple(filter(None, rest.split("/")))


@contextmanager
def make_folder(root: str, names: tuple[str, ...], mode: int = 0o777) -> Iterator[Folder]:
    """Open the folder that `names` lead to from `root`, creating missing ones and following no symlink below `root`.

    Raise MoveRefused if a name is not a folder, OSError as the system reports it.
    """
    made: list[MadeFolder] = []
    fd = _make_root(root, mode, made)
    path = root
    try:
        for name in names:
            path = os.path.join(path, name)
            inner = _make_below(fd, name, root, mode, path, made)
            os.close(fd)
            fd = inner
    except BaseException:
        os.close(fd)
        raise
    with _held(fd, root, path, made) as folder:
        yield folder


@contextmanager
def _held(fd: int, root: str, path: str, made: Sequence[MadeFolder] = ()) -> Iterator[Folder]:
    try:
        found = os.fstat(fd)
        yield Folder(fd, root, path, FolderIdentity(found.st_dev, found.st_ino), tuple(made))
    finally:
        close(fd)


def _make_root(path: str, mode: int, made: list[MadeFolder]) -> int:
    parent_path, name = os.path.split(path.rstrip("/"))
    try:
        fd = os.open(path, _FOLDER)
    except FileNotFoundError:
        if not name:
            raise
    else:
        if name:
            _sync_found(fd, parent_path)
        return fd
    parent = _make_root(parent_path, mode, made)
    try:
        is_new = _make(parent, name, mode)
        fd = os.open(name, _FOLDER, dir_fd=parent)
    finally:
        os.close(parent)
    if is_new:
        made.append(MadeFolder(path.rstrip("/"), os.fstat(fd).st_ino))
    return fd


def _sync_found(fd: int, parent_path: str) -> None:
    """Sync the name of an existing root to the disk, as `_make` does, unless its parent can't be read."""
    try:
        with suppress(PermissionError):
            parent = os.open(parent_path, _FOLDER)
            try:
                sync_folder(parent)
            finally:
                os.close(parent)
    except BaseException:
        os.close(fd)
        raise


def _make_below(parent: int, name: str, root: str, mode: int, path: str, made: list[MadeFolder]) -> int:
    is_new = _make(parent, name, mode)
    try:
        fd = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise MoveRefused(
                f"{name} below {root} is a symlink or a file, not a folder", "rename it, or change the rule"
            ) from error
        raise
    if is_new:
        made.append(MadeFolder(path, os.fstat(fd).st_ino))
    return fd


def _make(parent: int, name: str, mode: int) -> bool:
    """Create a folder unless it exists, and sync its name to the disk: without the name, its content would be lost.

    Return True if it was created.

    The name of an existing one is synced too: another program, or we before we were killed, may have just created it.
    """
    is_new = False
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=parent)
        is_new = True
    sync_folder(parent)
    return is_new
