"""HTTP for clients that dawdle: a request must be complete, and its answer read, within a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
"""A request is complete within this time of its first byte, or of the connection; an answer is read within it."""


class PromptProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which by itself waits for the rest of a request, and for a reader, for ever.

    Where `state.streaming` is set on a request, its answer has all the time in the world.
    """

    patience = REQUEST_S
    """Seconds."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Every byte that is not taken at once is a pause: that is how a slow reader shows."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)
        self._request = _Clock(self.loop, self.patience, transport.abort)
        self._reader = _Clock(self.loop, self.patience, self._give_up_on_reader)
        self._request.start()

    def handle_events(self) -> None:
        """Called when bytes have come, and when an answer has been given."""
        super().handle_events()
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._request.start()
        else:
            self._request.stop()

    def pause_writing(self) -> None:
        """The client doesn't take what is written."""
        self._reader.start()
        super().pause_writing()

    def resume_writing(self) -> None:
        """All that was written has been taken."""
        self._reader.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._request.stop()
        self._reader.stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say so, unless an answer is on its way already; and let nobody answer what turned into nonsense."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def _give_up_on_reader(self) -> None:
        if self.scope is None or not self.scope["state"].get("streaming"):
            self.transport.abort()


class _Clock:
    """Calls `ring` once, `seconds` after it was started, unless it is stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Let it run; it goes on where it runs already."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._ring)

    def stop(self) -> None:
        """From the beginning the next time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
