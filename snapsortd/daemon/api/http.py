"""Request and response timeouts for uvicorn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

TIMEOUT_S = 10.0
"""Time for a complete request, from its first byte or the connection, and for its response to be read."""


class TimeoutProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with timeouts; uvicorn itself waits forever for the rest of a request and for a reader.

    The response to a request with `state.streaming` is exempt from the timeout.
    """

    timeout_s = TIMEOUT_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Set the write buffer's limit to 0, so that `pause_writing` is called for any byte not read immediately."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)
        self._request = _Timer(self.loop, self.timeout_s, transport.abort)
        self._reader = _Timer(self.loop, self.timeout_s, self._abort_unless_streaming)
        self._request.start()

    def handle_events(self) -> None:
        """Start or stop the request's timer; called when bytes arrived and when a response is complete."""
        super().handle_events()
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._request.start()
        else:
            self._request.stop()

    def pause_writing(self) -> None:
        """Start the reader's timer: the client does not read what was written."""
        self._reader.start()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop the reader's timer: the client has read everything."""
        self._reader.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both timers, whichever side closed the connection."""
        self._request.stop()
        self._reader.stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Send 400, or abort if a response has already begun; a handler of the now invalid request is disconnected."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def _abort_unless_streaming(self) -> None:
        if self.scope is None or not self.scope["state"].get("streaming"):
            self.transport.abort()


class _Timer:
    """Calls `expired` once, `seconds` after it was started, unless it is stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._expired = expired
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the timer, unless it is running already."""
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._expired)

    def stop(self) -> None:
        """Stop the timer; the next start begins from zero."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
