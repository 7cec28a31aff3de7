"""Broadcasts events to subscribers, such as the API's event streams."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Event = dict[str, Any]
"""JSON-ready; `event` names what happened, and `path` the file that it happened to."""

MAX_WAITING = 1000
"""Maximum number of events kept for a subscriber that does not read; older ones are dropped and counted."""


class Subscription:
    """One subscriber's queue of events."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` is called, from any thread, when there is something to take."""
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._lost = 0
        self.wake = wake

    def put(self, event: Event) -> None:
        """Add an event; if MAX_WAITING events are waiting, drop the oldest."""
        with self._lock:
            if len(self._events) == MAX_WAITING:
                self._events.popleft()
                self._lost += 1
            self._events.append(event)
        self.wake()

    def take(self) -> Iterator[Event]:
        """Yield every waiting event, oldest first, including those that arrive meanwhile.

        A `lost` event with their count takes the place of dropped events.
        """
        while (event := self._next()) is not None:
            yield event

    def _next(self) -> Event | None:
        with self._lock:
            if self._lost:
                lost, self._lost = self._lost, 0
                return {"event": "lost", "count": lost}
            return self._events.popleft() if self._events else None


class Broadcast:
    """Hands every event to every subscriber; a slow subscriber never blocks the publisher."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self.closed = False

    @property
    def listeners(self) -> int:
        """Number of current subscribers."""
        return len(self._subscriptions)

    def publish(self, event: Event) -> None:
        """Send `event` to every current subscriber."""
        for subscription in self._all():
            subscription.put(event)

    def close(self) -> None:
        """Set `closed`, and wake every subscriber so that it notices."""
        self.closed = True
        for subscription in self._all():
            subscription.wake()

    def _all(self) -> list[Subscription]:
        with self._lock:
            return list(self._subscriptions)

    @contextmanager
    def listen(self, wake: Callable[[], object]) -> Iterator[Subscription]:
        """Subscribe until the block ends."""
        subscription = Subscription(wake)
        with self._lock:
            self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions.remove(subscription)
