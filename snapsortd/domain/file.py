"""Identity and kind of a file or folder, as one `stat` call reports them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The identity of a file and of its version, as its file system reports it: device, inode, size in bytes, times of
    the last modification and of the last change of its inode, in ns since 1970.

    `snapsortd.files.identity` says how much each of them proves. Equality ignores the last one, which a rename changes.
    """

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int = field(default=0, compare=False)
    """0 if it is unknown. No program can set it, and a rename or another link may change it."""

    def is_same_file(self, other: FileIdentity) -> bool:
        """True if both identify the same file, in whatever version."""
        return (self.dev, self.ino) == (other.dev, other.ino)

    def same_version(self, other: FileIdentity) -> bool:
        """True if both seem to be the same version of the same file; device numbers may change over a restart."""
        return (self.ino, self.size, self.mtime_ns) == (other.ino, other.size, other.mtime_ns)

    @property
    def shows_changes(self) -> bool:
        """False if the time of change may be that of modification: many FUSE file systems have no other."""
        return self.ctime_ns not in (0, self.mtime_ns)

    def is_unchanged_since(self, before: FileIdentity) -> bool:
        """True if neither content nor metadata nor a name of the file has changed since `before`."""
        return self.same_version(before) and self.ctime_ns == before.ctime_ns


@dataclass(frozen=True, slots=True)
class Stat:
    """The result of one `lstat`: the identity, the kind of file and the number of hard links."""

    identity: FileIdentity
    is_regular: bool
    nlink: int = 1


@dataclass(frozen=True, slots=True)
class FolderIdentity:
    """The identity of the folder that a path led to, which distinguishes an unmounted disk from a missing file."""

    dev: int
    ino: int

    def could_be(self, other: FolderIdentity) -> bool:
        """False if `other` is certainly another folder: device numbers change over a restart, inodes do not,
        and a mount point without its disk differs in both."""
        return self.dev == other.dev or self.ino == other.ino


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """A folder that was created to file an image: its path and its inode number."""

    path: str
    ino: int
