"""Which folders lie on a file system that tells nobody of changes made elsewhere."""

from __future__ import annotations

MOUNTS = "/proc/self/mountinfo"
# fmt: off
REMOTE = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2", "glusterfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "virtiofs",
    "vmhgfs",
})
# fmt: on
"""Network and host-shared file systems: inotify reports only what this machine does."""
LOCAL_FUSE = frozenset({"fuseblk", "fuse.mergerfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs", "fuse.bindfs"})
"""Every other fuse.* file system counts as remote: most are, and a needless scan does no harm."""


def remote_filesystem(path: str, mounts: str = MOUNTS) -> str:
    """The type of the network file system that `path` (resolved) lies on; empty if it is local or not known."""
    kind = filesystem(path, mounts)
    remote = kind in REMOTE or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)
    return kind if remote else ""


def filesystem(path: str, mounts: str = MOUNTS) -> str:
    """The file system type at `path` (resolved), as proc_pid_mountinfo(5) tells; empty if that is not known."""
    found, longest = "", -1
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                fields, _, kind = line.partition(" - ")
                point = _unescape(fields.split(" ")[4])
                inside = path == point or path.startswith(point.rstrip("/") + "/")
                # Of two mounts on one point the later lies on top.
                if inside and len(point) >= longest:
                    found, longest = kind.split(" ")[0], len(point)
    except (OSError, IndexError):
        return ""
    return found


def _unescape(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field
