"""The process that draws small pictures of images, confined like the classifier process.

Started as `python -m snapsortd.vision.child.thumbnails FD`. Each message with an image adds it to a row; one without
asks for the row as a picture, PNG or sixel. One with an image and a `side` asks for that image alone, as JPEG.
"""

from __future__ import annotations

import base64
import importlib
import io
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.time_limit import LimitedFile
from snapsortd.vision.child.main import LAZY_MODULES, MEMORY_HEADROOM, blank_image
from snapsortd.vision.wire import Channel

HEIGHT, MAX_WIDTH, GAP = 96, 144, 8
"""Pixels of a thumbnail, and between two."""
LIMIT_S = 5
QUALITY = 85
"""Of a JPEG: text in screenshots stays readable."""
COLOURS = 64
"""Colours of a sixel picture."""


def main(fd: int) -> int:
    """Serve the program at the other end of socket `fd`; return the exit code."""
    sandbox.begin(fd)
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel, suppress(EOFError):
        _serve(channel)
    return 0


def _serve(channel: Channel) -> None:
    for module in LAZY_MODULES:
        importlib.import_module(module)
    blank = blank_image()
    for kind in ("png", "sixel"):  # what is opened on first use must be used before the seal
        draw([thumbnail(os.dup(blank), "png")], kind)
    preview(os.dup(blank), "png", 64)
    sandbox.forbid_writing()
    sandbox.limit_memory(MEMORY_HEADROOM)
    sandbox.seal(channel.fileno())
    channel.send({})
    row: list[Image.Image] = []
    while True:
        request, image = channel.receive() or ({}, None)
        sandbox.limit_cpu(LIMIT_S)
        if image is not None and "side" in request:
            drawn = ""
            with suppress(ImageError):
                drawn = preview(image, request["format"], request["side"])
            channel.send({"picture": drawn})
        elif image is not None:
            with suppress(ImageError):
                row.append(thumbnail(image, request["format"]))
        else:
            channel.send({"picture": draw(row, request["kind"]) if row else ""})
            row = []


def thumbnail(fd: int, image_format: str, width: int = MAX_WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a small picture of an open image. Raise ImageError."""
    with LimitedFile(os.fdopen(fd, "rb", buffering=0), LIMIT_S, None) as file:
        image, _ = decode(file, height, image_format)
    image.thumbnail((width, height))
    return image.convert("RGB")


def preview(fd: int, image_format: str, side: int) -> str:
    """Return an open image as JPEG in base64, at most `side` pixels wide and high. Raise ImageError."""
    out = io.BytesIO()
    picture = thumbnail(fd, image_format, side, side)
    picture.info.clear()  # Pillow would write the comment and the colour profile of a JPEG into the next one
    picture.save(out, "JPEG", quality=QUALITY)
    return base64.b64encode(out.getvalue()).decode("ascii")


def draw(row: Sequence[Image.Image], kind: str) -> str:
    """Return thumbnails side by side: a PNG in base64, or the sixels of one picture."""
    width = sum(image.width for image in row) + GAP * (len(row) - 1)
    sheet = Image.new("RGB", (width, max(image.height for image in row)))
    left = 0
    for image in row:
        sheet.paste(image, (left, 0))
        left += image.width + GAP
    if kind == "sixel":
        return sixels(sheet)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def sixels(image: Image.Image) -> str:
    """Return an image as sixels: six rows at a time, colour by colour (DEC STD 070)."""
    indexed = image.quantize(COLOURS)
    palette, pixels = indexed.getpalette() or [], indexed.tobytes()
    width, height = image.size
    parts = [f'0;1;0q"1;1;{width};{height}']
    for colour in range(len(palette) // 3):
        red, green, blue = (round(value / 2.55) for value in palette[colour * 3 : colour * 3 + 3])
        parts.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        rows = [pixels[y * width : (y + 1) * width] for y in range(top, min(top + 6, height))]
        for colour in sorted(set(b"".join(rows))):
            columns = [sum(1 << bit for bit, row in enumerate(rows) if row[x] == colour) for x in range(width)]
            parts.append(f"#{colour}{_run_lengths(columns)}$")
        parts.append("-")
    return "".join(parts)


def _run_lengths(columns: Sequence[int]) -> str:
    out, start = [], 0
    for at in range(1, len(columns) + 1):
        if at == len(columns) or columns[at] != columns[start]:
            out.append(f"!{at - start}{chr(63 + columns[start])}")
            start = at
    return "".join(out)


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))
