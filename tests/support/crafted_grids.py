"""HEIC and AVIF images that consist of tiles, as phones write them and Pillow does not (ISO/IEC 23008-12, 6.6.2.3)."""

from __future__ import annotations

import struct

from PIL import Image

from tests.support.crafted_images import encoded


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def grid(image_format: str, tile: Image.Image, columns: int, rows: int) -> bytes:
    """Return an image that consists of copies of `tile`; its pixels come last in the file, tile by tile."""
    single = encoded(tile, image_format)
    coded = _children(single)[b"mdat"]
    properties = _children(_children(_children(single)[b"meta"][4:])[b"iprp"])[b"ipco"]
    count, each = columns * rows, len(_list(properties))
    kind = {"HEIF": b"hvc1", "AVIF": b"av01"}[image_format]
    width, height = tile.width * columns, tile.height * rows
    size = box(b"ispe", struct.pack(">III", 0, width, height))
    tiles = range(1, count + 1)
    whole = count + 1
    infos = b"".join(
        box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + (b"grid" if number == whole else kind) + b"\0")
        for number in (*tiles, whole)
    )
    of_tile = bytes([each, *(0x80 | number for number in range(1, each + 1))])
    uses = b"".join(struct.pack(">H", number) + of_tile for number in tiles)
    uses += struct.pack(">HBB", whole, 1, each + 1)
    layout = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)

    def head(start: int) -> bytes:
        places = b"".join(
            struct.pack(">HHHHII", number, 0, 0, 1, start + (number - 1) * len(coded), len(coded)) for number in tiles
        )
        places += struct.pack(">HHHHII", whole, 1, 0, 1, 0, len(layout))
        meta = b"\0\0\0\0" + b"".join(
            [
                box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
                box(b"pitm", struct.pack(">IH", 0, whole)),
                box(b"iloc", b"\1\0\0\0\x44\0" + struct.pack(">H", count + 1) + places),
                box(b"iinf", struct.pack(">IH", 0, count + 1) + infos),
                box(b"iref", bytes(4) + box(b"dimg", struct.pack(f">HH{count}H", whole, count, *tiles))),
                box(b"iprp", box(b"ipco", properties + size) + box(b"ipma", struct.pack(">II", 0, count + 1) + uses)),
                box(b"idat", layout),
            ]
        )
        brand = {"HEIF": b"heic", "AVIF": b"avif"}[image_format]
        return box(b"ftyp", brand + bytes(4) + brand + b"mif1") + box(b"meta", meta) + struct.pack(">I", 0) + b"mdat"

    return head(len(head(0))) + coded * count


def _list(content: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    while content:
        size = int.from_bytes(content[:4])
        found.append((content[4:8], content[8:size]))
        content = content[size:]
    return found


def _children(content: bytes) -> dict[bytes, bytes]:
    return dict(_list(content))
