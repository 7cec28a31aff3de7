"""Native file events through watchdog: inotify on Linux, FSEvents on macOS.

On Linux three things that watchdog hides are reported: that the kernel dropped events, that a watch could not be set
below a folder, and that a folder was renamed. Events that arrive faster than they are processed stay in the kernel,
whose queue is bounded; watchdog's queues are not. No thread wakes up while nothing happens.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from typing import Protocol

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers.api import BaseObserver


class Listener(Protocol):
    """Receives reports of problems. Called from watchdog's threads."""

    def events_lost(self) -> None:
        """Events of any folders were dropped."""

    def watch_refused(self, error: OSError) -> None:
        """A folder is not watched, because the system's limit is reached."""

    def folder_moved(self) -> None:
        """A watched folder, or one below it, was renamed."""

    def is_searched(self, path: str) -> bool:
        """Return False if the folder at `path` needs no watch, because it is not searched."""


if sys.platform == "linux":
    from watchdog.observers.api import EventQueue
    from watchdog.observers.inotify import InotifyEmitter
    from watchdog.observers.inotify_c import (
        DEFAULT_EVENT_BUFFER_SIZE,
        CallbackId,
        InotifyConstants,
        InotifyEvent,
        InotifyFD,
        Mask,
        WatchCallback,
        WatchDescriptor,
    )
    from watchdog.observers.inotify_move_event_grouper import GroupedInotifyEvent

    ARRIVALS: list[type[FileSystemEvent]] = [
        FileCreatedEvent,
        FileClosedEvent,
        FileMovedEvent,
        DirCreatedEvent,
        DirMovedEvent,
        DirDeletedEvent,
    ]
    """Events that can bring a new image. Writes are left out, because the close is reported and settling checks the
    file until then. Opening, reading and attribute changes are too: our own file operations must not trigger events."""

    MAX_UNPROCESSED = 1_000
    """Number of events that were read but not yet processed above which no more are read."""
    TIMEOUT_S = 1.0
    """Maximum time for which reading waits for them: events that watchdog discards stay counted until then."""

    class _ReportingInotify(InotifyFD):
        def __init__(self, listener: Listener) -> None:
            super().__init__()
            self._listener = listener
            self._progress = threading.Condition()
            self._read = 0
            self._queued = EventQueue()

        def start_filling(self, queue: EventQueue) -> None:
            """Start reading; the events end up in this queue."""
            self._queued = queue
            self.start()

        def read_events(self, *, event_buffer_size: int = DEFAULT_EVENT_BUFFER_SIZE) -> list[InotifyEvent]:
            """Read events, after waiting while too many are unprocessed."""
            with self._progress:
                if not self._progress.wait_for(self._has_room, TIMEOUT_S):
                    self._read = 0
            events = super().read_events(event_buffer_size=event_buffer_size)
            with self._progress:
                self._read += len(events)
            return events

        def processed(self, count: int) -> None:
            """Note that this many events have reached the queue; 0 means that one has left it."""
            with self._progress:
                self._read = max(self._read - count, 0)
                self._progress.notify()

        def _has_room(self) -> bool:
            return self._read + self._queued.qsize() <= MAX_UNPROCESSED

        def handle_event(self, event: InotifyEvent) -> None:
            super().handle_event(event)
            if event.is_queue_overflow or event.mask & InotifyConstants.IN_UNMOUNT:
                self._listener.events_lost()
            elif event.mask & InotifyConstants.IN_MOVE_SELF:
                self._listener.folder_moved()

        def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
            if not self._listener.is_searched(os.fsdecode(path)):
                raise FileNotFoundError(errno.ENOENT, "not searched", path)  # which watchdog passes over
            try:
                return super().add_callback(path, mask, callback, id_)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.ENOMEM):
                    self._listener.watch_refused(error)
                raise

    class _ArrivalEmitter(InotifyEmitter):
        def get_event_mask_from_filter(self) -> Mask:
            """Return the mask with the folder's own renaming, and without files moved out if they are not needed:
            after each of those, watchdog delays all events for half a second to pair it with a file moved in."""
            mask = Mask(super().get_event_mask_from_filter() | InotifyConstants.IN_MOVE_SELF)
            return mask if self.watch.is_recursive else Mask(mask & ~InotifyConstants.IN_MOVED_FROM)

        def build_and_queue_event(self, event: GroupedInotifyEvent, *, full_events: bool = False) -> None:
            super().build_and_queue_event(event, full_events=full_events)
            if isinstance(self._inotify_fd, _ReportingInotify):
                self._inotify_fd.processed(1)

    class _InotifyObserver(BaseObserver):
        def __init__(self, listener: Listener) -> None:
            self._inotify = _ReportingInotify(listener)
            super().__init__(_ArrivalEmitter, inotify_fd=self._inotify)
            self._inotify.start_filling(self.event_queue)

        def dispatch_events(self, event_queue: EventQueue) -> None:
            super().dispatch_events(event_queue)
            self._inotify.processed(0)

        def is_alive(self) -> bool:
            """Return True while both threads that every folder depends on are running."""
            return super().is_alive() and self._inotify.is_alive()

        def on_thread_stop(self) -> None:
            super().on_thread_stop()
            self._inotify.stop()
            self._inotify.join()

else:
    ARRIVALS = [
        FileCreatedEvent,
        FileModifiedEvent,
        FileMovedEvent,
        DirCreatedEvent,
        DirMovedEvent,
        DirDeletedEvent,
    ]


def open_observer(listener: Listener) -> BaseObserver:
    """Return a running observer. Raises OSError if the system refuses one (EMFILE: too many inotify instances)."""
    if sys.platform == "linux":
        observer: BaseObserver = _InotifyObserver(listener)
    else:
        from watchdog.observers import Observer

        observer = Observer()
    observer.start()
    return observer


def watch_limit(error: OSError) -> str:
    """Return a sentence for people about a refused watch."""
    match error.errno:
        case errno.ENOSPC | errno.ENOMEM:
            limit, setting = "watched folders", "fs.inotify.max_user_watches"
        case errno.EMFILE | errno.ENFILE:
            limit, setting = "inotify instances", "fs.inotify.max_user_instances"
        case _:
            return f"the system cannot watch it: {os.strerror(error.errno or 0)}"
    return f"the system's limit of {limit} is reached; raise {setting}, then run snapsortctl reload"
