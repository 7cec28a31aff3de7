"""The HTTP server of the control API. Importing it takes as long as the rest of the daemon's start."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import uvicorn

from snapsortd.daemon.api.http import TIMEOUT_S, TimeoutProtocol
from snapsortd.daemon.api.routes import Control, build_app
from snapsortd.daemon.api.socket import MAX_CONNECTIONS

_ACCEPTED_S = 1.0
"""Time after which a connection has been accepted: asyncio loses one whose listener is closed meanwhile."""


class QuietServer(uvicorn.Server):
    """uvicorn's server without its ten wake-ups per second: it sleeps until a request, a listener or shutdown."""

    def __init__(self, settings: uvicorn.Config, protocol: type[TimeoutProtocol]) -> None:
        super().__init__(settings)
        self._protocol = protocol
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._listeners: deque[socket.socket] = deque()

    def listen(self, listener: socket.socket) -> None:
        """Serve on `listener` from now on, and no longer on the one before; callable from any thread."""
        self._listeners.append(listener)
        self._wake_up()

    def end(self) -> None:
        """Stop serving; callable from any thread."""
        self.should_exit = True
        self._wake_up()

    async def main_loop(self) -> None:
        """Wait for `listen` and `end`, while the event loop serves the accepted connections."""
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            while self._listeners:
                await self._serve_on(self._listeners.popleft())
            await self._wake.wait()
            self._wake.clear()

    async def _serve_on(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        serving = await loop.create_server(self._make_protocol, sock=listener)
        for before in self.servers:
            loop.call_later(_ACCEPTED_S, before.close)
        self.servers.append(serving)

    def _make_protocol(self) -> TimeoutProtocol:
        return self._protocol(self.config, self.server_state, self.lifespan.state)

    def _wake_up(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)


def make_server(control: Control, timeout_s: float | None) -> QuietServer:
    """Return a server for the API. `timeout_s` replaces TIMEOUT_S."""
    protocol = type("Protocol", (TimeoutProtocol,), {"timeout_s": TIMEOUT_S if timeout_s is None else timeout_s})
    settings = uvicorn.Config(
        build_app(control),
        log_config=None,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        http=protocol,
        loop="asyncio",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
    )
    return QuietServer(settings, protocol)


def run(server: QuietServer) -> None:
    """Serve on what `server.listen` is called with, until `server.end` is called."""
    asyncio.run(_serve(server))


async def _serve(server: QuietServer) -> None:
    # One thread per possible connection, so that requests that wait for their turn never block others.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MAX_CONNECTIONS, "api"))
    await server.serve(sockets=[])
