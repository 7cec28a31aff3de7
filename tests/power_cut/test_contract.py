"""The simulated system behaves like the real one: the same programs run on both, and every result is compared.

The contents of a real disk after a power cut cannot be tested this way; disk.py states the assumptions.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsortd.files import rename as renames
from tests.power_cut.disk import Disk
from tests.power_cut.exploring import LONG as LONG_FORM
from tests.power_cut.system import System

Step = tuple[Any, ...]
"""The name of a method of Program, and its arguments."""

A_TIME = 1_500_000_000 * 10**9
TOO_LONG = "n" * 256
LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
FOLDER = os.O_RDONLY | os.O_DIRECTORY
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass
class Program:
    """The calls that moving a file makes, in and below one folder, on either system."""

    os: Any
    rename: Callable[[int, bytes, int, bytes, int], int]
    fcntl: Callable[..., int]
    path: str
    folders: list[int] = field(default_factory=list)
    """The folder, and `sub` in it."""
    files: list[int] = field(default_factory=list)
    """The open files."""

    def run(self, steps: list[Step]) -> list[object]:
        """Return each step's result, or its error's name."""
        self.folders.append(self.os.open(self.path, FOLDER))
        self.os.mkdir("sub", dir_fd=self.folders[0])
        self.folders.append(self.os.open("sub", FOLDER, dir_fd=self.folders[0]))
        for name, to in (("link", "a"), ("loop", "loop"), ("way", "sub")):
            self.os.symlink(to, name, dir_fd=self.folders[0])
        try:
            return [self._answer(*step) for step in steps]
        finally:
            for fd in (*self.folders, *self.files):
                self.os.close(fd)

    def _answer(self, call: str, *arguments: Any) -> object:
        try:
            return getattr(self, call)(*arguments)
        except OSError as error:
            return errno.errorcode[error.errno or 0]

    def open(self, folder: int, name: str, flags: int) -> None:
        self.files.append(self.os.open(name, flags, 0o600, dir_fd=self.folders[folder]))

    def open_path(self, name: str, flags: int) -> None:
        self.files.append(self.os.open(f"{self.path}/{name}", flags, 0o600))

    def look(self, folder: int, name: str, follow: bool) -> object:
        return _told(self.os.stat(name, dir_fd=self.folders[folder], follow_symlinks=follow))

    def look_path(self, name: str) -> object:
        return _told(self.os.lstat(f"{self.path}/{name}"))

    def same(self, name: str, other: str) -> bool:
        found = [self.os.stat(each, dir_fd=self.folders[0], follow_symlinks=False) for each in (name, other)]
        return (found[0].st_dev, found[0].st_ino) == (found[1].st_dev, found[1].st_ino)

    def link(self, folder: int, name: str, to: int, new: str) -> None:
        start, end = self.folders[folder], self.folders[to]
        self.os.link(name, new, src_dir_fd=start, dst_dir_fd=end, follow_symlinks=False)

    def move(self, folder: int, name: str, to: int, new: str) -> None:
        if self.rename(self.folders[folder], name.encode(), self.folders[to], new.encode(), 1) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")

    def unlink(self, folder: int, name: str) -> None:
        self.os.unlink(name, dir_fd=self.folders[folder])

    def replace(self, folder: int, name: str, to: int, new: str) -> None:
        self.os.rename(name, new, src_dir_fd=self.folders[folder], dst_dir_fd=self.folders[to])

    def rmdir(self, folder: int, name: str) -> None:
        self.os.rmdir(name, dir_fd=self.folders[folder])

    def names(self, file: int) -> list[str]:
        fd = self._fd(file)
        self.os.close(self.os.open(".", FOLDER, dir_fd=fd))
        return sorted(self.os.listdir(fd))

    def mkdir(self, folder: int, name: str) -> None:
        self.os.mkdir(name, dir_fd=self.folders[folder])

    def facts(self, file: int) -> object:
        return _told(self.os.fstat(self._fd(file)))

    def read(self, file: int, size: int, offset: int) -> bytes:
        return bytes(self.os.pread(self._fd(file), size, offset))

    def write(self, file: int, data: bytes, offset: int) -> int:
        return int(self.os.pwrite(self._fd(file), data, offset))

    def cut(self, file: int, size: int) -> None:
        self.os.ftruncate(self._fd(file), size)

    def sync(self, file: int) -> None:
        self.os.fsync(self._fd(file))

    def forget(self, file: int) -> None:
        self.os.posix_fadvise(self._fd(file), 0, 0, os.POSIX_FADV_DONTNEED)

    def set_mode(self, file: int, mode: int) -> None:
        self.os.fchmod(self._fd(file), mode)

    def set_time(self, file: int) -> None:
        self.os.utime(self._fd(file), ns=(A_TIME, A_TIME))

    def set_owner(self, file: int) -> None:
        self.os.fchown(self._fd(file), os.geteuid(), os.getegid())

    def set_attribute(self, file: int, value: bytes) -> None:
        self.os.setxattr(self._fd(file), "user.origin", value)

    def attributes(self, file: int) -> object:
        names = [name for name in self.os.listxattr(self._fd(file)) if name.startswith("user.")]
        return [(name, self.os.getxattr(self._fd(file), name)) for name in names]

    def drop_attribute(self, file: int) -> None:
        self.os.removexattr(self._fd(file), "user.origin")

    def lead(self, folder: int, name: str) -> str:
        return str(self.os.readlink(name, dir_fd=self.folders[folder]))

    def symlink(self, folder: int, name: str) -> None:
        self.os.symlink("a", name, dir_fd=self.folders[folder])

    def attribute(self, file: int) -> object:
        return self.os.getxattr(self._fd(file), "user.origin")

    def lease(self, file: int) -> int:
        self.fcntl(self._fd(file), fcntl.F_SETSIG, 23)
        self.fcntl(self._fd(file), fcntl.F_SETLEASE, fcntl.F_RDLCK)
        return self.fcntl(self._fd(file), fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def _fd(self, file: int) -> int:
        if not self.files:
            raise OSError(errno.EBADF, "nothing is open")
        return self.files[file % len(self.files)]


def _told(found: Any) -> object:
    """Return what both systems must agree on; times of writes and inode numbers may differ."""
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFDIR:
        return "folder"
    mode = stat.S_IMODE(found.st_mode) if kind == stat.S_IFREG else None
    return kind, mode, found.st_size, found.st_nlink, found.st_mtime_ns == A_TIME


def on_fake(steps: list[Step]) -> list[object]:
    system = System(Disk())
    system.mkdir("/base")
    return Program(system, system.renameat2, system.fcntl, "/base").run(steps)


def on_real(steps: list[Step], folder: Path) -> list[object]:
    rename = renames._find_rename()
    assert rename is not None
    with tempfile.TemporaryDirectory(dir=folder) as base:
        return Program(os, rename, fcntl.fcntl, base).run(steps)


@contextmanager
def mask() -> Iterator[None]:
    """Set the usual umask: the fake has no other."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder on a file system with the features that the contract covers."""
    made = tmp_path_factory.mktemp("contract")
    (made / "probe").touch()
    with suppress(OSError):
        os.setxattr(made / "probe", "user.origin", b"")
        return made
    pytest.skip("the temporary folder's file system has no extended attributes")


