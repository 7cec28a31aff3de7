"""Path resolution on the simulated disk, and the results of stat(2)."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from tests.power_cut.disk import NOW, ROOT, Disk, Key

MAX_LINKS = 40
"""The number of symlinks followed in one resolution (path_resolution(7))."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of stat(2)."""

    st_mode: int
    st_ino: int
    st_dev: int
    st_nlink: int
    st_uid: int
    st_gid: int
    st_size: int
    st_atime_ns: int
    st_mtime_ns: int
    st_ctime_ns: int = NOW
    """The clock does not advance, so that it distinguishes nothing."""


def found(disk: Disk, key: Key) -> Found:
    """Return the facts of one file."""
    node, facts = disk.nodes[key], disk.nodes[key].facts
    return Found(
        st_mode=facts.mode,
        st_ino=key[1],
        st_dev=key[0],
        st_nlink=disk.links(key),
        st_uid=facts.uid,
        st_gid=facts.gid,
        st_size=len(node.content),
        st_atime_ns=facts.atime_ns,
        st_mtime_ns=facts.mtime_ns,
    )


def walk(disk: Disk, key: Key, path: str, follow: bool = True, links: int = MAX_LINKS) -> Key:
    """Resolve `path` from a folder; `follow` includes a symlink at its end. Raise OSError as Linux does."""
    names = [checked(name) for name in path.split("/") if name not in ("", ".")]
    key = ROOT if path.startswith("/") else key
    for place, name in enumerate(names):
        if not stat.S_ISDIR(disk.nodes[key].facts.mode):
            raise error(errno.ENOTDIR, path)
        folder, inner = key, disk.names.get((key, name))
        if inner is None:
            raise error(errno.ENOENT, path)
        key = inner
        if stat.S_ISLNK(disk.nodes[key].facts.mode) and (follow or place < len(names) - 1):
            if not links:
                raise error(errno.ELOOP, path)
            key = walk(disk, folder, disk.nodes[key].content.decode(), links=links - 1)
    return key


def checked(name: str) -> str:
    """Raise OSError if it is too long for a name."""
    if len(os.fsencode(name)) > 255:
        raise error(errno.ENAMETOOLONG, name)
    return name


def error(number: int, path: str | None = None) -> OSError:
    """Return the error as a system call raises it."""
    return OSError(number, os.strerror(number), path)
