"""Calls of the control API, byte for byte, as no client of ours would make them."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

PATIENCE_S = 20.0
"""No answer takes this long."""


def connect(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_S)
    connection.connect(address)
    return connection


def send(address: str, head: str, body: bytes = b"", *, length: int | None = None) -> tuple[int, Any]:
    """One request, byte for byte; the answer's status and JSON."""
    announced = f"Content-Length: {len(body) if length is None else length}\r\n"
    with connect(address) as connection:
        connection.sendall(f"{head} HTTP/1.1\r\nHost: x\r\n{announced}Connection: close\r\n\r\n".encode() + body)
        return received(connection)


def received(connection: socket.socket) -> tuple[int, Any]:
    with http.client.HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status, json.loads(answer.read())
