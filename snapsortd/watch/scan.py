"""Scan a watched folder for candidate files."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator

from snapsortd.watch.candidates import WatchFolder, is_candidate, is_searched


def scan(folder: WatchFolder, others: Collection[str] = ()) -> Generator[str]:
    """Yield the paths of all candidate regular files in `folder`, in the order of the file system.

    Symlinks below the folder are not followed. Folders that vanish or cannot be read are skipped, and so are
    `others`: paths of watched folders that have scans of their own. One folder is open at a time; close the
    iterator to close it early.
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
                    case "folder" if folder.subfolders and entry.path not in others:
                        if is_searched(entry.path, folder):
                            waiting.append(entry.path)


def _read(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    """Yield the entries up to the first error, which means that the folder or its disk disappeared."""
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
