"""One watched folder: finds it, watches it, and notices that it vanished, returned or was replaced."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable, Mapping

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.api import BaseObserver

from snapsortd.files.mounts import MOUNTS, filesystem, is_in, mount_number, remote_filesystem
from snapsortd.watch.candidates import WatchFolder, is_searched
from snapsortd.watch.inotify import ARRIVALS, open_observer, watch_limit

SCAN_INTERVAL_S = 30.0
"""Interval between scans of a folder for which the system reports no events, or not all."""
MISSING_INTERVAL_S = 5.0
"""Interval between checks for a missing folder, or for one that another daemon files."""
WATCHING = "watching"
MISSING = "missing"
UNMOUNTED = "missing: its disk is not mounted"

Identity = tuple[int, int, frozenset[str]]
"""Device and inode of a folder, and what is mounted on it and below it."""


Claim = Callable[[WatchFolder, tuple[int, int]], str]
"""Takes a folder with its device and inode, or returns a sentence about the daemon that has it."""


def unclaimed(_folder: WatchFolder, _identity: tuple[int, int]) -> str:
    """Take any folder."""
    return ""


class Root:
    """A watched folder. `tend` and `unwatch` call its file system; everything else returns at once.

    It has an observer of its own, whose locks are held while a watch is added: for ever, if the folder does not answer.
    """

    def __init__(
        self,
        folder: WatchFolder,
        on_file: Callable[[str], None],
        on_rescan: Callable[[str], None],
        mounts: str = MOUNTS,
        check_interval: float = math.inf,
        point: str = "",
        claim: Claim = unclaimed,
    ) -> None:
        """Each callback gets a path. `check_interval` is that of a folder for which all events are reported, `point`
        the mount point that it is known to be on."""
        self.folder = folder
        self.state = MISSING
        self.is_ours = False
        """True if it was found and claimed; otherwise it is not scanned."""
        self.due = 0.0
        """The time of the next check without an event."""
        self._on_file = on_file
        self._on_rescan = on_rescan
        self._mounts = mounts
        self._local_interval = self._check_interval = check_interval
        self._claim = claim
        self._is_claimed_elsewhere = False
        self._identity: Identity | None = None
        self.point = point
        """The mount point that it is on; once nothing is mounted there, its path leads to another folder or nowhere."""
        self._is_remote = False
        self._real = ""
        """The path that is watched: that of the folder without symlinks."""
        self._observer: BaseObserver | None = None
        self._lost = False

    def rests(self, now: float) -> bool:
        """Return True if it need not be tended before it is due: on a network mount every access is slow."""
        return (self._is_remote or self._is_claimed_elsewhere) and now < self.due and not self._lost

    def request_scan(self) -> None:
        """Request a scan of this folder."""
        self._on_rescan(self.folder.path)

    def tend(self, now: float, mounts: Mapping[int, str]) -> None:
        """Check the folder, watch it again if necessary, and request a scan that is due; `mounts` is what is mounted.

        Cheap if nothing has changed: a few stats.
        """
        lost, self._lost = self._lost, False
        real = os.path.realpath(self.folder.path)
        found, state = self._find(real, mounts)
        claim = self._claim(self.folder, found[:2]) if found is not None else ""
        self._is_claimed_elsewhere = bool(claim)
        if claim:
            found, state = None, claim
        self.is_ours = found is not None
        if found is None:
            self.unwatch()
            self.state, self.due = state, now + MISSING_INTERVAL_S
            return
        is_new = found != self._identity or lost or not self._is_reported()
        if is_new:
            self.unwatch()
            self._watch(real, mounts)
            self._identity = found
        if is_new or now >= self.due:
            is_watching = self.state == WATCHING
            self.due = now + (self._check_interval if is_watching else SCAN_INTERVAL_S)
            if is_new or not is_watching:
                self.request_scan()

    def unwatch(self) -> None:
        """Stop watching."""
        observer, self._observer = self._observer, None
        self._identity = None
        if observer is not None:
            observer.stop()
            observer.join()

    def events_lost(self) -> None:
        """Called by the observer: the kernel dropped events, or a file system was unmounted."""
        self._lost = True
        self.request_scan()

    def watch_refused(self, error: OSError) -> None:
        """Called by the observer: this folder, or one below it, is not watched."""
        self.state = f"scanning: {watch_limit(error)}"

    def is_searched(self, path: str) -> bool:
        """Return whether a folder, at its real path, is searched. Called by the observer before it is watched."""
        return path == self._real or is_searched(self.folder.path + path[len(self._real) :], self.folder)

    def folder_moved(self) -> None:
        """Called by the observer: it may have been this one, and then its path will report no more events."""
        self.request_scan()

    def _find(self, real: str, mounts: Mapping[int, str]) -> tuple[Identity | None, str]:
        """Return the identity of the folder; None and the state if it cannot be used."""
        is_bare = bool(self.point) and not _is_mounted(self.point, mounts) and is_in(real, self.point)
        try:
            with os.scandir(real):
                found = os.stat(real)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                return None, f"unreadable: {os.strerror(error.errno or 0)}"
            self.point = ""  # if a folder is made there, it is meant
            return None, UNMOUNTED if is_bare or self.state == UNMOUNTED else MISSING
        if is_bare:
            return None, UNMOUNTED
        shown = {f"{number} {point}" for number, point in mounts.items() if self._shows(point, real)}
        return (found.st_dev, found.st_ino, frozenset(shown)), ""

    def _shows(self, point: str, real: str) -> bool:
        """Return True if what is mounted at `point` is seen through this folder."""
        return point == real or (self.folder.subfolders and is_in(point, real))

    def _is_reported(self) -> bool:
        """Return False if a thread that reads its events has ended, which deleting the folder causes."""
        if self._observer is None:
            return True
        return self._observer.is_alive() and all(each.is_alive() for each in self._observer.emitters)

    def _watch(self, real: str, mounts: Mapping[int, str]) -> None:
        self._real = real
        self.point = _mount_point(real, mounts)
        kind = filesystem(real, self._mounts)
        self._check_interval = SCAN_INTERVAL_S if kind.startswith("fuse") else self._local_interval
        self._is_remote = bool(remote_filesystem(real, self._mounts))
        if self._is_remote:
            self.state = f"scanning: changes on {kind} are not reported"
            return
        self.state = WATCHING
        handler = _EventHandler(real, self.folder, self._on_file, self._on_rescan)
        try:
            self._observer = open_observer(self)
            self._observer.schedule(handler, real, recursive=self.folder.subfolders, event_filter=ARRIVALS)
        except OSError as error:
            self.unwatch()
            self.state = f"scanning: {watch_limit(error)}"


class _EventHandler(FileSystemEventHandler):
    """Handles one root's events. They contain its real path (symlinks resolved); callbacks get the configured one."""

    def __init__(
        self,
        real: str,
        folder: WatchFolder,
        on_file: Callable[[str], None],
        on_rescan: Callable[[str], None],
    ) -> None:
        self._real = real
        self._folder = folder
        self._on_file = on_file
        self._on_rescan = on_rescan

    def dispatch(self, event: FileSystemEvent) -> None:
        """Pass a file to `on_file`; request a scan if a folder appeared or vanished."""
        path = os.fsdecode(event.dest_path or event.src_path)
        if not event.is_directory:
            self._on_file(self._folder.path + path[len(self._real) :])
        elif self._folder.subfolders or path == self._real:
            self._on_rescan(self._folder.path)


def _mount_point(path: str, mounts: Mapping[int, str]) -> str:
    """Return the mount point that `path` (resolved) is on."""
    number = mount_number(path, mounts)
    if number is not None:
        return mounts[number]
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _is_mounted(point: str, mounts: Mapping[int, str]) -> bool:
    return point in mounts.values() if mounts else os.path.ismount(point)
