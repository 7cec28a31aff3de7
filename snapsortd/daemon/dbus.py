"""A connection to the session bus, as far as notifications need it: calls, and the signals that answer them.

No program and no package is needed for it. See dbus.freedesktop.org/doc/dbus-specification.html; numbers are
little-endian, and everything is aligned from the beginning of the message.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple, Self

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = 1, 2, 3, 5, 6, 7, 8
"""Codes of header fields."""
TIMEOUT_S = 2.0
"""Maximum wait for the bus, or for an answer."""
MAX_MESSAGE = 1 << 20
_NUMBERS = {"y": ("<B", 1), "u": ("<I", 4), "i": ("<i", 4), "b": ("<I", 4)}
_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class Message(NamedTuple):
    """A message that was received; `fields` are its header fields by their codes."""

    kind: int
    serial: int
    fields: dict[int, Any]
    body: list[Any]


class Bus:
    """A connection to the session bus. Every method raises OSError if the bus is gone or does not answer."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._serials = count(1)
        self._buffer = bytearray()
        self.waiting: list[Message] = []
        """Signals that arrived while an answer was waited for."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
        self.socket.settimeout(TIMEOUT_S)
        try:
            self.socket.connect(session_address(env))
            self._authenticate()
            self.call(*_BUS, "Hello")
        except BaseException:
            self.socket.close()
            raise

    def _authenticate(self) -> None:
        uid = str(os.getuid()).encode().hex()
        self.socket.sendall(b"\0AUTH EXTERNAL " + uid.encode() + b"\r\n")
        answer = self.socket.recv(4096)
        if not answer.startswith(b"OK "):
            raise ConnectionRefusedError("the session bus does not accept this user")
        self.socket.sendall(b"BEGIN\r\n")

    def call(
        self, destination: str, path: str, interface: str, member: str, signature: str = "", *values: Any
    ) -> list[Any]:
        """Call a method and return its answer."""
        serial = next(self._serials)
        fields = [
            (PATH, "o", path),
            (INTERFACE, "s", interface),
            (MEMBER, "s", member),
            (DESTINATION, "s", destination),
        ]
        self.socket.settimeout(TIMEOUT_S)
        self.socket.sendall(encode(CALL, serial, fields, signature, values))
        deadline = time.monotonic() + TIMEOUT_S
        while (message := self.receive(max(0.0, deadline - time.monotonic()))) is not None:
            if message.kind == SIGNAL:
                self.waiting.append(message)
            elif message.fields.get(REPLY_SERIAL) == serial:
                if message.kind == ERROR:
                    raise OSError(f"{member}: {' '.join(map(str, message.body))}")
                return message.body
        raise TimeoutError(f"{member}: no answer")

    def subscribe(self, interface: str) -> None:
        """Receive the signals of an interface from now on."""
        self.call(*_BUS, "AddMatch", "s", f"type='signal',interface='{interface}'")

    def receive(self, timeout: float) -> Message | None:
        """Return the next message; None if none arrives in time."""
        deadline = time.monotonic() + timeout
        while (message := self._take()) is None:
            readable, _, _ = select.select([self.socket], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                return None
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the session bus has ended")
            self._buffer += data
        return message

    def _take(self) -> Message | None:
        if len(self._buffer) < 16:
            return None
        body_size, _, fields_size = struct.unpack_from("<III", self._buffer, 4)
        begin = (16 + fields_size + 7) // 8 * 8
        if begin + body_size > MAX_MESSAGE or self._buffer[0] != ord("l"):
            raise OSError("the session bus sent what is not a message")
        if len(self._buffer) < begin + body_size:
            return None
        data = bytes(self._buffer[: begin + body_size])
        del self._buffer[: begin + body_size]
        return decode(data, begin)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def session_address(env: Mapping[str, str]) -> str:
    """Return the socket of the session bus. Raise FileNotFoundError if there is none."""
    runtime = env.get("XDG_RUNTIME_DIR")
    known = env.get("DBUS_SESSION_BUS_ADDRESS") or (f"unix:path={runtime}/bus" if runtime else "")
    for address in known.split(";"):
        kind, _, text = address.partition(":")
        options = dict(pair.partition("=")[::2] for pair in text.split(","))
        if kind == "unix" and "path" in options:
            return options["path"]
        if kind == "unix" and "abstract" in options:
            return "\0" + options["abstract"]
    raise FileNotFoundError("there is no session bus")


def encode(
    kind: int, serial: int, fields: Sequence[tuple[int, str, Any]], signature: str, values: Sequence[Any]
) -> bytes:
    """Return a message."""
    body = bytearray()
    for each, value in zip(split(signature), values, strict=True):
        _pack(body, each, value)
    head = bytearray(struct.pack("<BBBBII", ord("l"), kind, 0, 1, len(body), serial))
    known = [*fields, *([(SIGNATURE, "g", signature)] if signature else [])]
    _pack(head, "a(yv)", [(code, (kind_, value)) for code, kind_, value in known])
    _align(head, 8)
    return bytes(head + body)


def _pack(out: bytearray, signature: str, value: Any) -> None:
    kind = signature[0]
    if kind in _NUMBERS:
        form, size = _NUMBERS[kind]
        _align(out, size)
        out += struct.pack(form, value)
    elif kind in "sog":
        encoded = value.encode()
        _pack(out, "y" if kind == "g" else "u", len(encoded))
        out += encoded + b"\0"
    elif kind == "v":
        _pack(out, "g", value[0])
        _pack(out, *value)
    elif kind in "({":
        _align(out, 8)
        for each, part in zip(split(signature[1:-1]), value, strict=True):
            _pack(out, each, part)
    else:
        _pack(out, "u", 0)
        at = len(out)
        _align(out, 8 if signature[1] in "({" else 4)
        begin = len(out)
        for item in value.items() if isinstance(value, dict) else value:
            _pack(out, signature[1:], item)
        struct.pack_into("<I", out, at - 4, len(out) - begin)


def _align(out: bytearray, size: int) -> None:
    out += bytes(-len(out) % size)


def decode(data: bytes, begin: int) -> Message:
    """Return a complete message, whose body begins at `begin`."""
    fields, _ = _unpack(data, "a(yv)", 12)
    known = dict(fields)
    body, at = [], begin
    for each in split(known.get(SIGNATURE, "")):
        value, at = _unpack(data, each, at)
        body.append(value)
    return Message(data[1], struct.unpack_from("<I", data, 8)[0], known, body)


def _unpack(data: bytes, signature: str, at: int) -> tuple[Any, int]:
    """Return the value at this offset, and where the next one begins."""
    kind = signature[0]
    if kind in _NUMBERS:
        form, size = _NUMBERS[kind]
        at += -at % size
        return struct.unpack_from(form, data, at)[0], at + size
    if kind in "sog":
        size, at = _unpack(data, "y" if kind == "g" else "u", at)
        return data[at : at + size].decode("utf-8", "replace"), at + size + 1
    if kind == "v":
        inner, at = _unpack(data, "g", at)
        return _unpack(data, inner, at)
    if kind in "({":
        at += -at % 8
        parts = []
        for each in split(signature[1:-1]):
            part, at = _unpack(data, each, at)
            parts.append(part)
        return tuple(parts), at
    size, at = _unpack(data, "u", at)
    at += -at % (8 if signature[1] in "({xtd" else 4 if signature[1] in "uisaob" else 1)
    values, end = [], at + size
    while at < end:
        value, at = _unpack(data, signature[1:], at)
        values.append(value)
    return values, end


def split(signature: str) -> list[str]:
    """Return the complete types of a signature: `sa{sv}` → `s`, `a{sv}`."""
    types, start, depth = [], 0, 0
    for at, kind in enumerate(signature):
        depth += (kind in "({") - (kind in ")}")
        if depth == 0 and kind != "a":
            types.append(signature[start : at + 1])
            start = at + 1
    return types
