"""Watch folders: report files that were created or changed, and folders that must be scanned."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.api import BaseObserver, ObservedWatch

from snapsortd.files.mounts import MOUNTS, remote_filesystem
from snapsortd.watch.candidates import WatchFolder, wanted_in
from snapsortd.watch.inotify import ARRIVALS, open_observer, watch_limit

SCAN_INTERVAL_S = 30.0
"""Interval between scans of a folder for which the system reports no events, or not all."""
MISSING_INTERVAL_S = 5.0
"""Interval between checks for a missing folder, or for one that another daemon files."""
WATCHING = "watching"
MISSING = "missing"
UNMOUNTED = "missing: its disk is not mounted"


@dataclass(slots=True)
class _Root:
    """One watched folder: its real path, the identity of the folder found there, and its watch."""

    folder: WatchFolder
    state: str = MISSING
    identity: tuple[int, int] | None = None
    real: str = ""
    watch: ObservedWatch | None = None
    is_remote: bool = False
    is_mount: bool = False
    """True if it was a mount point; unmounted, the path leads to another folder, empty or not."""
    is_claimed_elsewhere: bool = False
    """True if another daemon files it."""
    due: float = 0.0
    """The time of the next check without an event, if its state requires one."""


class Watcher:
    """Uses native events where the system has them, otherwise periodic scans; checks for missing folders regularly.

    `on_path(path, settle)` reports a file that arrived or was written; `on_rescan(folder)` that this watched folder
    must be scanned, also at the start. Both are called from other threads and must return quickly. `tend`, `start`
    and `stop` must be called from one thread.
    """

    def __init__(
        self,
        folders: Sequence[WatchFolder],
        on_path: Callable[[str, float], None],
        on_rescan: Callable[[str], None],
        mounts: str = MOUNTS,
        claim: Callable[[WatchFolder, tuple[int, int]], str] = lambda _folder, _identity: "",
    ) -> None:
        """`claim` takes a folder with its device and inode, or returns a sentence about the daemon that has it."""
        self._folders = tuple(folders)
        self._on_path = on_path
        self._on_rescan = on_rescan
        self._mounts = mounts
        self._claim = claim
        self._roots = {folder.path: _Root(folder) for folder in folders}
        self._observer: BaseObserver | None = None
        self._observer_error = ""
        self._lost = False

    def start(self) -> None:
        """Watch every folder that exists, and request the first scan of each."""
        self._open()
        self.tend(0.0)

    def stop(self) -> None:
        """Stop watching."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join()
        for root in self._roots.values():
            root.watch = root.identity = None

    def is_claimed_elsewhere(self, path: str) -> bool:
        """True if another daemon files the folder that is configured as `path`."""
        return self._roots[path].is_claimed_elsewhere

    def states(self) -> dict[str, str]:
        """Return each folder's state: "watching", "scanning: why", "missing", "missing: why" or "unreadable: why"."""
        return {path: root.state for path, root in self._roots.items()}

    def tend(self, now: float) -> float | None:
        """Notice folders that vanished, returned or were replaced, and dead threads; request scans that are due.

        Cheap: a few stats per folder, on a network mount only when a scan is due. Return when it must be called
        again; None if not before the next `on_rescan`.
        """
        if self._observer is not None and not self._observer.is_alive():
            self.stop()
            self._open()
        lost, self._lost = self._lost, False
        for root in self._roots.values():
            self._tend_root(root, now, lost)
        return min((root.due for root in self._roots.values() if root.state != WATCHING), default=None)

    def events_lost(self) -> None:
        """Called by the observer: the kernel dropped events, or a file system was unmounted."""
        self._lost = True
        for path in self._roots:
            self._on_rescan(path)

    def watch_refused(self, path: str, error: OSError) -> None:
        """Called by the observer: this folder at or below a root is not watched."""
        for root in self._roots.values():
            if root.real and (path + "/").startswith(root.real.rstrip("/") + "/"):
                root.state = f"scanning: {watch_limit(error)}"

    def folder_moved(self) -> None:
        """Called by the observer: it may have been a root, and then its path will report no more events."""
        for path in self._roots:
            self._on_rescan(path)

    def _open(self) -> None:
        try:
            self._observer = open_observer(self)
        except OSError as error:
            self._observer_error = watch_limit(error)

    def _tend_root(self, root: _Root, now: float, lost: bool) -> None:
        if root.is_remote and now < root.due and not lost:
            return
        if root.is_claimed_elsewhere and now < root.due:
            return
        try:
            identity, unreadable = _identity(root.folder.path), ""
        except OSError as error:
            identity, unreadable = None, _state_of(error)
        if root.is_mount and identity is not None and _is_bare(root.real, root.folder.path):
            identity, unreadable = None, UNMOUNTED
        claim = self._claim(root.folder, identity) if identity is not None else ""
        root.is_claimed_elsewhere = bool(claim)
        if claim:
            identity, unreadable = None, claim
        if identity is None:
            self._unwatch(root)
            root.state, root.due = unreadable, now + MISSING_INTERVAL_S
            root.is_mount = root.is_mount and unreadable != MISSING
        elif identity != root.identity or lost or not self._emitter_alive(root):
            self._unwatch(root)
            self._watch(root, now)
            root.identity = identity
            self._on_rescan(root.folder.path)
        elif root.state != WATCHING and now >= root.due:
            root.due = now + SCAN_INTERVAL_S
            self._on_rescan(root.folder.path)

    def _emitter_alive(self, root: _Root) -> bool:
        """Return False if the thread that reads this folder's events has ended, which deleting the folder causes."""
        if root.watch is None or self._observer is None:
            return True
        return any(each.watch == root.watch and each.is_alive() for each in self._observer.emitters)

    def _watch(self, root: _Root, now: float) -> None:
        root.real = os.path.realpath(root.folder.path)
        root.is_mount = os.path.ismount(root.real)
        root.state, root.due = WATCHING, now + SCAN_INTERVAL_S
        kind = remote_filesystem(root.real, self._mounts)
        root.is_remote = bool(kind)
        if kind:
            root.state = f"scanning: changes on {kind} are not reported"
        elif self._observer is None:
            root.state = f"scanning: {self._observer_error}"
        else:
            handler = _RootEventHandler(root.real, root.folder, self._file_arrived, self._on_rescan)
            try:
                root.watch = self._observer.schedule(
                    handler, root.real, recursive=root.folder.subfolders, event_filter=ARRIVALS
                )
            except OSError as error:
                root.state = f"scanning: {watch_limit(error)}"

    def _unwatch(self, root: _Root) -> None:
        watch, root.watch = root.watch, None
        root.identity = None
        if watch is not None and self._observer is not None:
            self._observer.unschedule(watch)

    def _file_arrived(self, path: str) -> None:
        folder = wanted_in(path, self._folders)
        if folder is not None:
            self._on_path(path, folder.settle)


class _RootEventHandler(FileSystemEventHandler):
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


def _identity(path: str) -> tuple[int, int]:
    """Return device and inode of a folder. Raises OSError if it does not exist or cannot be read."""
    with os.scandir(path):
        found = os.stat(path)
    return found.st_dev, found.st_ino


def _is_bare(point: str, path: str) -> bool:
    """Return True if `path` still resolves to this mount point and nothing is mounted there."""
    return os.path.realpath(path) == point and not os.path.ismount(point)


def _state_of(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return MISSING
    return f"unreadable: {os.strerror(error.errno or 0)}"
