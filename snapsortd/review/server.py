"""Serves the page to this machine's loopback addresses alone, until it is ended or nobody has used it for a while."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import uvicorn

from snapsortd.domain.errors import SnapsortError
from snapsortd.review.app import build_app
from snapsortd.review.guard import Guard
from snapsortd.review.views import Views

IDLE_S = 30 * 60
"""Seconds without a request after which serving ends."""
LOOK_S = 1.0
TRIES = 20
"""Ports of which one has to be free on both addresses."""
MAX_CONNECTIONS = 64


def listen(port: int = 0) -> list[socket.socket]:
    """Return sockets that listen on 127.0.0.1 and, where the system has it, on [::1], on the same port; 0: a free one.

    Another user could serve the other address, and be taken for this page. Raise SnapsortError.
    """
    for _ in range(TRIES):
        first = _bound(socket.AF_INET, "127.0.0.1", port)
        try:
            return [first, _bound(socket.AF_INET6, "::1", first.getsockname()[1])]
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                return [first]
            first.close()
            if port:
                break
    raise SnapsortError(f"port {port} is taken" if port else "no port is free", "choose another one with --port")


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(MAX_CONNECTIONS)
    except OSError:
        listener.close()
        raise
    return listener


class Page:
    """The page with its address, from which it can be served."""

    def __init__(
        self,
        listeners: list[socket.socket],
        make_views: Callable[[str], Views],
        actions: Mapping[str, Callable[..., dict[str, Any]]],
    ) -> None:
        """`make_views` is called with the path below which the page is."""
        self._listeners = listeners
        self._last = time.monotonic()
        self._guard = Guard(self._app, listeners[0].getsockname()[1], self._see)
        self._views = build_app(make_views(self._guard.base), actions)
        self._server: uvicorn.Server | None = None

    @property
    def address(self) -> str:
        """The address that lets one browser in, once."""
        return self._guard.address

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await self._views(scope, receive, send)

    def _see(self) -> None:
        self._last = time.monotonic()

    def serve(self) -> bool:
        """Serve until SIGINT or SIGTERM, or until nobody has asked for anything for a while; True for the latter."""
        return asyncio.run(self._serve())

    async def _serve(self) -> bool:
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._guard,
                log_config=None,
                log_level="error",
                access_log=False,
                lifespan="off",
                ws="none",
                http="h11",
                loop="asyncio",
                limit_concurrency=MAX_CONNECTIONS,
                timeout_graceful_shutdown=1,
                server_header=False,
                date_header=False,
                proxy_headers=False,
            )
        )
        self._see()
        is_idle = False

        async def watch() -> None:
            nonlocal is_idle
            while time.monotonic() - self._last < IDLE_S:
                await asyncio.sleep(min(LOOK_S, IDLE_S))
            is_idle = True
            self.end()

        watching = asyncio.create_task(watch())
        with suppress(KeyboardInterrupt):
            await self._server.serve(sockets=self._listeners)
        watching.cancel()
        return is_idle

    def end(self) -> None:
        """End serving; may be called from any thread."""
        if self._server is not None:
            self._server.should_exit = True
