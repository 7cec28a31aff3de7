"""The note beside a file in the trash: where it came from, and when (freedesktop.org, "Trash specification" 1.0).

It is published whole under a name that nobody has, so that it is never half-written; and a line of our own, which
the specification lets us add, tells it from that of any other program.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote

from snapsortd.domain.entry import Entry, aside_name, mark, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.files.copy import write_all
from snapsortd.files.folders import PathInFolder, below, make_folder, open_folder
from snapsortd.files.remove import put_back, remove_exactly
from snapsortd.files.rename import rename_noreplace
from snapsortd.files.sync import sync, sync_folder

FILES, INFO, SUFFIX = "files", "info", ".trashinfo"
MOST_BYTES = 64 << 10
"""A path has at most 4096 bytes, three times as many when it is escaped."""


def info_of(path: str) -> str:
    """The note that belongs to what lies at `path` in a trash; empty where there is none, as on macOS."""
    folder, name = os.path.split(path)
    trash, inner = os.path.split(folder)
    return os.path.join(trash, INFO, name + SUFFIX) if inner == FILES else ""


def write_info(entry: Entry) -> None:
    """Make the note for what `entry` is about to throw away, on the disk. FileExistsError: its name is taken."""
    path = info_of(entry.intent.target)
    with make_folder(entry.intent.target_root, below(os.path.dirname(path), entry.intent.target_root), 0o700) as folder:
        temporary = PathInFolder(folder, temporary_name(entry))
        fd = _make(temporary)
        try:
            _write(fd, _text(entry))
            rename_noreplace(folder.fd, temporary.name, folder.fd, os.path.basename(path))
        except BaseException:
            temporary.remove()
            sync_folder(folder.fd)
            raise
        sync_folder(folder.fd)


def discard_info(entry: Entry) -> None:
    """Remove the note that was made for `entry`, or, where it takes a file out of the trash, for that; and no other."""
    forth = entry.goes_to_trash
    path = info_of(entry.intent.target if forth else entry.intent.source)
    root = entry.intent.target_root if forth else entry.intent.source_root
    number = entry.id if forth else entry.intent.reverses
    if not path or number is None:
        return
    ours = _line(number, entry.intent.sha256)

    def is_ours(place: PathInFolder) -> bool:
        return ours in _read(place).split(b"\n")

    with suppress(FileNotFoundError, NotADirectoryError), open_folder(os.path.dirname(path), root) as folder:
        place, aside = PathInFolder(folder, os.path.basename(path)), PathInFolder(folder, aside_name(entry))
        PathInFolder(folder, temporary_name(entry)).remove()
        if is_ours(aside):  # we were killed while we removed it
            aside.remove()
        put_back(aside, place)
        if is_ours(place):
            remove_exactly(place, aside.name, is_ours)
        sync_folder(folder.fd)


def _text(entry: Entry) -> bytes:
    when = datetime.fromtimestamp(entry.at).isoformat(timespec="seconds")  # noqa: DTZ006 local time, as it is specified
    path = quote(os.fsencode(_shown_path(entry)))
    lines = (
        b"[Trash Info]",
        f"Path={path}".encode(),
        f"DeletionDate={when}".encode(),
        _line(entry.id, entry.intent.sha256),
    )
    return b"\n".join(lines) + b"\n"


def _line(number: int, sha256: bytes) -> bytes:
    return f"X-Snapsortd={mark(number, sha256)}".encode()


def _shown_path(entry: Entry) -> str:
    """Absolute for the home trash; for that of another disk from the top of this on."""
    home = os.path.dirname(os.path.dirname(entry.intent.target)) == entry.intent.target_root
    if home:
        return entry.intent.source
    folder, name = os.path.split(entry.intent.source)
    path, top = os.path.join(os.path.realpath(folder), name), os.path.realpath(entry.intent.target_root).rstrip("/")
    return path.removeprefix(f"{top}/")


def _make(place: PathInFolder) -> int:
    """A new file. MoveRefused: something has our own name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(place.name, flags, 0o600, dir_fd=place.folder.fd)
    except FileExistsError as error:  # not to be taken for a name of the trash that is taken
        raise MoveRefused(f"{place.path} is in the way", "remove it") from error


def _write(fd: int, content: bytes) -> None:
    try:
        write_all(fd, content, 0)
        sync(fd)
    finally:
        os.close(fd)


def _read(place: PathInFolder) -> bytes:
    """What the file holds; nothing if it is none, or can't be read."""
    try:
        fd = place.open()
    except OSError:
        return b""
    try:
        return os.pread(fd, MOST_BYTES, 0)
    finally:
        os.close(fd)
