"""Raw control API calls, byte for byte, that none of our own clients would make."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

PATIENCE_S = 20.0
"""Longer than any reply takes."""


def connect(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_S)
    connection.connect(address)
    return connection


def send(address: str, head: str, body: bytes = b"", *, length: int | None = None) -> tuple[int, Any]:
    """Send one request, byte for byte, and return the reply's status and JSON."""
    announced = f"Content-Length: {len(body) if length is None else length}\r\n"
    with connect(address) as connection:
        connection.sendall(f"{head} HTTP/1.1\r\nHost: x\r\n{announced}Connection: close\r\n\r\n".encode() + body)
        return received(connection)


def received(connection: socket.socket) -> tuple[int, Any]:
    with http.client.HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status, json.loads(answer.read())
