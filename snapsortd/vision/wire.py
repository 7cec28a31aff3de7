"""Exchange JSON messages between daemon and classifier over a socket pair, each with at most one descriptor.

A message is its length (4 bytes, big-endian) and that many bytes of JSON. A descriptor travels as SCM_RIGHTS
with the first byte of its message (unix(7)).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
from types import TracebackType
from typing import Any, Self

MAX_MESSAGE = 4 << 20
"""Bytes. The longest genuine message holds the configuration's labels and prompts."""

_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 16


class BadMessage(Exception):
    """The other side sent something that is not a valid message."""


class Channel:
    """One end of the socket pair. The daemon's end takes no descriptors; the kernel drops those sent to it."""

    def __init__(self, sock: socket.socket, *, takes_descriptors: bool = False) -> None:
        self._socket = sock
        self._max_descriptors = 1 if takes_descriptors else 0
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    def send(self, message: dict[str, Any], fd: int | None = None, timeout: float | None = None) -> None:
        """Send one message; `fd` stays open here. Raise OSError if the other side is gone or does not read."""
        body = json.dumps(message).encode("ascii")
        data = _LENGTH.pack(len(body)) + body
        self._socket.settimeout(timeout)
        sent = socket.send_fds(self._socket, [data], [] if fd is None else [fd])
        if sent < len(data):  # an empty send would fail too if the message has already killed the other side
            self._socket.sendall(data[sent:])

    def receive(self, timeout: float | None = None) -> tuple[dict[str, Any], int | None] | None:
        """Return the next message and its descriptor, or None if it is not complete within `timeout` seconds.

        Raise EOFError if the other side is gone and BadMessage on invalid data. The part of an incomplete message
        that has arrived is kept for the next call.
        """
        self._socket.settimeout(timeout)
        while (message := self._take()) is None:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK, self._max_descriptors)
            except (TimeoutError, BlockingIOError):  # the latter when `timeout` is 0
                return None
            except ConnectionError as error:
                raise EOFError from error
            self._descriptors += descriptors
            if not data:
                raise EOFError
            self._buffer += data
        return message, self._descriptors.pop(0) if self._descriptors else None

    def wait(self, timeout: float) -> None:
        """Wait until something can be received, or `timeout` seconds have passed. Other threads may use the channel."""
        with contextlib.suppress(OSError, ValueError):  # another thread has closed it
            readable = select.poll()
            readable.register(self._socket, select.POLLIN)
            readable.poll(timeout * 1000)

    def _take(self) -> dict[str, Any] | None:
        """Remove one complete message from the buffer and return it, or None."""
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
            raise BadMessage("not valid JSON") from error
        if not isinstance(message, dict):
            raise BadMessage("not a JSON object")
        return message

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket and every descriptor that was received but not returned."""
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
