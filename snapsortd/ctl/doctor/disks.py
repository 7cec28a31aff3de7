"""The state of a folder and the free space on its file system."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.ctl.doctor.advice import is_inside, is_removable
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.text import size_words
from snapsortd.files.mounts import MOUNTS, filesystem, mount_of, remote_filesystem

SPACE = "disk space"
LOW_BYTES = 200_000_000
"""Free space below which a person should be warned."""
FULL_BYTES = 20_000_000
"""Free space below which a large photo no longer fits."""
GONE = (errno.ENOTCONN, errno.ESTALE)
"""Errors of a file system whose program or server has gone: its mount point cannot be inspected."""
LOW_INODES = 1000
"""Number of free inodes below which a person should be warned."""


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """The state of a folder that the configuration or the environment names.

    The fields from `is_folder` on describe `nearest`.
    """

    path: str
    nearest: str
    """The path if it exists, else its nearest parent that does."""
    error: int
    """The errno of listing it; 0 if it can be listed."""
    link: str
    """The target if it is a symlink, else empty."""
    is_folder: bool
    writable: bool
    read_only: bool
    """True if its file system is mounted read-only, regardless of the permissions."""
    owner: int
    mode: int
    dev: int
    ino: int
    mount: str
    kind: str
    """The type of its file system; empty if unknown."""
    remote: str
    """The type of its file system if it is on a network, else empty."""
    attributes: bool
    """True if its file system supports extended attributes."""


def inspect_folder(path: str, mounts: str = MOUNTS) -> CheckedFolder:
    """Return the state of the folder at `path`, following symlinks. Blocks for as long as its file system does."""
    nearest = path
    while not os.path.lexists(nearest):
        nearest = os.path.dirname(nearest)
    try:
        found = os.stat(nearest)
    except OSError:  # a dangling link, or a loop of links
        found = os.lstat(nearest)
    real, error = os.path.realpath(nearest), _listing_error(path)
    is_folder = os.path.isdir(nearest)
    return CheckedFolder(
        path=path,
        nearest=nearest,
        error=error,
        link=os.readlink(nearest) if os.path.islink(nearest) else "",
        is_folder=is_folder,
        writable=is_folder and os.access(nearest, os.W_OK | os.X_OK),
        read_only=is_folder and bool(os.statvfs(nearest).f_flag & os.ST_RDONLY),
        owner=found.st_uid,
        mode=found.st_mode,
        dev=found.st_dev,
        ino=found.st_ino,
        mount=mount_of(os.path.realpath(path) if error in GONE else real, mounts)[0] or _mount_point(real),
        kind=filesystem(real, mounts),
        remote=remote_filesystem(real, mounts),
        attributes=is_folder and _supports_attributes(nearest),
    )


def _listing_error(path: str) -> int:
    """Return the errno of listing it: servers and macOS's privacy settings refuse what the permissions allow."""
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


def _supports_attributes(path: str) -> bool:
    """Return whether reading a missing attribute fails because it is missing, not because it is unsupported."""
    if not hasattr(os, "getxattr"):
        return True
    try:
        os.getxattr(path, "user.snapsort")
    except OSError as error:
        return error.errno not in (errno.ENOTSUP, errno.ENOSYS)
    return True


def not_writable(folder: CheckedFolder, uid: int, home: str, instead: str) -> tuple[str, str]:
    """Return why nothing can be written there, and the fix: `instead` if the folder is not below `home`."""
    own, word = is_inside(folder.nearest, home), quoted(folder.nearest)
    if folder.read_only:
        care = "on disk errors (`sudo dmesg`), back the disk up first; else "
        removable = is_inside(folder.mount, home) or is_removable(folder.mount)
        return (
            "is on a file system that is mounted read-only",
            care + (f"`sudo mount -o remount,rw {quoted(folder.mount)}`" if removable else instead),
        )
    where = "" if folder.nearest == folder.path else f", because nothing may be created in {folder.nearest}"
    sentence = f"is not writable for you{where}"
    if folder.owner == uid and folder.mode & 0o300 != 0o300:
        return sentence, f"`chmod u+rwx {word}`"
    if not own:
        return sentence, instead
    if folder.owner != uid:
        return sentence, f"it belongs to user {folder.owner}: `sudo chown {uid} {word}`"
    return sentence, f"if `lsattr -d {word}` shows an i, it is marked immutable: `sudo chattr -i {word}`"


@dataclass(frozen=True, slots=True)
class Space:
    """The free space on one file system."""

    mount: str
    bytes: int
    inodes: int | None
    """None if the file system allocates them dynamically."""
    uses: tuple[str, ...]


def spaces(folders: Sequence[tuple[str, CheckedFolder]]) -> list[Space]:
    """Return the free space on each file system of these folders, which are paired with their use in words."""
    uses: dict[int, list[tuple[str, CheckedFolder]]] = {}
    for use, folder in folders:
        uses.setdefault(folder.dev, []).append((use, folder))
    found = []
    for group in uses.values():
        state = os.statvfs(group[0][1].nearest)
        found.append(
            Space(
                mount=group[0][1].mount,
                bytes=state.f_bavail * state.f_frsize,
                inodes=state.f_favail if state.f_files else None,
                uses=tuple(dict.fromkeys(use for use, _ in group)),
            )
        )
    return found


def check_space(space: Space) -> Iterator[Finding]:
    """Check the free bytes and the free inodes."""
    what = f"{space.mount} ({', '.join(space.uses)})"
    fix = f"delete or move away large files: `du -xh {quoted(space.mount)} | sort -h | tail`"
    if space.inodes is not None and space.inodes < LOW_INODES:
        judge = warning if space.inodes else problem
        yield judge(
            SPACE,
            f"{space.mount} has inodes for only {space.inodes} more files",
            f"find folders with many files: `du -x --inodes {quoted(space.mount)} | sort -n | tail`",
        )
    if space.bytes < FULL_BYTES:
        yield problem(SPACE, f"{what} is full: {size_words(space.bytes)} free", fix)
    elif space.bytes < LOW_BYTES:
        yield warning(SPACE, f"{what} is nearly full: {size_words(space.bytes)} free", fix)
    else:
        yield ok(SPACE, f"{what}: {size_words(space.bytes)} free")
