"""Runs the control API in a thread of its own. It listens at once; the web server is imported by the thread."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import TYPE_CHECKING

from snapsortd.daemon.api.socket import PrivateListener, answers, listen

if TYPE_CHECKING:
    from snapsortd.daemon.api.routes import Control
    from snapsortd.daemon.api.uvicorn_server import QuietServer

_log = logging.getLogger("snapsortd")


class ApiServer:
    """Runs the API. A client that connects before the web server is loaded waits, as for any response."""

    def __init__(self, control: Control, path: str, timeout_s: float | None = None) -> None:
        """`timeout_s`: seconds for a complete request and for its response to be read; None means http.TIMEOUT_S."""
        self._path = path
        self._control = control
        self._timeout_s = timeout_s
        self._listener: PrivateListener | None = None
        self._server: QuietServer | None = None
        self._changing = threading.Lock()
        """Held while the listener or the server is set."""
        self._stopped = False
        self._is_taken = False
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)
        self.keep()

    def start(self) -> None:
        """Start serving."""
        self._thread.start()

    def keep(self) -> None:
        """Listen on the socket, again if it was deleted or replaced; not while another daemon answers on it.

        Callable from any thread. Raise SnapsortError if the socket can't be created.
        """
        with self._changing:
            if self._stopped or (self._listener is not None and self._listener.is_at(self._path)):
                return
            is_taken, before = answers(self._path), self._is_taken
            self._is_taken = is_taken
            if is_taken:
                if not before:
                    _log.warning("snapsortctl reaches another snapsortd, which answers at %s", self._path)
                return
            if self._listener is not None:
                _log.warning("the control socket %s was gone and is created again", self._path)
            self._listener = listen(self._path)
            if self._server is not None:
                self._server.listen(self._listener)

    def _run(self) -> None:
        try:
            from snapsortd.daemon.api.uvicorn_server import make_server, run

            server = make_server(self._control, self._timeout_s)
            with self._changing:
                if self._stopped:
                    return
                self._server = server
                if self._listener is not None:
                    server.listen(self._listener)
            run(server)
        except Exception:  # nothing joins this thread to see its exception
            _log.exception("the control API is not available; filing continues")
            self._close()

    def stop(self) -> None:
        """Finish the current responses (within 1 s) and remove the socket."""
        with self._changing:
            self._stopped = True
        self._control.events.close()
        if self._server is not None:
            self._server.end()
        if self._thread.ident is not None:
            self._thread.join(timeout=3.0)
        if self._listener is not None and self._listener.is_at(self._path):
            with contextlib.suppress(OSError):  # a stale socket is replaced at the next start
                os.unlink(self._path)
        self._close()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
