"""Leave alone what is in a folder when it is watched for the first time."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import islice

from snapsortd.domain.file import FileIdentity
from snapsortd.domain.text import count
from snapsortd.files.folders import lstat
from snapsortd.pipeline.session import Session
from snapsortd.watch.candidates import WatchFolder
from snapsortd.watch.stillness import CLOCK_STEP_S

log = logging.getLogger("snapsortd")

AT_A_TIME = 200


class FirstLook:
    """Finds out which files were in the watched folders before."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._left = session.journal.left_images

    def begin(self) -> None:
        """Record since when the folders of the configuration are watched; those that do not exist yet, too.

        Raise JournalError.
        """
        for folder in self._session.config.watch:
            if folder.files_existing:
                self._left.release(folder.path)
            else:
                scope = repr((folder.subfolders, folder.ignore, folder.exclude))
                self._left.watch(folder.path, scope, self._session.clock())

    def take_note(self, folder: WatchFolder, paths: Iterator[str]) -> Iterator[str]:
        """Yield the `paths` found in a folder, after those that were there before are recorded as such."""
        since = self._left.watched_since(folder.path)
        if since is None:
            yield from paths
            return
        while some := list(islice(paths, AT_A_TIME)):
            self._left.leave(_unchanged_since(since - CLOCK_STEP_S, some, folder), self._session.clock())
            yield from some
        if not os.path.isdir(folder.path):  # it vanished, perhaps with its disk
            return
        self._left.looked_through(folder.path)
        if images := len(self._left.existing(folder.path)):
            log.info(
                "%s: %s there before, left alone; `snapsortctl sort --left` files what matches your rules",
                folder.path,
                count(images, "image") + (" was" if images == 1 else " were"),
            )


def _unchanged_since(since: float, paths: list[str], folder: WatchFolder) -> Iterator[tuple[str, FileIdentity]]:
    """Yield the files that have been in the folder, and as they are, since before that time."""
    for path in paths:
        found = lstat(path, folder.path)
        if found is not None and found.is_regular and _changed(found.identity) < since * 1e9:
            yield path, found.identity


def _changed(identity: FileIdentity) -> int:
    """Return when a file was changed, renamed or moved last, in ns since 1970."""
    return identity.ctime_ns or identity.mtime_ns
