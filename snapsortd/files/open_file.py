"""A file that is held open, from the moment an image is opened until it is moved."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.domain.file import FileIdentity, Stat
from snapsortd.domain.image import FileFacts
from snapsortd.files.copy import hash_fd
from snapsortd.files.download_origin import download_urls
from snapsortd.files.file_times import birth_time, time_added
from snapsortd.files.folders import NotARegularFile, PathInFolder, close, lstat, open_place, to_stat
from snapsortd.files.identity import is_version
from snapsortd.files.os_errors import in_words

NOT_OPEN = -1
"""The descriptor of a symlink, which cannot be opened itself."""

EARLIEST_S, LATEST_S = -62_000_000_000.0, 253_000_000_000.0
"""The years 5 to 9987, in seconds since 1970: Python can't calculate with dates beyond them."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file held open in its open folder, so that the file that is moved is the one that was classified."""

    place: PathInFolder
    fd: int
    """Read-only; NOT_OPEN for a symlink."""
    stat: os.stat_result
    sha256: bytes = b""
    """The SHA-256 of its content; empty until it is hashed."""

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def root(self) -> str:
        """Return the part of `path` below which no symlink was followed."""
        return self.place.folder.root

    @property
    def identity(self) -> FileIdentity:
        """Return the identity of the file when it was opened."""
        return to_stat(self.stat).identity

    def hashed(self) -> OpenFile:
        """Return the same file with the SHA-256 of its content.

        Raise FileChanged if it changed since it was opened, OSError as the system reports it.
        """
        if self.sha256:
            return self
        sha256 = hash_fd(self.fd)
        if not to_stat(os.fstat(self.fd)).identity.is_unchanged_since(self.identity):
            raise FileChanged("the file changed while it was read")
        return replace(self, sha256=sha256)

    def is_unchanged(self) -> bool:
        """True if the open file still is the version that was opened. Raise OSError as the system reports it."""
        found = to_stat(os.fstat(self.fd)).identity
        return found.is_unchanged_since(self.identity) or is_version(self.fd, self.identity, self.sha256)

    def is_at(self, found: Stat | None) -> bool:
        """True if `found`, the `lstat` of a name, is this file, and it still is the version that was opened."""
        if found is None or not found.identity.is_same_file(self.identity):
            return False
        return found.identity.is_unchanged_since(self.identity) or (self.fd != NOT_OPEN and self.is_unchanged())

    def is_in_place(self) -> bool:
        """True if the path certainly still leads to the version that was opened."""
        try:
            return self.is_at(lstat(self.path, self.root))
        except OSError:
            return False


@contextmanager
def open_file(path: str, root: str) -> Iterator[OpenFile]:
    """Open a regular file read-only, following no symlink below `root` and not waiting on a FIFO.

    Raise FileChanged if it is gone or not a regular file, MoveRefused if it can't be opened.
    """
    with ExitStack() as held:
        try:
            place = held.enter_context(open_place(path, root))
            fd = place.open()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise FileChanged("the file is gone") from None
            if error.errno in (errno.ELOOP, errno.ENXIO) or isinstance(error, NotARegularFile):
                raise FileChanged("it is not a regular file") from None
            raise MoveRefused(f"it cannot be opened: {error.strerror}", "check its permissions") from None
        held.callback(close, fd)
        yield OpenFile(place, fd, os.fstat(fd))


@contextmanager
def reopen_folder(file: OpenFile) -> Iterator[OpenFile]:
    """Yield the same open file in the folder that its path leads to now, which may be another one.

    Raise FileChanged if the folder is gone, MoveRefused if it can't be opened.
    """
    with ExitStack() as held:
        try:
            place = held.enter_context(open_place(file.path, file.root))
        except OSError as error:
            gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
            kind = FileChanged if gone else MoveRefused
            raise kind(f"its folder cannot be opened: {in_words(error)}") from error
        yield replace(file, place=place)


def file_facts(file: OpenFile, image_format: str, since: float | None = None) -> FileFacts:
    """Return the facts from the file system.

    `created` is the last change where no time of birth is recorded. `since` is the latest time, in seconds since 1970,
    at which the file certainly was in its folder; None if that is unknown.
    """

    def local(seconds: float) -> datetime:
        # A file system can store times that `datetime` can't represent.
        return datetime.fromtimestamp(min(max(seconds, EARLIEST_S), LATEST_S), UTC).astimezone()

    modified, born = file.stat.st_mtime, birth_time(file.fd, file.stat)
    return FileFacts(
        file.path,
        file.root,
        file.identity,
        local(modified if born is None else born),
        local(modified),
        image_format,
        download_urls(file.fd),
        local(_added(file, born, since)),
        is_birth_known=born is not None,
    )


def _added(file: OpenFile, born: float | None, since: float | None) -> float:
    """Return when the file came to its folder, in seconds since 1970: at the latest when its inode was last changed,
    by which a rename shows, or when it was known to be there, and not before its birth."""
    if (reported := time_added(file.fd)) is not None:
        return reported
    shows_renames = born is not None or file.identity.shows_changes
    latest = [file.stat.st_ctime] if shows_renames else []
    return max(min([*latest, *([] if since is None else [since])], default=time.time()), born or EARLIEST_S)
