"""What happens, told to whoever listens: the log, the desktop, the API's stream."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Event = dict[str, Any]
"""JSON-ready; `event` names what happened, `path` the file it happened to."""

MAX_WAITING = 1000
"""Events kept for a listener that does not read; older ones are dropped and counted."""


class Subscription:
    """One listener's own line of events; `wake` is called (from any thread) when there is something to take."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._lost = 0
        self.wake = wake

    def put(self, event: Event) -> None:
        """Add an event; drops the oldest where the listener is too slow."""
        with self._lock:
            if len(self._events) == MAX_WAITING:
                self._events.popleft()
                self._lost += 1
            self._events.append(event)
        self.wake()

    def take(self) -> Iterator[Event]:
        """All that waits, oldest first, also what comes meanwhile; a `lost` event stands where some were dropped."""
        while (event := self._next()) is not None:
            yield event

    def _next(self) -> Event | None:
        with self._lock:
            if self._lost:
                lost, self._lost = self._lost, 0
                return {"event": "lost", "count": lost}
            return self._events.popleft() if self._events else None


class Broadcast:
    """Hands every event to every listener; a slow one never holds up the teller."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self.closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._subscriptions)

    def tell(self, event: Event) -> None:
        """Give `event` to all that listen now."""
        for listener in self._all():
            listener.put(event)

    def close(self) -> None:
        """The end: `closed` is true from now on, and all that listen are woken to see it."""
        self.closed = True
        for listener in self._all():
            listener.wake()

    def _all(self) -> list[Subscription]:
        with self._lock:
            return list(self._subscriptions)

    @contextmanager
    def listen(self, wake: Callable[[], object]) -> Iterator[Subscription]:
        """Listen until the block ends."""
        subscription = Subscription(wake)
        with self._lock:
            self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions.remove(subscription)