def case(name: str, *steps: Step, last: object) -> Any:
    return pytest.param(list(steps), last, id=name)


MADE = ("open", 0, "a", NEW)


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        case("what is not there", ("open", 0, "a", LOOK), last="ENOENT"),
        case("a symlink is not opened", ("open", 0, "link", LOOK), last="ELOOP"),
        case("a symlink is no folder", ("open", 0, "way", FOLDER | os.O_NOFOLLOW), last="ENOTDIR"),
        case("a symlink to a folder", ("open", 0, "way", FOLDER), last=None),
        case("a symlink on the way", MADE, ("link", 0, "a", 1, "b"), ("look_path", "way/b"), last=None),
        case("a symlink to itself", ("look", 0, "loop", True), last="ELOOP"),
        case("a file is no folder", MADE, ("open", 0, "a", FOLDER), last="ENOTDIR"),
        case("below a file", MADE, ("look_path", "a/b"), last="ENOTDIR"),
        case("a folder is not written", ("open", 0, "sub", os.O_RDWR), last="EISDIR"),
        case("made twice", MADE, MADE, last="EEXIST"),
        case("made over a symlink", ("open", 0, "link", NEW), last="EEXIST"),
        case("a name too long", ("open", 0, TOO_LONG, NEW), last="ENAMETOOLONG"),
        case("read-only", MADE, ("open", 0, "a", LOOK), ("write", 1, b"x", 0), last="EBADF"),
        case("cut read-only", MADE, ("open", 0, "a", LOOK), ("cut", 1, 0), last="EINVAL"),
        case("a folder is not read", ("open", 0, "sub", os.O_RDONLY), ("read", 0, 1, 0), last="EISDIR"),
        case("a folder is synced", ("open", 0, "sub", os.O_RDONLY), ("sync", 0), last=None),
        case("a hole", MADE, ("write", 0, b"xyz", 5), ("read", 0, 99, 3), last=b"\0\0xyz"),
        case("cut longer", MADE, ("write", 0, b"xyz", 0), ("cut", 0, 5), ("read", 0, 9, 0), last=b"xyz\0\0"),
        case("linked twice", MADE, ("link", 0, "a", 1, "b"), ("link", 0, "a", 1, "b"), last="EEXIST"),
        case("a link is the same file", MADE, ("link", 0, "a", 0, "b"), ("same", "a", "b"), last=True),
        case("a symlink is linked itself", ("link", 0, "link", 0, "b"), ("same", "link", "b"), last=True),
        case("a folder is not linked", ("link", 0, "sub", 0, "b"), last="EPERM"),
        case("a folder is not unlinked", ("unlink", 0, "sub"), last="EISDIR"),
        case("unlinked, still read", MADE, ("write", 0, b"x", 0), ("unlink", 0, "a"), ("read", 0, 9, 0), last=b"x"),
        case("moved", MADE, ("move", 0, "a", 1, "b"), ("look", 0, "a", False), last="ENOENT"),
        case("moved to a taken name", MADE, ("move", 0, "a", 0, "link"), last="EEXIST"),
        case("moved to its own name", MADE, ("move", 0, "a", 0, "a"), last="EEXIST"),
        case("moved to its other link", MADE, ("link", 0, "a", 0, "b"), ("move", 0, "a", 0, "b"), last="EEXIST"),
        case("a folder moved into itself", ("move", 0, "sub", 1, "b"), last="EINVAL"),
        case("nothing is moved", ("move", 0, "a", 0, "b"), last="ENOENT"),
        case("moved over another", MADE, ("open", 0, "b", NEW), ("replace", 0, "a", 0, "b"), ("facts", 1), last=None),
        case("moved over its other link", MADE, ("link", 0, "a", 0, "b"), ("replace", 0, "a", 0, "b"), last=None),
        case("a file over a folder", MADE, ("replace", 0, "a", 0, "sub"), last="EISDIR"),
        case("a folder over a file", MADE, ("replace", 0, "sub", 0, "a"), last="ENOTDIR"),
        case(
            "a folder over one in use",
            ("mkdir", 0, "c"),
            ("mkdir", 1, "a"),
            ("replace", 0, "c", 0, "sub"),
            last="ENOTEMPTY",
        ),
        case("a folder removed", ("rmdir", 0, "sub"), ("look", 0, "sub", False), last="ENOENT"),
        case("a folder in use", ("mkdir", 1, "a"), ("rmdir", 0, "sub"), last="ENOTEMPTY"),
        case("no folder to remove", MADE, ("rmdir", 0, "a"), last="ENOTDIR"),
        case("what a folder holds", ("mkdir", 1, "a"), ("open", 0, "sub", FOLDER), ("names", 0), last=["a"]),
        case("a folder made twice", ("mkdir", 0, "sub"), last="EEXIST"),
        case("no attribute", MADE, ("attribute", 0), last="ENODATA"),
        case("an attribute", MADE, ("set_attribute", 0, b"v"), ("attributes", 0), last=[("user.origin", b"v")]),
        case("no attribute to drop", MADE, ("drop_attribute", 0), last="ENODATA"),
        case(
            "an attribute dropped", MADE, ("set_attribute", 0, b"v"), ("drop_attribute", 0), ("attributes", 0), last=[]
        ),
        case("where a symlink leads", ("lead", 0, "link"), last="a"),
        case("a file leads nowhere", MADE, ("lead", 0, "a"), last="EINVAL"),
        case("a symlink over a file", MADE, ("symlink", 0, "a"), last="EEXIST"),
        case("a lease", MADE, ("open", 0, "a", LOOK), ("lease", 1), last="EAGAIN"),
        case("no lease of a folder", ("open", 0, "sub", os.O_RDONLY), ("lease", 0), last="EINVAL"),
    ],
)
def test_each_answer_that_matters(folder: Path, steps: list[Step], last: object) -> None:
    with mask():
        answers = on_fake(steps)
        assert answers == on_real(steps, folder)
    assert last is None or answers[-1] == last


