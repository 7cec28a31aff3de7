"""The system's own file events, through watchdog: inotify on Linux, FSEvents on macOS.

On Linux three things that watchdog keeps to itself are told: that the kernel dropped events, that a watch could not
be set below a folder, and that a folder was renamed. And events that come faster than they are taken note of stay in
the kernel, whose queue has a bound; watchdog's have none. Nothing here wakes up while nothing happens.
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
    """Who is told of trouble. Called from watchdog's threads."""

    def events_lost(self) -> None:
        """Some events, in any folder, were dropped."""

    def watch_refused(self, path: str, error: OSError) -> None:
        """`path` is not watched: the system's limit is reached."""

    def folder_moved(self) -> None:
        """A watched folder, or one below it, has another name now."""


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
    """What can bring a new image. Not each write: the close tells, and settling looks for itself until then. Not
    opening, reading or changing attributes: our own work must wake nobody."""

    ON_THE_WAY = 1_000
    """Events that were read and not yet taken note of, above which no more are read."""
    PATIENCE_S = 1.0
    """How long reading waits for them at most: events that end on the way are counted on, until then."""

    class _TellingInotify(InotifyFD):
        def __init__(self, listener: Listener) -> None:
            super().__init__()
            self._listener = listener
            self._passing = threading.Condition()
            self._read = 0
            self._queued = EventQueue()

        def start_filling(self, queue: EventQueue) -> None:
            """Start; the events end up in this queue."""
            self._queued = queue
            self.start()

        def read_events(self, *, event_buffer_size: int = DEFAULT_EVENT_BUFFER_SIZE) -> list[InotifyEvent]:
            """Wait first, while too many are on the way."""
            with self._passing:
                if not self._passing.wait_for(self._has_room, PATIENCE_S):
                    self._read = 0
            events = super().read_events(event_buffer_size=event_buffer_size)
            with self._passing:
                self._read += len(events)
            return events

        def passed(self, count: int) -> None:
            """So many have come as far as the queue; or, with 0, one has left it."""
            with self._passing:
                self._read = max(self._read - count, 0)
                self._passing.notify()

        def _has_room(self) -> bool:
            return self._read + self._queued.qsize() <= ON_THE_WAY

        def handle_event(self, event: InotifyEvent) -> None:
            super().handle_event(event)
            if event.is_queue_overflow or event.mask & InotifyConstants.IN_UNMOUNT:
                self._listener.events_lost()
            elif event.mask & InotifyConstants.IN_MOVE_SELF:
                self._listener.folder_moved()

        def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
            try:
                return super().add_callback(path, mask, callback, id_)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.ENOMEM):
                    self._listener.watch_refused(os.fsdecode(path), error)
                raise

    class _ArrivalEmitter(InotifyEmitter):
        def get_event_mask_from_filter(self) -> Mask:
            """With the folder's own departure, and without those of files where they are not needed: watchdog holds
            every event that comes after a file moved out for half a second, to pair it with a file moved in."""
            mask = Mask(super().get_event_mask_from_filter() | InotifyConstants.IN_MOVE_SELF)
            return mask if self.watch.is_recursive else Mask(mask & ~InotifyConstants.IN_MOVED_FROM)

        def build_and_queue_event(self, event: GroupedInotifyEvent, *, full_events: bool = False) -> None:
            super().build_and_queue_event(event, full_events=full_events)
            if isinstance(self._inotify_fd, _TellingInotify):
                self._inotify_fd.passed(1)

    class _InotifyObserver(BaseObserver):
        def __init__(self, listener: Listener) -> None:
            self._inotify = _TellingInotify(listener)
            super().__init__(_ArrivalEmitter, inotify_fd=self._inotify)
            self._inotify.start_filling(self.event_queue)

        def dispatch_events(self, event_queue: EventQueue) -> None:
            super().dispatch_events(event_queue)
            self._inotify.passed(0)

        def is_alive(self) -> bool:
            """True while both threads that every folder depends on are running."""
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
    """A running observer. OSError if the system gives none (EMFILE: too many inotify instances)."""
    if sys.platform == "linux":
        observer: BaseObserver = _InotifyObserver(listener)
    else:
        from watchdog.observers import Observer

        observer = Observer()
    observer.start()
    return observer


def watch_limit(error: OSError) -> str:
    """What to tell a person about a refused watch."""
    match error.errno:
        case errno.ENOSPC | errno.ENOMEM:
            limit, setting = "watched folders", "fs.inotify.max_user_watches"
        case errno.EMFILE | errno.ENFILE:
            limit, setting = "watching programs", "fs.inotify.max_user_instances"
        case _:
            return f"the system cannot watch it: {os.strerror(error.errno or 0)}"
    return f"the system's limit of {limit} is reached; raise {setting}, then run snapsortctl reload"
