"""A captioner that an image or a server took over: its caption is the results of forbidden operations.

Run as a program with the name of the real module, in which only the model or the call of the server is replaced, what
is outside as JSON, and the socket's number.
"""

from __future__ import annotations

import json
import socket
import sys
from types import SimpleNamespace
from typing import Any

from snapsortd.vision.child.describing import ask_server
from snapsortd.vision.child.describing import main as model_process
from tests.support.hostile_child import attempts, calls, told


class _Model:
    """Loads nothing; describes the first two images, which are blank ones before and behind the seal."""

    def __init__(self, *_: object) -> None:
        self._described = 0

    def describe(self, _image: object) -> str:
        self._described += 1
        return "" if self._described <= 2 else _attack(0)


def _attack(descriptor: int) -> str:
    made = {**attempts(descriptor, **json.loads(sys.argv[2])), **calls()}
    return json.dumps({name: told(attempt) for name, attempt in made.items()})


def _ask(connection: socket.socket, *_: object, **__: object) -> str:
    elsewhere = ("127.0.0.1", json.loads(sys.argv[2])["port"])
    by_connection: dict[str, Any] = {
        "connect it elsewhere": lambda: connection.connect(elsewhere),
        "disconnect it": lambda: connection.shutdown(socket.SHUT_RDWR),
        "send elsewhere": lambda: connection.sendto(b"x", getattr(socket, "MSG_FASTOPEN", 0), elsewhere),
    }
    return json.dumps(
        json.loads(_attack(connection.fileno())) | {name: told(attempt) for name, attempt in by_connection.items()}
    )


if __name__ == "__main__":
    if sys.argv[1] == "ask_server":
        ask_server.ask = _ask
        sys.exit(ask_server.main(int(sys.argv[3])))
    sys.modules["snapsortd.vision.child.describing.model"] = SimpleNamespace(Captioner=_Model)  # type: ignore[assignment]
    sys.exit(model_process.main(int(sys.argv[3])))
