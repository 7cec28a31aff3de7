"""What there is of a folder and of the disk below it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.text import size_words
from snapsortd.files.mounts import MOUNTS, filesystem, remote_filesystem

SPACE = "disk space"
LITTLE_SPACE = 200_000_000
"""Bytes below which a person should hear of it."""
NO_SPACE = 20_000_000
"""Bytes below which one large photo no longer fits."""
LITTLE_INODES = 1000


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """A folder that the configuration or the system names, as it is found."""

    path: str
    there: str
    """The nearest part of the path that exists; the path itself if it does."""
    error: int
    """Why it can't be listed (errno); 0 if it can."""
    link: str
    """Where it leads, if it is a symlink."""
    is_folder: bool
    """Is `there` a folder? This and all below is said of `there`."""
    writable: bool
    read_only: bool
    """By its file system, whatever the permissions say."""
    owner: int
    mode: int
    dev: int
    ino: int
    mount: str
    kind: str
    """Type of the file system, where the system tells."""
    remote: str
    """The same, if it lies on a network."""
    attributes: bool
    """Does the file system keep extended attributes?"""


def look(path: str, mounts: str = MOUNTS) -> CheckedFolder:
    """The folder at `path`, symlinks followed. Changes nothing; waits as long as the file system lets it wait."""
    there = path
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    try:
        found = os.stat(there)
    except OSError:  # a link to nowhere, or round in a circle
        found = os.lstat(there)
    real = os.path.realpath(there)
    is_folder = os.path.isdir(there)
    return CheckedFolder(
        path=path,
        there=there,
        error=_cannot_list(path),
        link=os.readlink(there) if os.path.islink(there) else "",
        is_folder=is_folder,
        writable=is_folder and os.access(there, os.W_OK | os.X_OK),
        read_only=is_folder and bool(os.statvfs(there).f_flag & os.ST_RDONLY),
        owner=found.st_uid,
        mode=found.st_mode,
        dev=found.st_dev,
        ino=found.st_ino,
        mount=_mount_point(real),
        kind=filesystem(real, mounts),
        remote=remote_filesystem(real, mounts),
        attributes=is_folder and _keeps_attributes(there),
    )


def _cannot_list(path: str) -> int:
    """Really lists it: network servers and macOS's privacy settings refuse what the permissions allow."""
    try:
        with os.scandir(path) as entries:
            next(entries, None)
        os.stat(os.path.join(path, os.curdir))
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _mount_point(real: str) -> str:
    while not os.path.ismount(real):
        real = os.path.dirname(real)
    return real


def _keeps_attributes(path: str) -> bool:
    """Asking for one that is not there tells whether there could be one."""
    if not hasattr(os, "getxattr"):
        return True
    try:
        os.getxattr(path, "user.snapsort")
    except OSError as error:
        return error.errno not in (errno.ENOTSUP, errno.ENOSYS)
    return True


def not_writable(folder: CheckedFolder, uid: int) -> tuple[str, str]:
    """Why nothing can be written there, and what to do."""
    if folder.read_only:
        return (
            "is on a file system that is mounted read-only",
            f"`sudo mount -o remount,rw {quoted(folder.mount)}`; if the disk has errors (`sudo dmesg`), save it first",
        )
    where = "" if folder.there == folder.path else f", for nothing may be made in {folder.there}"
    sentence = f"cannot be written by you{where}"
    if folder.owner != uid:
        return sentence, f"it belongs to user {folder.owner}: `sudo chown {uid} {quoted(folder.there)}`"
    if folder.mode & 0o300 != 0o300:
        return sentence, f"`chmod u+rwx {quoted(folder.there)}`"
    return sentence, f"it may be marked unchangeable: `lsattr -d {quoted(folder.there)}`"


@dataclass(frozen=True, slots=True)
class Space:
    """What is left on one file system."""

    mount: str
    bytes: int
    inodes: int | None
    """None where the file system makes them as needed."""
    uses: tuple[str, ...]


def spaces(folders: Sequence[tuple[str, CheckedFolder]]) -> list[Space]:
    """What is left on each file system of these folders, of which each has a use in words."""
    uses: dict[int, list[tuple[str, CheckedFolder]]] = {}
    for use, folder in folders:
        uses.setdefault(folder.dev, []).append((use, folder))
    found = []
    for of_one in uses.values():
        state = os.statvfs(of_one[0][1].there)
        found.append(
            Space(
                mount=of_one[0][1].mount,
                bytes=state.f_bavail * state.f_frsize,
                inodes=state.f_favail if state.f_files else None,
                uses=tuple(dict.fromkeys(use for use, _ in of_one)),
            )
        )
    return found


def check_space(space: Space) -> Iterator[Finding]:
    """Room for files and for their names."""
    what = f"{space.mount} ({', '.join(space.uses)})"
    fix = f"delete or move away what is large: `du -xh {quoted(space.mount)} | sort -h | tail`"
    if space.inodes is not None and space.inodes < LITTLE_INODES:
        judge = warning if space.inodes else problem
        yield judge(
            SPACE,
            f"{space.mount} has room for {space.inodes} more files, however small",
            f"find where there are many: `du -x --inodes {quoted(space.mount)} | sort -n | tail`",
        )
    if space.bytes < NO_SPACE:
        yield problem(SPACE, f"{what} is full: {size_words(space.bytes)} free", fix)
    elif space.bytes < LITTLE_SPACE:
        yield warning(SPACE, f"{what} is nearly full: {size_words(space.bytes)} free", fix)
    else:
        yield ok(SPACE, f"{what}: {size_words(space.bytes)} free")
