"""Image files assembled byte by byte, as no encoder would write them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache
from typing import Any

import pillow_heif
from PIL import Image

from tests.support.crafted_documents import dng

pillow_heif.register_heif_opener()


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """Return the file that Pillow writes."""
    memory = io.BytesIO()
    image.save(memory, image_format, **options)
    return memory.getvalue()


@cache
def sound(image_format: str) -> bytes:
    """Return a small image of noise, so that nearly every byte of the file matters; for a DNG, the sensor's image."""
    noise = random.Random("noise").randbytes(96 * 64 * 3)
    if image_format == "DNG":
        preview = encoded(Image.new("RGB", (32, 24)), "JPEG")
        return dng(96, 64, preview=preview, preview_size=(32, 24), sensor=noise)
    image = Image.frombytes("RGB", (96, 64), noise)
    return encoded(image, "HEIF" if image_format == "HEIC" else image_format)


# PNG (ISO/IEC 15948; for the animation chunks, section 11.3.6 of its third edition)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int,
    height: int,
    pixels: bytes,
    *,
    depth: int = 8,
    colour: int = 0,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """Return a PNG of compressed `pixels`, with the complete chunks `before` and `after` them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", pixels) + after + chunk(b"IEND", b"")


def checksummed(data: bytes) -> bytes:
    """Return the PNG with the checksum of every recognisable chunk recomputed from its current content."""
    whole, place = bytearray(data), 8
    while place + 12 <= len(whole):
        end = place + 8 + int.from_bytes(whole[place : place + 4])
        if end + 4 <= len(whole):
            whole[end : end + 4] = struct.pack(">I", zlib.crc32(whole[place + 4 : end]))
        place = end + 4
    return bytes(whole)


def zeros(count: int) -> bytes:
    """Return `count` zero bytes, compressed to a thousandth of their size."""
    packer = zlib.compressobj(6)
    block = bytes(1 << 20)
    whole, rest = divmod(count, len(block))
    return b"".join([*(packer.compress(block) for _ in range(whole)), packer.compress(block[:rest]), packer.flush()])


DOT = zlib.compress(b"\0\0")
"""The pixels of a grey 1 × 1 PNG."""


def animated_png(frames: int, said: int) -> bytes:
    """Return an APNG of `frames` frames that declares `said` frames."""
    parts = [chunk(b"acTL", struct.pack(">II", said, 0))]
    for number in range(frames):
        control = struct.pack(">IIIIIHHBB", max(2 * number - 1, 0), 1, 1, 0, 0, 1, 10, 0, 0)
        data = chunk(b"fdAT", struct.pack(">I", 2 * number) + DOT) if number else chunk(b"IDAT", DOT)
        parts += [chunk(b"fcTL", control), data]
    return png(1, 1, DOT).replace(chunk(b"IDAT", DOT), b"".join(parts))


# JPEG (ITU-T T.81), with EXIF and ICC profiles in application segments


def segment(marker: int, data: bytes) -> bytes:
    """Return a JPEG marker segment; `data` beyond the maximum segment length is cut off."""
    return struct.pack(">BBH", 0xFF, marker, min(len(data) + 2, 0xFFFF)) + data[:0xFFFD]


def jpeg_with(*segments: bytes) -> bytes:
    """Return a valid JPEG with additional segments at its start."""
    data = sound("JPEG")
    return data[:2] + b"".join(segments) + data[2:]


def scan_bomb(width: int, height: int, scans: int) -> bytes:
    """Return a progressive JPEG in which every scan declares, in a few bytes, that no block changes.

    One 1-bit code means "the next 16384 to 32767 blocks end here" (T.81, table G.1), and 14 bits give the number.
    """
    blocks = -(-width // 8) * -(-height // 8)
    bits = ""
    while blocks > 0:
        run = min(blocks, 32_767)
        bits += "0" + format(max(run - 16_384, 0), "014b")
        blocks -= max(run, 16_384)
    bits += "1" * (-len(bits) % 8)
    coded = bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    one_code = bytes([1] + [0] * 15)
    start = (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
        + segment(0xC4, b"\x10" + one_code + b"\xe0")
        + segment(0xC4, b"\0" + one_code + b"\0")
    )
    return start + (segment(0xDA, b"\1\1\0\1\x3f\0") + coded) * scans + b"\xff\xd9"


def exif_bomb() -> bytes:
    """Return EXIF data whose date and orientation are each two million fractions."""
    fractions = 2_000_000
    values = struct.pack("<HHII", 0x0112, 5, fractions, 64) + struct.pack("<HHII", 0x8769, 4, 1, 40)
    details = struct.pack("<HHHIII", 1, 0x9003, 5, fractions, 64, 0)
    return (b"II*\0\x08\0\0\0\2\0" + values + bytes(6) + details).ljust(64, b"\0") + b"\1\0\0\0" * 2 * fractions


def exif_loop() -> bytes:
    """Return EXIF data in which every directory points to the first one."""
    pointers = (0x8769, 0x8825, 0xA005, 0x014A)
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(pointers))
        + b"".join(struct.pack("<HHII", tag, 4, 1, 8) for tag in pointers)
        + struct.pack("<I", 8)
    )


def exif_of(entries: int, kind: int, count: int, offset: int) -> bytes:
    """Return EXIF data with many identical entries."""
    directory = b"".join(struct.pack("<HHII", tag, kind, count, offset) for tag in range(0x0100, 0x0100 + entries))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + directory + bytes(4)


def with_orientation(orientation: int, **options: Any) -> bytes:
    """Return a JPEG with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.new("RGB", (40, 30)), "JPEG", exif=exif, **options)


