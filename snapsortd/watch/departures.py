"""Watches folders into which images were filed, and reports that a file has left one: a person may have moved it on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress

from watchdog.events import FileDeletedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from snapsortd.files.file_times import birth_time
from snapsortd.files.mounts import remote_filesystem

MAX_FOLDERS = 16
"""Folders that are watched at a time, each of which takes a thread."""


Identity = tuple[int, int, float | None]
"""Device, inode and birth of a folder: one that is made right after another was removed often gets its inode."""


class Departures(FileSystemEventHandler):
    """The watched folders. `watch` and `stop` call their file systems, and must not be called at the same time."""

    def __init__(self, on_departure: Callable[[], object]) -> None:
        """`on_departure` is called from another thread, and must return at once."""
        self._on_departure = on_departure
        self._observer: BaseObserver | None = None
        self._watched: dict[str, Identity] = {}

    def is_watched(self, folder: str) -> bool:
        """Return True if departures from this folder are reported."""
        return folder in self._watched

    def watch(self, folders: Iterable[str]) -> None:
        """Watch the first of these folders for which the system reports events, instead of those watched before."""
        wanted: dict[str, Identity] = {}
        for folder in folders:
            if len(wanted) == MAX_FOLDERS:
                break
            with suppress(OSError):
                if folder not in wanted and not remote_filesystem(folder):
                    wanted[folder] = _identity(folder)
        if wanted == self._watched and self._are_alive():
            return
        self.stop()
        with suppress(OSError):  # the system's limits: the next rescan looks at what was filed, too
            self._observer = Observer()
            self._observer.start()
            for folder, identity in wanted.items():
                self._observer.schedule(self, folder, event_filter=[FileMovedEvent, FileDeletedEvent])
                self._watched[folder] = identity

    def dispatch(self, event: FileSystemEvent) -> None:
        """Report what the filter lets through."""
        if not event.is_directory:
            self._on_departure()

    def _are_alive(self) -> bool:
        """Return False if a thread has ended, which deleting its folder causes."""
        return self._observer is not None and all(each.is_alive() for each in self._observer.emitters)

    def stop(self) -> None:
        """Watch nothing."""
        observer, self._observer, self._watched = self._observer, None, {}
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()


def _identity(folder: str) -> Identity:
    """Return what tells a folder from every other one. Raise OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        return found.st_dev, found.st_ino, birth_time(fd, found)
    finally:
        os.close(fd)
