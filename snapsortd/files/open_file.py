"""An image held open, and what the file system tells of it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import FileFacts
from snapsortd.files.download_origin import download_urls
from snapsortd.files.folders import lstat, open_place

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

EARLIEST_S, LATEST_S = -62_000_000_000.0, 253_000_000_000.0
"""The years 5 to 9987, in seconds since 1970: dates beyond can't be reckoned with."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An image held open, so that what was classified is what gets moved."""

    path: str
    root: str
    """The part of `path` below which no symlink was followed."""
    fd: int
    facts: os.stat_result

    @property
    def identity(self) -> FileIdentity:
        return identity_of(self.facts)


def identity_of(facts: os.stat_result) -> FileIdentity:
    """The identity in a stat result."""
    return FileIdentity(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


@contextlib.contextmanager
def open_image(path: str, root: str) -> Iterator[OpenFile]:
    """Open a regular file read-only, following no symlink below `root` and waiting for no FIFO.

    Raises FileChanged if there is none, MoveRefused if it may not be opened.
    """
    try:
        with open_place(path, root) as place:
            fd = os.open(place.name, _READ, dir_fd=place.folder.fd)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise FileChanged("the file is gone") from None
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise FileChanged("it is not a regular file") from None
        raise MoveRefused(f"it cannot be opened: {error.strerror}", "check its permissions") from None
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise FileChanged("it is not a regular file")
        yield OpenFile(path, root, fd, facts)
    finally:
        os.close(fd)


def is_unchanged(image: OpenFile) -> bool:
    """True if the file still lies where it was opened."""
    found = lstat(image.path, image.root)
    return found is not None and found.identity == image.identity


def file_facts(image: OpenFile, image_format: str) -> FileFacts:
    """What the file system knows; creation is the birth time where the system gives it, else the last change."""

    def local(seconds: float) -> datetime:
        # A file system can hold times that no calendar does.
        return datetime.fromtimestamp(min(max(seconds, EARLIEST_S), LATEST_S), UTC).astimezone()

    modified = image.facts.st_mtime
    born = getattr(image.facts, "st_birthtime", modified)
    urls = download_urls(image.fd)
    return FileFacts(image.path, image.root, image.identity, local(born), local(modified), image_format, urls)