_folder, _file = st.integers(0, 1), st.integers(0, 3)
_name = st.sampled_from(["a", "a", "b", "sub", "link", "loop", "way", "way/a", "sub/a", "a/b"])
_flags = st.sampled_from([LOOK, LOOK, NEW, NEW, FOLDER, FOLDER | os.O_NOFOLLOW, os.O_RDONLY, os.O_RDWR])
_bytes = st.binary(min_size=1, max_size=4)
_small = st.integers(0, 6)
_steps = st.one_of(
    st.tuples(st.just("open"), _folder, _name, _flags),
    st.tuples(st.just("open_path"), _name, _flags),
    st.tuples(st.just("look"), _folder, _name, st.booleans()),
    st.tuples(st.just("look_path"), _name),
    st.tuples(st.just("same"), _name, _name),
    st.tuples(st.sampled_from(["link", "move", "replace"]), _folder, _name, _folder, _name),
    st.tuples(st.sampled_from(["unlink", "mkdir", "rmdir", "lead", "symlink"]), _folder, _name),
    st.tuples(st.just("read"), _file, _small, _small),
    st.tuples(st.just("write"), _file, _bytes, _small),
    st.tuples(st.just("cut"), _file, _small),
    st.tuples(st.just("set_mode"), _file, st.sampled_from([0o600, 0o640, 0o400])),
    st.tuples(st.just("set_attribute"), _file, _bytes),
    st.tuples(
        st.sampled_from(
            [
                *("facts", "sync", "forget", "set_time", "set_owner", "attributes", "drop_attribute", "lease", "names"),
            ]
        ),
        _file,
    ),
)


@given(st.lists(_steps, min_size=1, max_size=30))
@settings(max_examples=5000 if LONG_FORM else 300, deadline=None)
def test_any_program(folder: Path, steps: list[Step]) -> None:
    with mask():
        assert on_fake(steps) == on_real(steps, folder)
