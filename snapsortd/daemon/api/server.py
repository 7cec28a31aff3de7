"""Runs the control API in a thread of its own. It listens at once; the web server is imported by the thread."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import TYPE_CHECKING

from snapsortd.daemon.api.socket import listen

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
        self._listener = listen(path)
        self._server: QuietServer | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)

    def start(self) -> None:
        """Start serving."""
        self._thread.start()

    def _run(self) -> None:
        try:
            from snapsortd.daemon.api.uvicorn_server import make_server, run

            self._server = make_server(self._control, self._timeout_s)
            if not self._stopped:
                run(self._server, self._listener)
        except Exception:  # nothing joins this thread to see its exception
            _log.exception("the control API is not available; filing continues")
            self._listener.close()

    def stop(self) -> None:
        """Finish the current responses (within 1 s) and remove the socket."""
        self._stopped = True
        self._control.events.close()
        if self._server is not None:
            self._server.end()
        if self._thread.ident is not None:
            self._thread.join(timeout=3.0)
        self._listener.close()
        with contextlib.suppress(OSError):  # a stale socket is replaced at the next start
            os.unlink(self._path)
