"""The line between daemon and classifier: JSON messages over a socket pair, each with at most one descriptor.

A message is its length (4 bytes, big-endian) and that many bytes of JSON. A descriptor travels as SCM_RIGHTS
with the first byte of its message (unix(7)).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from types import TracebackType
from typing import Any, Self

MAX_MESSAGE = 4 << 20
"""Bytes. The longest real message is the configuration's labels and prompts."""

_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 16


class BadMessage(Exception):
    """The other side sent something that is no message."""


class Channel:
    """One end of the socket pair. The daemon's takes no descriptors; the kernel drops those sent to it."""

    def __init__(self, sock: socket.socket, *, takes_descriptors: bool = False) -> None:
        self._socket = sock
        self._most = 1 if takes_descriptors else 0
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    def send(self, message: dict[str, Any], fd: int | None = None, timeout: float | None = None) -> None:
        """Send one message; `fd` stays open here. Raises OSError when the other side is gone or stuck."""
        body = json.dumps(message).encode("ascii")
        data = _LENGTH.pack(len(body)) + body
        self._socket.settimeout(timeout)
        sent = socket.send_fds(self._socket, [data], [] if fd is None else [fd])
        if sent < len(data):  # sending nothing would fail too where the other side has died of it already
            self._socket.sendall(data[sent:])

    def receive(self, timeout: float | None = None) -> tuple[dict[str, Any], int | None] | None:
        """The next message and its descriptor; None if it is not complete within `timeout` seconds.

        Raises EOFError when the other side is gone and BadMessage on nonsense. What has arrived of an
        incomplete message is kept for the next call.
        """
        self._socket.settimeout(timeout)
        while (message := self._take()) is None:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK, self._most)
            except (TimeoutError, BlockingIOError):  # the latter when `timeout` is 0
                return None
            except ConnectionError as error:
                raise EOFError from error
            self._descriptors += descriptors
            if not data:
                raise EOFError
            self._buffer += data
        return message, self._descriptors.pop(0) if self._descriptors else None

    def _take(self) -> dict[str, Any] | None:
        """Cut one complete message off the buffer."""
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MAX_MESSAGE:
            raise BadMessage(f"a message of {length} bytes")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadMessage("no JSON") from error
        if not isinstance(message, dict):
            raise BadMessage("no JSON object")
        return message

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket and every descriptor that was received and not taken."""
        self._socket.close()
        for fd in self._descriptors:
            with contextlib.suppress(OSError):
                os.close(fd)
        self._descriptors.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
