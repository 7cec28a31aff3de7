"""Tell a person who asks why nothing is filed which downloads are unfinished, and for how long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from snapsortd.files.file_times import birth_time
from snapsortd.watch.candidates import WatchFolder, is_searched, owner, why_not_filed
from snapsortd.watch.completeness import is_unfinished_image, unready, unready_name
from snapsortd.watch.left_out import matches

SLICE_S = 0.02
"""Maximum time to read a folder and its subfolders: in very large ones, not every download is listed."""


def unfinished_in(folder: WatchFolder) -> list[tuple[str, str, float]]:
    """Return path, reason and age in seconds of unfinished downloads of images in `folder`."""
    return [(path, unready_name(os.path.basename(path)), _age(path)) for path in _paths(folder)]


def why_and_how_long(path: str, folders: Sequence[WatchFolder]) -> tuple[str, float | None]:
    """Return why the existing file at `path` would not be filed as it is, and its age in seconds if it is not complete.

    The reason is empty if it would be filed, or is in no folder.
    """
    reason, folder = why_not_filed(path, folders), owner(path, folders)
    if not reason or folder is None:
        return "", None
    is_incomplete = reason in (unready_name(os.path.basename(path)), unready(path, folder.path))
    return reason, _age(path) if is_incomplete else None


def _paths(folder: WatchFolder) -> Iterator[str]:
    """Yield their paths, those in the folder itself first."""
    until, searched = time.monotonic() + SLICE_S, [folder.path]
    for path in searched:
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if is_unfinished_image(entry.name) and not matches(entry.name, folder.ignore):
                    yield entry.path
                elif folder.subfolders and entry.is_dir(follow_symlinks=False) and is_searched(entry.path, folder):
                    searched.append(entry.path)
                if time.monotonic() >= until:
                    return


def _age(path: str) -> float:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0.0
    try:
        stat = os.fstat(fd)
        return max(0.0, time.time() - (birth_time(fd, stat) or stat.st_mtime))
    finally:
        os.close(fd)
