"""The info file of a file in the trash: its origin and time of deletion (freedesktop.org, "Trash specification" 1.0).

It is published atomically under an unused name, so that it is never half-written. A line of our own, which the
specification allows, distinguishes it from that of any other program.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote

from snapsortd.domain.entry import Entry, mark, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.files.copy import write_all
from snapsortd.files.folders import PathInFolder, below, make_folder, open_folder
from snapsortd.files.remove import drop_placeholder, each_aside, publish, put_back, remove_exactly
from snapsortd.files.sync import sync, sync_folder

FILES, INFO, SUFFIX = "files", "info", ".trashinfo"
MAX_INFO_BYTES = 64 << 10
"""Bytes that are read: a path has at most 4096 bytes, three times as many when it is escaped."""


def info_path(path: str) -> str:
    """Return the path of the info file of the file at `path` in a trash; empty if it has none, as on macOS."""
    folder, name = os.path.split(path)
    trash, inner = os.path.split(folder)
    return os.path.join(trash, INFO, name + SUFFIX) if inner == FILES else ""


def write_info(entry: Entry) -> None:
    """Create the info file for the file that `entry` moves to the trash, and sync it to the disk.

    Raise FileExistsError if its name is taken.
    """
    path = info_path(entry.intent.target)
    with make_folder(entry.intent.target_root, below(os.path.dirname(path), entry.intent.target_root), 0o700) as folder:
        temporary = PathInFolder(folder, temporary_name(entry))
        fd = _make(temporary)
        try:
            _write(fd, _text(entry))
            publish(temporary, PathInFolder(folder, os.path.basename(path)), temporary.name)
        except BaseException:
            temporary.remove()
            sync_folder(folder.fd)
            raise
        sync_folder(folder.fd)


def discard_info(entry: Entry) -> None:
    """Remove the info file that was created for `entry` or, if it restores a file, for the entry that it reverses.

    No other info file is ever removed.
    """
    trashes = entry.goes_to_trash
    path = info_path(entry.intent.target if trashes else entry.intent.source)
    root = entry.intent.target_root if trashes else entry.intent.source_root
    number = entry.id if trashes else entry.intent.reverses
    if not path or number is None:
        return
    ours = _line(number, entry.intent.sha256)

    def is_ours(place: PathInFolder) -> bool:
        return ours in _read(place).split(b"\n")

    with suppress(FileNotFoundError, NotADirectoryError), open_folder(os.path.dirname(path), root) as folder:
        place, own = PathInFolder(folder, os.path.basename(path)), temporary_name(entry)
        PathInFolder(folder, own).remove()
        drop_placeholder(place, own)
        for aside in each_aside(place, own):  # its removal was interrupted
            if is_ours(aside):
                aside.remove()
            else:
                put_back(aside, place, own)
        if is_ours(place):
            remove_exactly(place, own, is_ours)
        sync_folder(folder.fd)


def _text(entry: Entry) -> bytes:
    when = datetime.fromtimestamp(entry.at).isoformat(timespec="seconds")  # noqa: DTZ006 local time, as it is specified
    path = quote(os.fsencode(_original_path(entry)))
    lines = (
        b"[Trash Info]",
        f"Path={path}".encode(),
        f"DeletionDate={when}".encode(),
        _line(entry.id, entry.intent.sha256),
    )
    return b"\n".join(lines) + b"\n"


def _line(number: int, sha256: bytes) -> bytes:
    return f"X-Snapsortd={mark(number, sha256)}".encode()


def _original_path(entry: Entry) -> str:
    """Return the source path: absolute in the home trash, relative to the top of the disk in another trash."""
    home = os.path.dirname(os.path.dirname(entry.intent.target)) == entry.intent.target_root
    if home:
        return entry.intent.source
    folder, name = os.path.split(entry.intent.source)
    path, top = os.path.join(os.path.realpath(folder), name), os.path.realpath(entry.intent.target_root).rstrip("/")
    return path.removeprefix(f"{top}/")


def _make(place: PathInFolder) -> int:
    """Create a file and return its descriptor. Raise MoveRefused if something has our own temporary name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(place.name, flags, 0o600, dir_fd=place.folder.fd)
    except FileExistsError as error:  # not to be mistaken for a taken name in the trash
        raise MoveRefused(f"{place.path} is in the way", "remove it") from error


def _write(fd: int, content: bytes) -> None:
    try:
        write_all(fd, content, 0)
        sync(fd)
    finally:
        os.close(fd)


def _read(place: PathInFolder) -> bytes:
    """Return the file's content; empty if it is not a regular file or can't be read."""
    try:
        fd = place.open()
    except OSError:
        return b""
    try:
        return os.pread(fd, MAX_INFO_BYTES, 0)
    finally:
        os.close(fd)
