"""Serves the control API on a Unix socket that only this user can open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn

from snapsortd.api import MAX_CONNECTIONS, Control, build_app
from snapsortd.api_protocol import REQUEST_S, PromptProtocol
from snapsortd.errors import SnapsortError
from snapsortd.paths import socket_address


class PrivateListener(socket.socket):
    """A listening Unix socket that takes connections from this user alone (peer credentials, where the OS has them)."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept one connection; one from another user is closed and reported as aborted."""
        connection, address = super().accept()
        try:
            if peer_uid(connection) in (None, os.getuid()):
                return connection, address
        except OSError:  # macOS: the other side has gone already
            pass
        connection.close()
        raise ConnectionAbortedError("a connection from another user was refused")


def peer_uid(connection: socket.socket) -> int | None:
    """User id of the process at the other end: SO_PEERCRED on Linux, LOCAL_PEERCRED on macOS, else None."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        # struct xucred: version, uid, number of groups, 16 groups (sys/ucred.h); level SOL_LOCAL 0, option 1.
        return int(struct.unpack("2I", connection.getsockopt(0, 1, 76)[:8])[1])
    return None


def listen(path: str) -> PrivateListener:
    """Bind the control socket: a stale one is replaced, it is born 0600. The caller holds the daemon's lock."""
    listener = PrivateListener(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket_address(path) as address:
            listener.bind(address)
    except OSError as error:
        listener.close()
        raise SnapsortError(f"the control socket {path} cannot be made: {error.strerror or error}") from error
    finally:
        os.umask(before)
    listener.listen(MAX_CONNECTIONS)
    listener.setblocking(False)
    return listener


class QuietServer(uvicorn.Server):
    """uvicorn's server without its ten wake-ups a second: it sleeps until a request or the end comes."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for `end`; the accepted connections are served by the event loop meanwhile."""
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._end.wait()

    def end(self) -> None:
        """Stop serving; callable from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end.set)


class ApiServer:
    """Runs the API on its own thread."""

    def __init__(self, control: Control, path: str, patience: float = REQUEST_S) -> None:
        """`patience`: seconds for a request to be complete, and for an answer to be read."""
        self._path = path
        self._events = control.events
        self._listener = listen(path)
        settings = uvicorn.Config(
            build_app(control),
            log_config=None,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            http=type("Protocol", (PromptProtocol,), {"patience": patience}),
            loop="asyncio",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,
        )
        self._server = QuietServer(settings)
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        # A thread for every connection there can be: those that wait for their turn never hold up the others.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MAX_CONNECTIONS, "api"))
        await self._server.serve(sockets=[self._listener])

    def stop(self) -> None:
        """Finish what is being answered (1 s at most) and take the socket away."""
        self._events.close()
        self._server.end()
        if self._thread.ident is not None:
            self._thread.join(timeout=3.0)
        self._listener.close()
        with contextlib.suppress(OSError):  # a socket that nobody listens to is replaced at the next start
            os.unlink(self._path)
