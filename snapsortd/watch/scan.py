"""Looking through a watched folder for what may be images."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator

from snapsortd.watch.candidates import WatchFolder, is_candidate, is_searched


def scan(folder: WatchFolder, others: Collection[str] = ()) -> Generator[str]:
    """The paths of all regular files in `folder` that are candidates, as the file system lists them.

    No symlink below the folder is followed. What vanishes or cannot be read meanwhile is passed over, and so
    are `others`: paths of watched folders that are looked through by themselves. Holds one open folder at a
    time; close the iterator to let go of it early.
    """
    waiting = [folder.path]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:
            continue
        with entries:
            for entry in _read(entries):
                match _kind(entry):
                    case "file" if is_candidate(entry.name, folder.ignore):
                        yield entry.path
                    case "folder" if folder.subfolders and is_searched(entry.name, folder.ignore):
                        if entry.path not in others:
                            waiting.append(entry.path)


def _read(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    """The entries up to the first error: the folder went away, or the disk did."""
    try:
        yield from entries
    except OSError:
        return


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_file(follow_symlinks=False):
            return "file"
        return "folder" if entry.is_dir(follow_symlinks=False) else "other"
    except OSError:
        return "other"
