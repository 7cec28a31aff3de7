"""A compromised classifier process, as the daemon sees it: it replies whatever it likes.

Run as `hostile_answers WHAT FD`; started instead of Python by `as_classifier`.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOADED = {"name": "hostile", "dim": 2, "source": "/", "digest": ""}
GOOD = {"id": 1, "scores": [0.5, 0.5], "embedding": "AAAAAA==", "width": 1, "height": 1, "dates": {}, "frames": 1}
GOOD |= {"by_prompts": [], "has_alpha": False, "exif": {"Model": "X100"}}


def message(body: bytes | dict[str, object]) -> bytes:
    """Send a message, consisting of JSON or of arbitrary bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return struct.pack(">I", len(body)) + body


def _for_ever(data: bytes) -> Callable[[socket.socket], None]:
    def flood(line: socket.socket) -> None:
        while True:
            line.sendall(data)

    return flood


def _once(data: bytes) -> Callable[[socket.socket], None]:
    def answer(line: socket.socket) -> None:
        line.sendall(data)
        line.recv(1)  # until the daemon closes it

    return answer


def _descriptors(line: socket.socket) -> None:
    for _ in range(100):
        socket.send_fds(line, [b"\0"], [0] * 200)
    _for_ever(b"\0")(line)


BIG = 4 << 20
ANSWERS: dict[str, Callable[[socket.socket], None]] = {
    "zeros for ever": _for_ever(bytes(1 << 16)),
    "noise for ever": _for_ever(os.urandom(1 << 16)),
    "a message without an end": _for_ever(b"x" * (1 << 16)),
    "one byte of a message": _once(b"\0"),
    "a length and no more": _once(struct.pack(">I", BIG)),
    "too large a length": _once(struct.pack(">I", 2**32 - 1)),
    "a million lists": _once(message((b"[" + b"[]," * BIG)[: BIG - 3] + b"[]]")),
    "a million mappings": _once(message(b'{"id":1,"scores":[' + b"{}," * (BIG // 3 - 10) + b"{}]}")),
    "a deep list": _once(message(b"[" * BIG)),
    "a long number": _once(message(b'{"id":1,"scores":[' + b"9" * (BIG - 20) + b"]}")),
    "a number of 4000 digits": _once(message(b'{"id": 1, "width": ' + b"9" * 4000 + b"}")),
    "scores that are none": _once(message(json.dumps({**GOOD, "scores": [float("nan"), float("inf")]}).encode())),
    "scores beyond 1": _once(message({**GOOD, "scores": [1.5, -0.5]})),
    "scores of 4000 digits": _once(message(json.dumps({**GOOD, "scores": [10**4000, 0]}).encode())),
    "scores in words": _once(message({**GOOD, "scores": "01"})),
    "EXIF tags without end": _once(message({**GOOD, "exif": {f"Model{number}": "x" for number in range(200_000)}})),
    "a long EXIF text": _once(message({**GOOD, "exif": {"Model": "x" * (3 << 20)}})),
    "an EXIF text for the terminal": _once(message({**GOOD, "exif": {"Model": "\x1b[31m"}})),
    "an embedding without end": _once(message({**GOOD, "embedding": "AHwAfA=="})),
    "a long embedding": _once(message({**GOOD, "embedding": "A" * (3 << 20)})),
    "an endless reason": _once(message({"id": 1, "unreadable": "x" * (BIG - 100)})),
    "a reason of no characters": _once(message({"id": 1, "unreadable": "\ud800\0\x1b[31m"})),
    "a reason that is a list": _once(message({"id": 1, "unreadable": [[]] * 100_000})),
    "an endless complaint": _once(message({"crashed": "\ud800" * (BIG // 8)})),
    "descriptors": _descriptors,
}


@contextmanager
def as_classifier(folder: Path, *words: str, program_name: str = __name__) -> Iterator[None]:
    """Make this process start the program of that name, with these arguments, whenever it starts Python."""
    python, program = sys.executable, folder / "python"
    program.write_text(
        f'#!/bin/sh\nfor fd; do :; done\nexec "{python}" -m {shlex.join((program_name, *words))} "$fd"\n'
    )
    program.chmod(0o700)
    sys.executable = str(program)
    try:
        yield
    finally:
        sys.executable = python


def main(what: str, fd: int) -> None:
    """Load nothing, wait for an image, and reply."""
    with socket.socket(fileno=fd) as line, suppress(ConnectionError):
        line.recv(1 << 16)
        line.sendall(message(LOADED))
        line.recv(1 << 16)
        ANSWERS[what](line)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
