"""Remove folders that filing has emptied, where `prune_empty: true` asks for it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence

from snapsortd.config import WatchFolder
from snapsortd.files.empty_folder import Removal, remove_if_empty
from snapsortd.files.folders import open_place
from snapsortd.journal import Journal

QUIET_S = 60.0
"""A folder in which anything changed more recently is left for now: a program may be about to write the next file."""


class EmptiedFolders:
    """The folders from which images were moved. Threads may share it. After a crash, they stay."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._noted: dict[str, str] = {}
        """The folders, and the watched folder that each is in."""
        self.watch: Sequence[WatchFolder] = ()

    def note(self, path: str) -> None:
        """Note that a file was moved away from `path`."""
        folder = os.path.dirname(path)
        above = [each for each in self.watch if f"{folder}/".startswith(f"{each.path.rstrip('/')}/")]
        innermost = max(above, key=lambda each: len(each.path), default=None)
        if innermost is not None and innermost.prune_empty and folder != innermost.path:
            self._noted[folder] = innermost.path

    def prune(self, quiet: float = QUIET_S) -> None:
        """Remove those that are empty and have not changed for `quiet` seconds, and those around them that then are."""
        for folder in tuple(self._noted):
            root = self._noted.pop(folder)
            while folder != root and self._remove(folder, root, quiet):
                folder, quiet = os.path.dirname(folder), 0.0

    def _remove(self, folder: str, root: str, quiet: float) -> bool:
        """Remove a folder; return True if it is gone. One with permissions of its own, which undo could not restore,
        stays."""
        if os.path.realpath(folder) in {os.path.realpath(each.path) for each in self.watch}:
            return False
        try:
            with open_place(folder, root) as place:
                found = os.stat(place.name, dir_fd=place.folder.fd, follow_symlinks=False)
                above = os.fstat(place.folder.fd)
                if (found.st_uid, stat.S_IMODE(found.st_mode)) != (above.st_uid, stat.S_IMODE(above.st_mode)):
                    return False
                if time.time() - found.st_mtime < quiet:
                    self._noted[folder] = root
                    return False
                removed = remove_if_empty(place, found.st_ino) is Removal.GONE
        except OSError:
            return False
        if removed:
            self._journal.folders.was_pruned(folder, root, found.st_ino)
        return removed
