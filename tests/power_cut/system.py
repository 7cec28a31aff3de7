"""The calls of `os`, `fcntl` and renameat2 that moving a file makes, on a simulated disk.

Only the calls in use; any other name raises AttributeError, so that a new call in the code is noticed here.
test_contract.py shows that these calls behave as on Linux, by running the same programs on both.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pytest

from snapsortd.actions import (
    destination,
    link,
    move,
    mover,
    name_conflicts,
    plan,
    prepare,
    recover,
    remove_copy,
    resume,
    reverse,
    step,
    tag,
    trash,
    trash_folder,
    trashinfo,
)
from snapsortd.files import (
    attributes,
    copy,
    folders,
    identity,
    metadata,
    open_file,
    private,
    remove,
    rename,
    sync,
    tags,
    write_out,
)
from snapsortd.files.capabilities import Capabilities
from snapsortd.files.folders import Folder
from tests.power_cut.disk import NOW, ROOT, Disk, Facts, Key, Name
from tests.power_cut.lookup import Found, checked, error, found, walk

PARTS = (
    *(attributes, copy, folders, identity, metadata, open_file, private, remove, rename, sync, tags, write_out),
    *(destination, link, move, mover, name_conflicts, plan, prepare, recover, remove_copy, resume, reverse),
    *(step, tag, trash, trash_folder, trashinfo),
)
"""The modules that move a file, and recover it after a crash."""

FIRST_FD = 1_000_000
"""Higher than any descriptor of the real system."""

SYNCING = ("sync", "sync_folder", "_sync")

Site = tuple[str, str, int]
"""The origin of a call: module, function and line."""


@dataclass(frozen=True, slots=True)
class Open:
    key: Key
    flags: int

    @property
    def writable(self) -> bool:
        return self.flags & os.O_ACCMODE != os.O_RDONLY


@dataclass
class System:
    """The system that runs on `disk`."""

    disk: Disk
    has_rename: bool = True
    """Whether renameat2 exists."""
    has_links: bool = True
    poor: bool = False
    """The first device supports neither links nor a rename that never replaces."""
    plain: bool = False
    """The second device stores no extended attributes."""
    idle: Set[Site] = frozenset()
    """An fsync called there does nothing and reports success."""
    failing: int | None = None
    """The number of the fsync, from 0, that fails with EIO."""
    refuses: tuple[str, int, int] | None = None
    """The name of a call, its number since the start (from 0), and the error that it gets."""
    syncs: int = 0
    """The number of fsyncs since the start."""
    sites: set[Site] = field(default_factory=set)
    """The callers of these fsyncs."""
    changed: Callable[[], object] = lambda: None
    """Called after every call that changes what is, or may be, on the disk."""
    _open: dict[int, Open] = field(default_factory=dict)
    _calls: Counter[str] = field(default_factory=Counter)

    path = os.path
    fsencode = staticmethod(os.fsencode)
    fsdecode = staticmethod(os.fsdecode)
    strerror = staticmethod(os.strerror)
    geteuid = staticmethod(os.geteuid)
    curdir = os.curdir
    O_RDONLY, O_RDWR, O_CREAT, O_EXCL = os.O_RDONLY, os.O_RDWR, os.O_CREAT, os.O_EXCL
    O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_CLOEXEC = os.O_DIRECTORY, os.O_NOFOLLOW, os.O_NONBLOCK, os.O_CLOEXEC
    POSIX_FADV_DONTNEED = os.POSIX_FADV_DONTNEED

    def boot(self, disk: Disk) -> None:
        """Continue with this disk; everything that was open is closed."""
        self.disk, self.syncs = disk, 0
        self._open.clear()
        self._calls.clear()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the real system under the code that moves files."""
        for module in PARTS:
            if hasattr(module, "os"):
                monkeypatch.setattr(module, "os", self)
        monkeypatch.setattr(rename, "_rename", self.renameat2)
        monkeypatch.setattr(remove, "capabilities", self.capabilities)
        lease = ModuleType("fcntl")
        vars(lease).update({name: value for name, value in vars(fcntl).items() if name.startswith("F_")})
        vars(lease)["fcntl"] = self.fcntl
        monkeypatch.setitem(sys.modules, "fcntl", lease)

    # Descriptors

    def open(self, path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        folder, name = self._parent(path, dir_fd) if path != os.curdir else (self._start(dir_fd), "")
        key = self.disk.names.get((folder, name)) if name else folder
        if key is not None and flags & os.O_CREAT and flags & os.O_EXCL:
            raise error(errno.EEXIST, path)
        if key is not None and stat.S_ISLNK(self._mode(key)):
            if flags & os.O_NOFOLLOW:
                raise error(errno.ENOTDIR if flags & os.O_DIRECTORY else errno.ELOOP, path)
            key = self._at(path, dir_fd)
        if key is None:
            if not flags & os.O_CREAT:
                raise error(errno.ENOENT, path)
            self._check_exists(folder, path)
            key = self.disk.make(folder, name, stat.S_IFREG | mode)
            self.changed()
        is_folder = stat.S_ISDIR(self._mode(key))
        if flags & os.O_DIRECTORY and not is_folder:
            raise error(errno.ENOTDIR, path)
        if is_folder and flags & os.O_ACCMODE != os.O_RDONLY:
            raise error(errno.EISDIR, path)
        fd = next(fd for fd in range(FIRST_FD, 2 * FIRST_FD) if fd not in self._open)
        self._open[fd] = Open(key, flags)
        return fd

    def close(self, fd: int) -> None:
        self._of(fd)
        del self._open[fd]

    def fcntl(self, fd: int, command: int, argument: int = 0) -> int:
        """Support leases only: a read lease is refused while the file is open for writing."""
        key = self._of(fd).key
        if command == fcntl.F_SETLEASE and not stat.S_ISREG(self._mode(key)):
            raise error(errno.EINVAL)
        if command == fcntl.F_SETLEASE and argument == fcntl.F_RDLCK:
            if any(each.key == key and each.writable for each in self._open.values()):
                raise error(errno.EAGAIN)
        elif (command, argument) != (fcntl.F_SETLEASE, fcntl.F_UNLCK) and command != fcntl.F_SETSIG:
            raise error(errno.EINVAL)
        return 0

    def capabilities(self, folder: Folder) -> Capabilities:
        """Return what a probe, made long ago, has found out about the file system of the folder."""
        poor = self.poor and folder.identity.dev == ROOT[0]
        return Capabilities(
            filesystem="simulated",
            noreplace_rename=self.has_rename and not poor,
            hard_links=self.has_links and not poor,
            placeholders=True,
            lasting_inodes=True,
            time_step_ns=1,
            folds_case=False,
            folds_unicode=False,
            modes=True,
            owners=True,
            xattrs=True,
            forbidden=frozenset(),
            trims_dots=False,
            reserved_names=False,
            trash=True,
        )

    # Facts

    def stat(self, path: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> Found:
        return found(self.disk, self._at(path, dir_fd, follow=follow_symlinks))

    def lstat(self, path: str) -> Found:
        return self.stat(path, follow_symlinks=False)

    def fstat(self, fd: int) -> Found:
        return found(self.disk, self._of(fd).key)

    def fchmod(self, fd: int, mode: int) -> None:
        key = self._of(fd).key
        self._set(key, mode=stat.S_IFMT(self._mode(key)) | mode)

    def fchown(self, fd: int, uid: int, gid: int) -> None:
        self._set(self._of(fd).key, uid=uid, gid=gid)

    def utime(self, fd: int, *, ns: tuple[int, int]) -> None:
        self._set(self._of(fd).key, atime_ns=ns[0], mtime_ns=ns[1])

    def listxattr(self, fd: int) -> list[str]:
        return [name for name, _ in self._facts(fd).attributes]

    def getxattr(self, fd: int, name: str) -> bytes:
        attributes = dict(self._facts(fd).attributes)
        if name not in attributes:
            raise error(errno.ENODATA)
        return attributes[name]

    def setxattr(self, fd: int, name: str, value: bytes) -> None:
        if self.plain and self._of(fd).key[0] != ROOT[0]:
            raise error(errno.ENOTSUP)
        attributes = dict(self._facts(fd).attributes) | {name: value}
        self._set(self._of(fd).key, attributes=tuple(sorted(attributes.items())))

    def removexattr(self, fd: int, name: str) -> None:
        attributes = dict(self._facts(fd).attributes)
        if name not in attributes:
            raise error(errno.ENODATA)
        del attributes[name]
        self._set(self._of(fd).key, attributes=tuple(sorted(attributes.items())))

    # Content

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        key = self._of(fd).key
        if stat.S_ISDIR(self._mode(key)):
            raise error(errno.EISDIR)
        return self.disk.nodes[key].content[offset : offset + size]

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        self._count("pwrite")
        content = self.disk.nodes[self._of(fd, write=True).key].content.ljust(offset, b"\0")
        self._write(fd, content[:offset] + bytes(data) + content[offset + len(data) :])
        return len(data)

    def ftruncate(self, fd: int, size: int) -> None:
        key = self._of(fd, write=True, otherwise=errno.EINVAL).key
        self._write(fd, self.disk.nodes[key].content[:size].ljust(size, b"\0"))

    def posix_fadvise(self, fd: int, *_: int) -> None:
        self._of(fd)

    def fsync(self, fd: int) -> None:
        key = self._of(fd).key
        site, number = _site(), self.syncs
        self.syncs += 1
        self.sites.add(site)
        if number == self.failing:
            self.disk.lose(key)
            self.changed()
            raise error(errno.EIO)
        if site not in self.idle:
            self.disk.sync(key)
        self.changed()

    # Names

    def mkdir(self, path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        folder, name = self._free(path, dir_fd)
        self._check_exists(folder, path)
        self.disk.make(folder, name, stat.S_IFDIR | mode & 0o755)
        self.changed()

    def symlink(self, to: str, path: str, *, dir_fd: int | None = None) -> None:
        folder, name = self._free(path, dir_fd)
        self._check_exists(folder, path)
        self.disk.make(folder, name, stat.S_IFLNK | 0o777, to.encode())
        self.changed()

    def readlink(self, path: str, *, dir_fd: int | None = None) -> str:
        key = self._at(path, dir_fd, follow=False)
        if not stat.S_ISLNK(self._mode(key)):
            raise error(errno.EINVAL, path)
        return self.disk.nodes[key].content.decode()

    def link(self, source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int, follow_symlinks: bool) -> None:
        key = self._at(source, src_dir_fd, follow=follow_symlinks)
        folder, name = self._free(target, dst_dir_fd)
        if key[0] != folder[0]:
            raise error(errno.EXDEV, target)
        self._check_exists(folder, target)
        if not self.has_links or (self.poor and key[0] == ROOT[0]):
            raise error(errno.EPERM, target)
        if stat.S_ISDIR(self._mode(key)):
            raise error(errno.EPERM, source)
        self.disk.change(((folder, name), key))
        self.changed()

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        self._count("unlink")
        if stat.S_ISDIR(self._mode(self._at(path, dir_fd, follow=False))):
            raise error(errno.EISDIR, path)
        self.disk.change((self._parent(path, dir_fd), None))
        self.changed()

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        key = self._at(path, dir_fd, follow=False)
        if not stat.S_ISDIR(self._mode(key)):
            raise error(errno.ENOTDIR, path)
        if self._names_in(key):
            raise error(errno.ENOTEMPTY, path)
        self.disk.change((self._parent(path, dir_fd), None))
        self.changed()

    def listdir(self, fd: int) -> list[str]:
        key = self._of(fd).key
        if not stat.S_ISDIR(self._mode(key)):
            raise error(errno.ENOTDIR)
        return self._names_in(key)

    def rename(self, source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        """Rename as renameat(2) does: an earlier file of that name is gone."""
        self._count("rename")
        start, end, key = self._ends(source, src_dir_fd, target, dst_dir_fd)
        there = self.disk.names.get(end)
        if there == key:  # two links of one file, both of which stay
            return
        if there is not None and stat.S_ISDIR(self._mode(there)) and not stat.S_ISDIR(self._mode(key)):
            raise error(errno.EISDIR, target)
        if there is not None and stat.S_ISDIR(self._mode(key)):
            if not stat.S_ISDIR(self._mode(there)):
                raise error(errno.ENOTDIR, target)
            if self._names_in(there):
                raise error(errno.ENOTEMPTY, target)
        self.disk.change((end, key), (start, None))
        self.changed()

    def renameat2(self, source_fd: int, source: bytes, target_fd: int, target: bytes, flags: int) -> int:
        """Return 0, or -1 and the C library's errno, as ctypes does."""
        try:
            self._rename(source_fd, os.fsdecode(source), target_fd, os.fsdecode(target), flags)
        except OSError as error:
            ctypes.set_errno(error.errno or 0)
            return -1
        return 0

    def _rename(self, source_fd: int, source: str, target_fd: int, target: str, flags: int) -> None:
        if not self.has_rename:
            raise error(errno.ENOSYS)
        self._count("renameat2")
        if flags != 1:
            raise error(errno.EINVAL)
        start, end, key = self._ends(source, source_fd, target, target_fd, replacing=False)
        if self.poor and key[0] == ROOT[0]:
            raise error(errno.EINVAL)
        self.disk.change((end, key), (start, None))
        self.changed()

    # Internals

    def _ends(
        self, source: str, source_fd: int, target: str, target_fd: int, *, replacing: bool = True
    ) -> tuple[Name, Name, Key]:
        """Return the two names of a rename, and what is renamed."""
        start, end = self._parent(source, source_fd), self._parent(target, target_fd)
        if start[0][0] != end[0][0]:
            raise error(errno.EXDEV)
        key = self._at(source, source_fd, follow=False)
        if not replacing and end in self.disk.names:
            raise error(errno.EEXIST)
        if end[0] == key or end[0] in self._inside(key):
            raise error(errno.EINVAL)
        self._check_exists(end[0], target)
        return start, end, key

    def _check_exists(self, folder: Key, path: str) -> None:
        """Raise FileNotFoundError if the folder, which may still be open, has been removed: it takes no names."""
        if folder != ROOT and folder not in self.disk.names.values():
            raise error(errno.ENOENT, path)

    def _names_in(self, folder: Key) -> list[str]:
        return [name for above, name in self.disk.names if above == folder]

    def _count(self, call: str) -> None:
        number = self._calls[call]
        self._calls[call] += 1
        if self.refuses is not None and self.refuses[:2] == (call, number):
            raise error(self.refuses[2])

    def _of(self, fd: int, *, write: bool = False, otherwise: int = errno.EBADF) -> Open:
        if fd not in self._open:
            raise error(errno.EBADF)
        if write and not self._open[fd].writable:
            raise error(otherwise)
        return self._open[fd]

    def _mode(self, key: Key) -> int:
        return self.disk.nodes[key].facts.mode

    def _facts(self, fd: int) -> Facts:
        return self.disk.nodes[self._of(fd).key].facts

    def _set(self, key: Key, **facts: Any) -> None:
        node = self.disk.nodes[key]
        self.disk.nodes[key] = replace(node, facts=replace(node.facts, **facts))
        self.changed()

    def _write(self, fd: int, content: bytes) -> None:
        key = self._of(fd).key
        self.disk.nodes[key] = replace(self.disk.nodes[key], content=content)
        self._set(key, mtime_ns=NOW)

    def _inside(self, folder: Key) -> set[Key]:
        inner = {key for (parent, _), key in self.disk.names.items() if parent == folder}
        return inner.union(*(self._inside(key) for key in inner if stat.S_ISDIR(self._mode(key))))

    def _free(self, path: str, dir_fd: int | None) -> tuple[Key, str]:
        folder, name = self._parent(path, dir_fd)
        if not name or (folder, name) in self.disk.names:
            raise error(errno.EEXIST, path)
        return folder, name

    def _parent(self, path: str, dir_fd: int | None) -> tuple[Key, str]:
        """Return the folder of the last name of `path`, and that name; empty for the root."""
        above, _, name = path.rstrip("/").rpartition("/")
        name = "" if name == "." else name
        folder = walk(self.disk, self._start(dir_fd), "/" if path.startswith("/") and not above else above)
        if not stat.S_ISDIR(self._mode(folder)):
            raise error(errno.ENOTDIR, path)
        if not path:
            raise error(errno.ENOENT, path)
        return folder, checked(name)

    def _at(self, path: str, dir_fd: int | None, *, follow: bool = True) -> Key:
        """Return what `path` refers to. Raise OSError as Linux does."""
        if not path:
            raise error(errno.ENOENT, path)
        return walk(self.disk, self._start(dir_fd), path, follow)

    def _start(self, dir_fd: int | None) -> Key:
        return ROOT if dir_fd is None else self._of(dir_fd).key


def _site() -> Site:
    """Return who requested this sync: the first function that is not about syncing itself."""
    frame = sys._getframe(2)
    while frame.f_code.co_name in SYNCING and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_globals["__name__"].rpartition(".")[2], frame.f_code.co_name, frame.f_lineno
