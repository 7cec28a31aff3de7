"""Mounted file systems: remote ones, which do not report changes made elsewhere, and disks that are not mounted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

MOUNTS = "/proc/self/mountinfo"
FSTAB = "/etc/fstab"
UUIDS = "/dev/disk/by-uuid"
_UUID, _FILE = "uuid:", "file:"
# fmt: off
REMOTE = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2", "glusterfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "virtiofs",
    "vmhgfs",
})
# fmt: on
"""Network and host-shared file systems: inotify reports only this machine's own changes."""
LOCAL_FUSE = frozenset({"fuseblk", "fuse.mergerfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs", "fuse.bindfs"})
"""FUSE file systems that are local. Every other fuse.* counts as remote: most are, and a needless scan does no harm."""


def mounted(mounts: str = MOUNTS) -> dict[int, str]:
    """Return the mount point of everything that is mounted, by its number from proc_pid_mountinfo(5), lowest first;
    empty if the system does not report them."""
    found = {}
    with suppress(OSError, IndexError, ValueError), open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            fields = line.split(" ")
            found[int(fields[0])] = _unescape(fields[4])
    return found


def mount_number(path: str, mounts: Mapping[int, str]) -> int | None:
    """Return the number of the mount that `path` (resolved) is on; None if it is unknown."""
    above = [(len(point), order, number) for order, (number, point) in enumerate(mounts.items()) if is_in(path, point)]
    return max(above)[2] if above else None


def remote_filesystem(path: str, mounts: str = MOUNTS) -> str:
    """Return the type of the network file system that `path` (resolved) is on; empty if it is local or unknown."""
    kind = filesystem(path, mounts)
    remote = kind in REMOTE or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)
    return kind if remote else ""


def filesystem(path: str, mounts: str = MOUNTS) -> str:
    """Return the file system type at `path` (resolved) from proc_pid_mountinfo(5); empty if it is unknown."""
    return mount_of(path, mounts)[1]


def mount_of(path: str, mounts: str = MOUNTS) -> tuple[str, str]:
    """Return the mount point above `path` (resolved) and its file system type; both empty if they are unknown."""
    found = ("", "")
    for point, kind in _mounted(mounts):
        # Of two mounts on the same point, the later one hides the earlier.
        if is_in(path, point) and len(point) >= len(found[0]):
            found = point, kind
    return found


def mount_points(mounts: str = MOUNTS) -> frozenset[str]:
    """Return all mount points; none if the system does not report them."""
    return frozenset(point for point, *_ in _mounted(mounts))


def absent_disk(path: str, mounts: str = MOUNTS, fstab: str = FSTAB) -> str:
    """Return the mount point above `path` (resolved) if it is listed in fstab(5) but not mounted; else empty."""
    point = max((each for each in _planned(fstab) if is_in(path, each)), key=len, default="")
    mounted = {each for each, _ in _mounted(mounts)}
    return point if mounted and point not in mounted else ""


def disk_of(fd: int) -> str:
    """Return a name of the disk that an open file or folder is on, which lasts longer than device numbers.

    It is the UUID of its file system, the file behind a loop device, or the place that a network file system was
    mounted from; empty if there is none, or the system does not report it.
    """
    mount = _mount_of_open(fd)
    if not mount:
        return ""
    fields, _, rest = mount.partition(" - ")
    kind, source = rest.split(" ")[:2]
    if not source.startswith("/dev/"):
        return _unescape(source) if kind == "zfs" or "/" in source or ":" in source else ""
    # Subvolumes of one btrfs are disks of their own: one may be mounted while another is not.
    part = _unescape(fields.split(" ")[3]) if kind == "btrfs" else ""
    name = _name_of_device(_unescape(source))
    return name and name + part


def filesystem_of(fd: int) -> str:
    """Return the type of the file system that an open file is on; empty if the system does not report it."""
    return _mount_of_open(fd).partition(" - ")[2].split(" ")[0]


def _mount_of_open(fd: int) -> str:
    """Return the line of proc_pid_mountinfo(5) of an open file; empty if the system does not report it."""
    try:
        with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as lines:
            number = next(line.split()[1] for line in lines if line.startswith("mnt_id:"))
        with open(MOUNTS, encoding="utf-8", errors="backslashreplace") as lines:
            return next(line for line in lines if line.startswith(f"{number} "))
    except (OSError, StopIteration):
        return ""


def is_certain(disk: str) -> bool:
    """True if a disk with another certain name is certainly another one."""
    return disk.startswith((_UUID, _FILE))


def _name_of_device(path: str) -> str:
    with suppress(OSError):
        device = os.stat(path).st_rdev
        with suppress(OSError), os.scandir(UUIDS) as links:
            for link in links:
                if link.stat().st_rdev == device:
                    return _UUID + link.name
        with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/loop/backing_file", "rb") as file:
            return _FILE + file.read().rstrip(b"\n").decode("utf-8", "backslashreplace")
    return ""


def _mounted(mounts: str) -> Iterator[tuple[str, str]]:
    """Yield every mount point and its file system type, lowest first; nothing if the system does not report them."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                fields, _, kind = line.partition(" - ")
                yield _unescape(fields.split(" ")[4]), kind.split(" ")[0]
    except (OSError, IndexError):
        return


def _planned(fstab: str) -> Iterator[str]:
    try:
        with open(fstab, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                fields = line.split()
                if len(fields) > 1 and fields[0][0] != "#" and fields[1].startswith("/"):
                    yield _unescape(fields[1]).rstrip("/") or "/"
    except OSError:
        return


def is_in(path: str, point: str) -> bool:
    """Return True if `path` is this mount point or below it."""
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescape(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field
