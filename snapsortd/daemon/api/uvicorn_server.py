"""The HTTP server of the control API. Importing it takes as long as the rest of the daemon's start."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import uvicorn

from snapsortd.daemon.api.http import TIMEOUT_S, TimeoutProtocol
from snapsortd.daemon.api.routes import Control, build_app
from snapsortd.daemon.api.socket import MAX_CONNECTIONS


class QuietServer(uvicorn.Server):
    """uvicorn's server without its ten wake-ups per second: it sleeps until a request or shutdown."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for `end`, while the event loop serves the accepted connections."""
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._end.wait()

    def end(self) -> None:
        """Stop serving; callable from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end.set)


def make_server(control: Control, timeout_s: float | None) -> QuietServer:
    """Return a server for the API. `timeout_s` replaces TIMEOUT_S."""
    settings = uvicorn.Config(
        build_app(control),
        log_config=None,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        http=type("Protocol", (TimeoutProtocol,), {"timeout_s": TIMEOUT_S if timeout_s is None else timeout_s}),
        loop="asyncio",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
    )
    return QuietServer(settings)


def run(server: QuietServer, listener: socket.socket) -> None:
    """Serve on `listener` until `server.end` is called."""
    asyncio.run(_serve(server, listener))


async def _serve(server: QuietServer, listener: socket.socket) -> None:
    # One thread per possible connection, so that requests that wait for their turn never block others.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MAX_CONNECTIONS, "api"))
    await server.serve(sockets=[listener])
