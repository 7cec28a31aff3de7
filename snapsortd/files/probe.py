"""Probe what a file system can do, by trying it in a private folder of our own there."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass

from snapsortd.domain.names import OWN_PREFIX
from snapsortd.files.adapted_names import LOOK_ALIKES
from snapsortd.files.attributes import read_attribute, write_attribute
from snapsortd.files.folders import Folder, PathInFolder
from snapsortd.files.metadata import TIME_STEPS_NS
from snapsortd.files.private import discard_private, leave_private, private_folder
from snapsortd.files.rename import rename_noreplace

PREFIX = f"{OWN_PREFIX}probe."
LEFT_AFTER_S = 3600
"""Age after which the probe of another computer is a leftover: that process was killed."""
WITHOUT_OWNERS = frozenset({"vfat", "msdos", "exfat", "fuse.exfat", "fuseblk", "fuse.rclone"})
"""File systems whose files all belong to the one who mounted them; asked where we may not give a file away."""
WRITES_LATE = frozenset({
    *("fuse.rclone", "fuse.s3fs", "fuse.s3backer", "fuse.goofys", "fuse.geesefs", "fuse.gcsfuse", "fuse.blobfuse"),
    *("fuse.blobfuse2", "fuse.onedriver", "fuse.google-drive-ocamlfuse"),
})  # fmt: skip
"""Drivers that upload a file some time after it was closed, by its name, over whatever has that name by then."""
_DOUBTFUL = '"*:<>?\\|'
_CONTROL = frozenset(map(chr, range(1, 32)))
_NOT_UTF8 = frozenset(map(chr, range(0xDC80, 0xDD00)))
_TIME_NS = 1_000_000_001_123_456_789
"""An odd second with digits in every place."""


LASTING_INODES = frozenset({
    *("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "nilfs2", "reiserfs", "bcachefs", "tmpfs"),
    *("apfs", "hfs", "hfsplus", "ntfs3", "nfs", "nfs4"),
})  # fmt: skip
"""File systems that store inode numbers, so that a file keeps its own for as long as it exists."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of one mounted file system."""

    filesystem: str
    """Its type, such as `ext4` or `fuse.sshfs`; empty if unknown."""
    noreplace_rename: bool
    """A rename that fails where the name is taken."""
    hard_links: bool
    """A second name of a file has the same inode number, and the file counts two links."""
    placeholders: bool
    """What was created is written before another file is renamed over it."""
    lasting_inodes: bool
    """Inode numbers survive a remount."""
    time_step_ns: int
    """The step to which modification times are stored, in ns."""
    folds_case: bool
    """`A.png` and `a.png` are one name."""
    folds_unicode: bool
    """The composed and the decomposed form of a character are one name."""
    modes: bool
    owners: bool
    """The owner that a file is given is kept; without the right to give one: that the file's own is ours."""
    xattrs: bool
    forbidden: frozenset[str]
    """Characters that no name can have; bytes that are not UTF-8 are the surrogates that stand for them in Python."""
    trims_dots: bool
    """A name can't end in a dot or a space."""
    reserved_names: bool
    """The device names of DOS, such as `CON` and `aux.txt`, can't be used."""
    trash: bool
    """There is, or can be, a trash folder of ours at the top."""


def probe(folder: Folder, top: str, filesystem: str) -> Capabilities:
    """Return what the file system of `folder`, mounted at `top`, can do.

    Raise OSError if we can't create files there.
    """
    remove_probes(folder)
    name = _new_name()
    with private_folder(folder, name) as inner:
        try:
            return _probe(inner, top or folder.path, filesystem)
        finally:
            discard_private(folder, name)


def shows(folder: Folder, other: Folder) -> bool:
    """True if a folder that we create in `folder` is in `other` too: both are the same, through two mounts."""
    name = _new_name()
    with suppress(OSError), private_folder(folder, name):
        try:
            return PathInFolder(other, name).look() is not None
        finally:
            leave_private(folder, name)
    return False


def _probe(inner: Folder, top: str, filesystem: str) -> Capabilities:
    fd = _create(inner, "a.probe")
    try:
        return Capabilities(
            filesystem=filesystem,
            noreplace_rename=_renames_without_replacing(inner),
            hard_links=_has_links(inner, fd),
            placeholders=filesystem not in WRITES_LATE,
            lasting_inodes=filesystem in LASTING_INODES,
            time_step_ns=_time_step(fd),
            folds_case=_exists(inner, "A.PROBE"),
            folds_unicode=_takes(inner, "\u00e9") and _exists(inner, "e\u0301"),
            modes=_keeps_modes(fd),
            owners=_keeps_owners(fd, filesystem),
            xattrs=_keeps_attributes(fd),
            forbidden=_forbidden(inner),
            trims_dots=not (_takes(inner, "dot.") and _takes(inner, "space ")),
            reserved_names=not (_takes(inner, "CON") and _takes(inner, "aux.txt")),
            trash=_may_have_trash(top),
        )
    finally:
        os.close(fd)


