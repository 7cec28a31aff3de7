"""Watching the folders: which files something happened to, and when a folder must be scanned."""

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

SCAN_EVERY_S = 30.0
"""How often a folder is scanned that the system reports nothing, or not everything, about."""
MISSING_EVERY_S = 5.0
"""How often a missing folder is looked for."""
WATCHING = "watching"
MISSING = "missing"
UNMOUNTED = "missing: its disk is not mounted"


@dataclass(slots=True)
class _Root:
    """One watched folder: where it really lies, which folder that was, and what watches it."""

    folder: WatchFolder
    state: str = MISSING
    identity: tuple[int, int] | None = None
    real: str = ""
    watch: ObservedWatch | None = None
    is_remote: bool = False
    is_mount: bool = False
    """A disk was mounted on it: without one it is another folder, empty or not."""
    due: float = 0.0
    """When to look at it again though nothing tells, where that is needed."""


class Watcher:
    """Native events where the system has them, scans where it has not; a missing folder is looked for again.

    `on_path(path, settle)` tells of a file that came, or was written; `on_rescan(folder)` that this watched folder
    must be scanned, at the start too. Both are called from other threads and must only take note. `tend`, `start`
    and `stop` belong to one thread.
    """

    def __init__(
        self,
        folders: Sequence[WatchFolder],
        on_path: Callable[[str, float], None],
        on_rescan: Callable[[str], None],
        mounts: str = MOUNTS,
    ) -> None:
        self._folders = tuple(folders)
        self._on_path = on_path
        self._on_rescan = on_rescan
        self._mounts = mounts
        self._roots = {folder.path: _Root(folder) for folder in folders}
        self._observer: BaseObserver | None = None
        self._observer_error = ""
        self._lost = False

    def start(self) -> None:
        """Watch every folder that is there, and ask for the first scan of each."""
        self._open()
        self.tend(0.0)

    def stop(self) -> None:
        """End all watching."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join()
        for root in self._roots.values():
            root.watch = root.identity = None

    def states(self) -> dict[str, str]:
        """Each folder's state: "watching", "scanning: why", "missing" or "missing: why", "unreadable: why"."""
        return {path: root.state for path, root in self._roots.items()}

    def tend(self, now: float) -> float | None:
        """Notice folders that went, came back or changed places, and dead threads; ask for scans that are due.

        Cheap: a few stats per folder, on a network mount only when a scan is due. Returns when it must be called
        again; None if `on_rescan` will tell.
        """
        if self._observer is not None and not self._observer.is_alive():
            self.stop()
            self._open()
        lost, self._lost = self._lost, False
        for root in self._roots.values():
            self._tend_root(root, now, lost)
        return min((root.due for root in self._roots.values() if root.state != WATCHING), default=None)

    def events_lost(self) -> None:
        """Called by the observer: the kernel dropped events, or a disk went."""
        self._lost = True
        for path in self._roots:
            self._on_rescan(path)

    def watch_refused(self, path: str, error: OSError) -> None:
        """Called by the observer: this folder below a root is not watched."""
        for root in self._roots.values():
            if root.real and (path + "/").startswith(root.real.rstrip("/") + "/"):
                root.state = f"scanning: {watch_limit(error)}"

    def folder_moved(self) -> None:
        """Called by the observer: perhaps it was a root, and no event will come from where it is looked for."""
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
        try:
            identity, unreadable = _identity(root.folder.path), ""
        except OSError as error:
            identity, unreadable = None, _state_of(error)
        if root.is_mount and identity is not None and _is_bare(root.real, root.folder.path):
            identity, unreadable = None, UNMOUNTED
        if identity is None:
            self._unwatch(root)
            root.state, root.due = unreadable, now + MISSING_EVERY_S
            root.is_mount = root.is_mount and unreadable != MISSING
        elif identity != root.identity or lost or not self._heard(root):
            self._unwatch(root)
            self._watch(root, now)
            root.identity = identity
            self._on_rescan(root.folder.path)
        elif root.state != WATCHING and now >= root.due:
            root.due = now + SCAN_EVERY_S
            self._on_rescan(root.folder.path)

    def _heard(self, root: _Root) -> bool:
        """False if the thread that listens for this folder has ended, as it does when the folder is deleted."""
        if root.watch is None or self._observer is None:
            return True
        return any(each.watch == root.watch and each.is_alive() for each in self._observer.emitters)

    def _watch(self, root: _Root, now: float) -> None:
        root.real = os.path.realpath(root.folder.path)
        root.is_mount = os.path.ismount(root.real)
        root.state, root.due = WATCHING, now + SCAN_EVERY_S
        kind = remote_filesystem(root.real, self._mounts)
        root.is_remote = bool(kind)
        if kind:
            root.state = f"scanning: changes on {kind} are not told"
        elif self._observer is None:
            root.state = f"scanning: {self._observer_error}"
        else:
            ear = _RootEventHandler(root.real, root.folder, self._file_came, self._on_rescan)
            try:
                root.watch = self._observer.schedule(
                    ear, root.real, recursive=root.folder.subfolders, event_filter=ARRIVALS
                )
            except OSError as error:
                root.state = f"scanning: {watch_limit(error)}"

    def _unwatch(self, root: _Root) -> None:
        watch, root.watch = root.watch, None
        root.identity = None
        if watch is not None and self._observer is not None:
            self._observer.unschedule(watch)

    def _file_came(self, path: str) -> None:
        folder = wanted_in(path, self._folders)
        if folder is not None:
            self._on_path(path, folder.settle)


class _RootEventHandler(FileSystemEventHandler):
    """Hears of one root. Events name its real place (symlinks resolved); callbacks get the configured one."""

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
        """A file goes to the queue; a folder that came or went means a scan."""
        path = os.fsdecode(event.dest_path or event.src_path)
        if not event.is_directory:
            self._on_file(self._folder.path + path[len(self._real) :])
        elif self._folder.subfolders or path == self._real:
            self._on_rescan(self._folder.path)


def _identity(path: str) -> tuple[int, int]:
    """Which folder this is. OSError if there is none or it may not be read."""
    with os.scandir(path):
        found = os.stat(path)
    return found.st_dev, found.st_ino


def _is_bare(point: str, path: str) -> bool:
    """True if `path` still leads to this mount point, and nothing is mounted there."""
    return os.path.realpath(path) == point and not os.path.ismount(point)


def _state_of(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return MISSING
    return f"unreadable: {os.strerror(error.errno or 0)}"
