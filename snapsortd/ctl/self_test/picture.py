"""Images for the self-test, encoded here, because only the sandboxed process imports what encodes images."""

from __future__ import annotations

import struct
import zlib

SIDE = 128
"""Width and height in pixels."""


def png(number: int) -> bytes:
    """Return a PNG of colour gradients; each number gives a different one. See https://www.w3.org/TR/png-3/."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(SIDE) for value in (2 * x, 2 * y, 40 * number % 256)) for y in range(SIDE)
    )
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