def remove_probes(folder: Folder) -> None:
    """Remove the folders of probes that were killed. Raise OSError if `folder` can't be read."""
    for name in filter(lambda each: each.startswith(PREFIX), folder.names()):
        with suppress(OSError):
            seen = os.stat(name, dir_fd=folder.fd, follow_symlinks=False)
            age = os.fstat(folder.fd).st_mtime - seen.st_mtime  # both by the clock of the file system
            if seen.st_uid == os.getuid() and (age > LEFT_AFTER_S or _has_ended(name)):
                discard_private(folder, name)


def _new_name() -> str:
    return f"{PREFIX}{_host()}.{os.getpid()}.{os.urandom(4).hex()}"


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _has_ended(name: str) -> bool:
    """True if the process that gave this name ran on this computer, and runs no more."""
    host, _, rest = name.removeprefix(PREFIX).partition(".")
    number = rest.partition(".")[0]
    if host != _host() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _create(inner: Folder, name: str) -> int:
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=inner.fd)


def _takes(inner: Folder, name: str) -> bool:
    """True if a file can have this name, and is listed by it; macOS may list another form of it."""
    try:
        os.close(_create(inner, name))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return name in inner.names() or (sys.platform == "darwin" and _exists(inner, name))


def _exists(inner: Folder, name: str) -> bool:
    try:
        return PathInFolder(inner, name).look() is not None
    except OSError:
        return False


def _renames_without_replacing(inner: Folder) -> bool:
    """True if the rename works, and refuses a name that is taken: some drivers ignore its flag."""
    os.close(_create(inner, "from.probe"))
    try:
        rename_noreplace(PathInFolder(inner, "from.probe"), PathInFolder(inner, "to.probe"))
    except OSError:
        return False
    try:
        rename_noreplace(PathInFolder(inner, "to.probe"), PathInFolder(inner, "a.probe"))
    except FileExistsError:
        return True
    except OSError:
        return False
    return False


def _has_links(inner: Folder, fd: int) -> bool:
    try:
        os.link("a.probe", "link.probe", src_dir_fd=inner.fd, dst_dir_fd=inner.fd, follow_symlinks=False)
        found = os.stat("link.probe", dir_fd=inner.fd, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(found, os.fstat(fd)) and found.st_nlink == 2


def _time_step(fd: int) -> int:
    os.utime(fd, ns=(_TIME_NS, _TIME_NS))
    found = os.fstat(fd).st_mtime_ns
    return next((step for step in TIME_STEPS_NS if found == _TIME_NS - _TIME_NS % step), TIME_STEPS_NS[-1])


def _keeps_modes(fd: int) -> bool:
    for mode in (0o640, 0o600):
        with suppress(OSError):
            os.fchmod(fd, mode)
        if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            return False
    return True


def _keeps_owners(fd: int, filesystem: str) -> bool:
    mine = os.fstat(fd)
    if os.geteuid() != 0:
        return mine.st_uid == os.geteuid() and filesystem not in WITHOUT_OWNERS
    other = (mine.st_uid + 1, mine.st_gid + 1)
    try:
        os.fchown(fd, *other)
    except OSError:
        return False
    found = os.fstat(fd)
    return (found.st_uid, found.st_gid) == other


def _keeps_attributes(fd: int) -> bool:
    try:
        write_attribute(fd, "user.snapsort.probe", b"1")
        return read_attribute(fd, "user.snapsort.probe") == b"1"
    except OSError:
        return False


def _forbidden(inner: Folder) -> frozenset[str]:
    """Return the characters that no name can have; one control character, byte and look-alike stand for their kinds."""
    found = {each for each in _DOUBTFUL if not _takes(inner, f"a{each}b")}
    if not _takes(inner, "a\x07b"):
        found |= _CONTROL
    if not _takes(inner, "a\udcffb"):
        found |= _NOT_UTF8
    if not _takes(inner, "a\uff1ab"):
        found |= set(LOOK_ALIKES.values())
    return frozenset(found)


def _may_have_trash(top: str) -> bool:
    own = os.path.join(top, f".Trash-{os.getuid()}")
    return sys.platform == "darwin" or os.access(own if os.path.isdir(own) else top, os.W_OK | os.X_OK)
