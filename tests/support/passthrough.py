"""A FUSE file system over a folder, with the switches of `switches.py`; `file_systems.py` mounts it.

python -m tests.support.passthrough BEHIND WHERE
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from typing import Any

import mfusepy

from tests.support.switches import Switches

UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
MODES = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO

_system = ctypes.CDLL(None, use_errno=True)


class Fuse(mfusepy.FUSE):
    """The binding, which drops the flags of a rename and the descriptor of a truncation."""

    operations: Passthrough

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        return self.operations.rename(os.fsdecode(old), os.fsdecode(new), flags)

    def truncate_fuse_3(self, path: bytes | None, length: int, opened: Any) -> None:
        name = None if path is None else os.fsdecode(path)
        self.operations.truncate(name, length, opened.contents.fh if opened else None)


class Passthrough(mfusepy.Operations):
    use_ns = flag_nopath = flag_nullpath_ok = True

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.salt = time.time_ns() % (1 << 40)

    @property
    def switches(self) -> Switches:
        """Return them as they are now."""
        return Switches.read(self.behind)

    def init_with_config(self, _: Any, config: Any) -> None:
        config.use_ino = self.switches.inodes != "named"
        config.hard_remove = self.switches.hard_remove
        config.nullpath_ok = True
        config.entry_timeout = config.attr_timeout = config.negative_timeout = 0

    def real(self, path: str) -> str:
        """Return the path behind, and check the name."""
        switches = self.switches
        if set(path) & set(switches.forbidden):
            raise OSError(errno.EINVAL, path)
        if switches.trims_dots:
            path = "/".join(name.rstrip(". ") for name in path.split("/"))
        return fold(self.behind, path) if switches.folds_case else self.behind + path

    def skips(self, operation: str) -> bool:
        """Fail if a switch says so; return True if the operation shall do nothing."""
        error = self.switches.failing.get(operation)
        if error:
            raise OSError(getattr(errno, error), operation)
        return error == ""

    def wait(self, size: int) -> None:
        if speed := self.switches.bytes_per_second:
            time.sleep(size / speed)

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, Any]:
        found = os.lstat(self.real(path)) if path is not None else os.fstat(fh or 0)
        switches, step = self.switches, self.switches.time_step_ns
        shown: dict[str, Any] = {key: getattr(found, key) for key in dir(found) if key.startswith("st_")}
        for name in ("st_atime", "st_mtime", "st_ctime"):
            shown[name] = shown[f"{name}_ns"] // step * step
        shown["st_ino"] = self.number(found.st_ino)
        if switches.inodes == "named" and stat.S_ISREG(found.st_mode):
            shown["st_nlink"] = 1
        if switches.mode is not None and stat.S_ISREG(found.st_mode):
            shown["st_mode"] = stat.S_IFREG | switches.mode
        return shown

    def number(self, inode: int) -> int:
        return inode ^ self.salt if self.switches.inodes == "mounted" else inode

    def readdir(self, _path: str | None, fh: int) -> Iterator[tuple[str, dict[str, Any], int]]:
        with os.scandir(fh) as found:  # an entry without a number would not be listed
            yield from ((each.name, {"st_ino": self.number(each.inode())}, 0) for each in found)

    def opendir(self, path: str) -> int:
        return os.open(self.real(path), os.O_RDONLY | os.O_DIRECTORY)

    def releasedir(self, _path: str | None, fh: int) -> None:
        os.close(fh)

    def fsyncdir(self, _path: str | None, _datasync: int, fh: int) -> None:
        if not self.skips("fsyncdir"):
            os.fsync(fh)

    def open(self, path: str, flags: int) -> int:
        self.skips("open")
        return os.open(self.real(path), flags & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW))

    def create(self, path: str, mode: int, flags: int = os.O_RDWR | os.O_CREAT) -> int:
        self.skips("create")
        return os.open(self.real(path), flags | os.O_CREAT, mode & MODES)

    def read(self, _path: str | None, size: int, offset: int, fh: int) -> bytes:
        self.skips("read")
        self.wait(size)
        return os.pread(fh, size, offset)

    def write(self, _path: str | None, data: bytes, offset: int, fh: int) -> int:
        if self.skips("write"):
            return len(data)
        self.wait(len(data))
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> None:
        if not self.skips("truncate"):
            os.truncate(self.real(path) if path is not None else fh or 0, length)

    def flush(self, _path: str | None, _fh: int) -> None:
        self.skips("flush")

    def fsync(self, _path: str | None, _datasync: int, fh: int) -> None:
        if not self.skips("fsync"):
            os.fsync(fh)

    def release(self, _path: str | None, fh: int) -> None:
        os.close(fh)

    def mkdir(self, path: str, mode: int) -> None:
        self.skips("mkdir")
        os.mkdir(self.real(path), mode & MODES)

    def rmdir(self, path: str) -> None:
        self.skips("rmdir")
        os.rmdir(self.real(path))

    def unlink(self, path: str) -> None:
        self.skips("unlink")
        os.unlink(self.real(path))

    def symlink(self, target: str, source: str) -> None:
        self.skips("symlink")
        os.symlink(source, self.real(target))

    def readlink(self, path: str) -> str:
        return os.readlink(self.real(path))

    def link(self, target: str, source: str) -> None:
        self.skips("link")
        os.link(self.real(source), self.real(target), follow_symlinks=False)

    def rename(self, old: str, new: str, flags: int = 0) -> int:
        self.skips("noreplace" if flags else "rename")
        words = (-100, os.fsencode(self.real(old)), -100, os.fsencode(self.real(new)), flags)
        return 0 if _system.renameat2(*words) == 0 else -ctypes.get_errno()

    def chmod(self, path: str | None, mode: int) -> None:
        if not self.skips("chmod"):
            os.chmod(self.real(path or ""), mode & 0o7777)

    def chown(self, path: str | None, uid: int, gid: int) -> None:
        if not self.skips("chown"):
            os.chown(self.real(path or ""), uid, gid, follow_symlinks=False)

    def utimens(self, path: str | None, times: tuple[int, int] | None = None) -> None:
        if self.skips("utimens"):
            return
        place = self.real(path or "")
        was, now = os.lstat(place), time.time_ns()
        special = {UTIME_NOW: (now, now), UTIME_OMIT: (was.st_atime_ns, was.st_mtime_ns)}
        wanted = times or (now, now)
        ns = [special[each][which] if each in special else each for which, each in enumerate(wanted)]
        os.utime(place, ns=(ns[0], ns[1]), follow_symlinks=False)

    def listxattr(self, path: str) -> list[str]:
        return [] if self.skips("listxattr") else os.listxattr(self.real(path), follow_symlinks=False)

    def getxattr(self, path: str, name: str, _position: int = 0) -> bytes:
        self.skips("getxattr")
        return os.getxattr(self.real(path), name, follow_symlinks=False)

    def setxattr(self, path: str, name: str, value: bytes, options: int, _position: int = 0) -> None:
        if not self.skips("setxattr"):
            os.setxattr(self.real(path), name, value, options, follow_symlinks=False)

    def removexattr(self, path: str, name: str) -> None:
        self.skips("removexattr")
        os.removexattr(self.real(path), name, follow_symlinks=False)

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self.real(path))
        return {key: getattr(found, key) for key in dir(found) if key.startswith("f_") and key != "f_fsid"}


def fold(behind: str, path: str) -> str:
    """Return the path behind, each part of it as it is spelled there if it is there."""
    place = behind
    for name in filter(None, path.split("/")):
        there = os.listdir(place) if os.path.isdir(place) else []
        place += "/" + next((each for each in there if each.casefold() == name.casefold()), name)
    return place


if __name__ == "__main__":
    folder, mount_point = sys.argv[1:]
    words = {"foreground": True, "fsname": "passthrough", "subtype": "passthrough", "allow_other": True}
    Fuse(Passthrough(folder), mount_point, **words)
