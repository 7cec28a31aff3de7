"""The control API on a thread of its own: it listens at once, and what answers is loaded when it starts."""

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
    """Runs the API. A client that comes before all is loaded waits for it, as for any answer."""

    def __init__(self, control: Control, path: str, patience: float | None = None) -> None:
        """`patience`: seconds for a request to be complete, and for an answer to be read; None: REQUEST_S."""
        self._path = path
        self._control = control
        self._patience = patience
        self._listener = listen(path)
        self._server: QuietServer | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def _run(self) -> None:
        try:
            from snapsortd.daemon.api.uvicorn_server import make_server, run

            self._server = make_server(self._control, self._patience)
            if not self._stopped:
                run(self._server, self._listener)
        except Exception:  # nobody waits for this thread
            _log.exception("the control API does not answer; snapsortd files on")
            self._listener.close()

    def stop(self) -> None:
        """Finish what is being answered (1 s at most) and take the socket away."""
        self._stopped = True
        self._control.events.close()
        if self._server is not None:
            self._server.end()
        if self._thread.ident is not None:
            self._thread.join(timeout=3.0)
        self._listener.close()
        with contextlib.suppress(OSError):  # a socket that nobody listens to is replaced at the next start
            os.unlink(self._path)
