"""Watch folders: report files that were created or changed, and folders that must be scanned."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from snapsortd.files.answering import Answering, NotAnswering
from snapsortd.files.mounts import MOUNTS, mount_number, mounted
from snapsortd.watch.candidates import WatchFolder, wanted_in
from snapsortd.watch.mount_events import MountEvents
from snapsortd.watch.root import MISSING_INTERVAL_S, Claim, Root, unclaimed


class Watcher:
    """Uses native events where the system has them, otherwise periodic scans; checks for missing folders regularly.

    `on_path(path, settle)` reports a file that arrived or was written; `on_rescan(folder)` that this watched folder
    must be scanned, also at the start and when it answers again; `on_mount()` that `tend` is to be called, because
    something was mounted or unmounted. All are called from other threads and must return quickly. `tend`, `start` and
    `stop` must be called from one thread, which never waits for a folder that does not answer.
    """

    def __init__(
        self,
        folders: Sequence[WatchFolder],
        on_path: Callable[[str, float], None],
        on_rescan: Callable[[str], None],
        on_mount: Callable[[], object],
        answering: Answering,
        mounts: str = MOUNTS,
        points: Mapping[str, str] | None = None,
        claim: Claim = unclaimed,
    ) -> None:
        """`answering` has the threads in which the folders are accessed; `mounts` is proc_pid_mountinfo(5), `points`
        the mount points that folders were seen on before, by path. `claim` takes a folder in its thread."""
        self._folders = tuple(folders)
        self._on_path = on_path
        self._on_rescan = on_rescan
        self._answering = answering
        self._mounts = mounts
        self._claim = claim
        self._mount_events = MountEvents(on_mount, mounts)
        self._is_running = False
        self._mounted: Mapping[int, str] = {}
        self._roots = {folder.path: self._new_root(folder, (points or {}).get(folder.path, "")) for folder in folders}

    def start(self) -> None:
        """Watch every folder that exists, and request the first scan of each."""
        self._is_running = True
        self._mount_events.start()
        self._mounted = mounted(self._mounts)
        self.tend(0.0)

    def stop(self) -> None:
        """Stop watching."""
        self._is_running = False
        self._mount_events.stop()
        self._answering.ask_all({path: (root.unwatch, root.unwatch) for path, root in self._roots.items()})

    def is_scanned(self, path: str) -> bool:
        """True if the folder that is configured as `path` was found, and no other daemon files it."""
        return self._roots[path].is_ours or not self._is_running

    def states(self) -> dict[str, str]:
        """Return each folder's state: "watching", "scanning: why", "missing", "missing: why", "unreadable: why" or
        "not answering since when"."""
        return {path: self._silent(path) or root.state for path, root in self._roots.items()}

    def points(self) -> dict[str, str]:
        """Return the mount point that each folder was last seen on."""
        return {path: root.point for path, root in self._roots.items()}

    def tend(self, now: float) -> float | None:
        """Notice folders that vanished, returned or were replaced, and dead threads; request scans that are due.

        Cheap: a few stats per folder, on a network mount only when a scan is due or something was mounted or unmounted.
        Return when it must be called again; None if not before the next `on_rescan` or `on_mount`.
        """
        if not self._is_running:
            return None
        has_changed = self._mount_events.take()
        if has_changed:
            self._update_mounts()
        tended = {
            path: (partial(root.tend, now, self._mounted), root.request_scan)
            for path, root in self._roots.items()
            if has_changed or not root.rests(now)
        }
        self._answering.ask_all(tended)
        due = min((root.due for path, root in self._roots.items() if not self._silent(path)), default=math.inf)
        return None if due == math.inf else due

    def _update_mounts(self) -> None:
        """Note what is mounted now; give up the threads that wait for a file system which is no longer mounted."""
        before, self._mounted = self._mounted, mounted(self._mounts)
        for place in self._answering.silent_places():
            number = mount_number(place, before)
            if number is None or self._mounted.get(number) == before[number]:
                continue
            if (root := self._roots.get(place)) is not None:
                with suppress(NotAnswering):
                    self._answering.ask(place, root.unwatch, then=root.unwatch)
                self._roots[place] = self._new_root(root.folder, before[number])
            self._answering.abandon(place)

    def _new_root(self, folder: WatchFolder, point: str) -> Root:
        interval = math.inf if self._mount_events.are_reported else MISSING_INTERVAL_S
        return Root(folder, self._file_arrived, self._on_rescan, self._mounts, interval, point, self._claim)

    def _silent(self, path: str) -> str:
        """Return the state of a folder that does not answer; empty if it does."""
        since = self._answering.silent_since(path)
        return time.strftime("not answering since %Y-%m-%d %H:%M:%S", time.localtime(since)) if since else ""

    def _file_arrived(self, path: str) -> None:
        folder = wanted_in(path, self._folders)
        if folder is not None:
            self._on_path(path, folder.settle)