def mpo_of(images: int) -> bytes:
    """Return two JPEGs in one file (CIPA DC-007) whose index declares `images` images."""
    first = Image.new("RGB", (40, 30))
    data = encoded(first, "MPO", save_all=True, append_images=[first])
    said = b"\x01\xb0\x04\x00\x01\x00\x00\x00"
    assert said in data
    return data.replace(said + struct.pack("<I", 2), said + struct.pack("<I", images))


def without_adobe() -> bytes:
    """Return a CMYK JPEG without the segment that defines the meaning of its inks."""
    data = encoded(Image.new("CMYK", (40, 30), (10, 20, 30, 40)), "JPEG")
    start = data.index(b"\xff\xee")
    return data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]


# TIFF 6.0: a header, then a chain of directories of 12-byte entries


def page(follower: int, **changes: int) -> bytes:
    """Return the directory of a grey 1 × 1 image whose pixel is the file's first byte; the next is at `follower`."""
    tags = {"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "strips": 273}
    tags |= {"samples": 277, "rows": 278, "bytes": 279, "tile_width": 322, "tile_height": 323, "tiles": 324}
    tags["tile_bytes"] = 325
    values = {"width": 1, "height": 1, "bits": 8, "compression": 1, "photometric": 1, "strips": 0}
    values |= {"samples": 1, "rows": 1, "bytes": 1} | changes
    entries = b"".join(
        struct.pack("<HHII", tags[name], 4, 1, value)
        for name, value in sorted(values.items(), key=lambda item: tags[item[0]])
    )
    return struct.pack("<H", len(values)) + entries + struct.pack("<I", follower)


def tiff(*pages: bytes, data: bytes = b"") -> bytes:
    """Return the directories one after another, starting at byte 8, followed by `data`."""
    return b"II*\0\x08\0\0\0" + b"".join(pages) + data


PAGE_BYTES = len(page(0))


def chain(pages: int, last: int = 0) -> bytes:
    """Return a TIFF of many pages, the last of which links to `last`."""
    locations = [8 + PAGE_BYTES * number for number in range(1, pages)]
    return tiff(*(page(place) for place in [*locations, last]))


def packed_tiff(side: int, compression: int, data: bytes) -> bytes:
    """Return one strip of `side` × `side` grey pixels, compressed."""
    start = 8 + PAGE_BYTES
    described = page(0, width=side, height=side, rows=side, compression=compression, strips=start, bytes=len(data))
    return tiff(described, data=data)


def tagged(tag: int, kind: int, count: int, value: int) -> bytes:
    """Return a one-page TIFF with one additional, false entry."""
    directory = page(0)
    entries = directory[2:-4] + struct.pack("<HHII", tag, kind, count, value)
    return tiff(struct.pack("<H", len(entries) // 12) + entries + bytes(4))


# GIF89a, WebP (RFC 9649), BMP, AVIF


def gif(width: int, height: int, *frames: bytes) -> bytes:
    """Return a GIF with two colours."""
    return (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + b"".join(frames) + b";"
    )


def gif_frame(width: int = 1, height: int = 1, pixels: bytes = b"\x44\x01") -> bytes:
    """Return a frame; `pixels` are 3-bit codes: 4 (begin), one each for up to three pixels, 5 (end); default: one."""
    return b"," + struct.pack("<HHHHBBB", 0, 0, width, height, 0, 2, len(pixels)) + pixels + b"\0"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP consisting of chunks."""
    body = b"WEBP" + b"".join(riff(kind, data) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff(kind: bytes, data: bytes) -> bytes:
    """Return one chunk, padded to an even length."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def animated_webp(width: int, height: int, frames: int) -> bytes:
    """Return a canvas with frames of one pixel."""
    canvas = struct.pack("<I", 2) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    dot = encoded(Image.new("RGB", (1, 1)), "WEBP")[12:]
    frame = (b"ANMF", bytes(12) + b"\1\0\0\0" + dot)
    return webp((b"VP8X", canvas), (b"ANIM", bytes(6)), *[frame] * frames)


def bmp(width: int, height: int, data: bytes, *, bits: int = 8, compression: int = 0) -> bytes:
    """Return a Windows bitmap with a palette of black."""
    start = 14 + 40 + 1024
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + bytes(1024) + data


def avif_of(width: int, height: int, image_format: str = "AVIF") -> bytes:
    """Return a valid AVIF or HEIC with a false size (`ispe`, ISO/IEC 23008-12)."""
    data = sound(image_format)
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def moving(image_format: str, frames: int) -> bytes:
    """Return a small animation."""
    images = [Image.new("RGB", (16, 16), (number % 256, 0, 0)) for number in range(frames)]
    return encoded(images[0], image_format, save_all=True, append_images=images[1:])
