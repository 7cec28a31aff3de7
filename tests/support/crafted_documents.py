"""Raw files and PDFs assembled byte by byte."""

from __future__ import annotations

import struct

_FORMATS = {1: "B", 3: "H", 4: "I"}
_SUB, _DATA = 2048, 4096
"""Offsets of the sensor's directory and of the data."""

CAMERA = {271: (2, b"Maker\0"), 272: (2, b"Maker Model X\0")}

Tags = dict[int, tuple[int, bytes | list[int]]]
"""Type and value by tag number (TIFF 6.0, section 2); values of types without a format are given as bytes."""


def directory(tags: Tags, at: int) -> bytes:
    """Return an IFD for offset `at` of the file, followed by the values that do not fit into it."""
    entries, after = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        if isinstance(value, list):
            data, count = struct.pack(f"<{len(value)}{_FORMATS[kind]}", *value), len(value)
        else:
            data, count = value, len(value) // (8 if kind in (5, 10) else 1)
        place = data.ljust(4, b"\0")
        if len(data) > 4:
            place = struct.pack("<I", at + 2 + 12 * len(tags) + 4 + len(after))
            after += data + bytes(len(data) % 2)
        entries += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(tags)) + entries + bytes(4) + after


def dng(
    width: int = 96,
    height: int = 64,
    *,
    preview: bytes = b"",
    preview_size: tuple[int, int] = (0, 0),
    orientation: int = 1,
    taken: bytes = b"",
    sensor: bytes | None = None,
) -> bytes:
    """Return a DNG (version 1.4): a JPEG `preview`, if given, in the first directory, the sensor's data in another."""
    sensor = sensor if sensor is not None else bytes(x * 2 for x in range(100)) * (width * height * 2 // 100 + 1)
    sensor = sensor[: width * height * 2]
    times = 1400
    first: Tags = {
        **CAMERA,
        254: (4, [1]),
        256: (4, [preview_size[0]]),
        257: (4, [preview_size[1]]),
        258: (3, [8, 8, 8]),
        259: (3, [7]),
        262: (3, [6]),
        273: (4, [_DATA]),
        274: (3, [orientation]),
        277: (3, [3]),
        278: (4, [preview_size[1]]),
        279: (4, [len(preview)]),
        330: (4, [_SUB]),
        34665: (4, [times]),
        50706: (1, [1, 4, 0, 0]),
        50708: (2, b"Maker Model X\0"),
        50721: (10, struct.pack("<18i", *(part for place in range(9) for part in (int(place % 4 == 0), 1)))),
        50728: (5, struct.pack("<6I", 1, 1, 1, 1, 1, 1)),
        50778: (3, [21]),
    }
    start = _DATA + len(preview) + len(preview) % 2
    second: Tags = {
        254: (4, [0]),
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [16]),
        259: (3, [1]),
        262: (3, [32803]),
        273: (4, [start]),
        277: (3, [1]),
        278: (4, [height]),
        279: (4, [len(sensor)]),
        33421: (3, [2, 2]),
        33422: (1, [0, 1, 1, 2]),
        50717: (3, [65535]),
    }
    data = (b"II*\0\x08\0\0\0" + directory(first, 8)).ljust(times, b"\0")
    data = (data + directory({36867: (2, taken.ljust(20, b"\0"))}, times)).ljust(_SUB, b"\0")
    return ((data + directory(second, _SUB)).ljust(_DATA, b"\0") + preview).ljust(start, b"\0") + sensor


ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%s) /U (%s) /P -4 >>" % (b"o" * 32, b"u" * 32)
"""For `pdf`: reading it requires a key that nobody has."""

DRAWING = b"1 0 0 rg 0 0 306 792 re f BT 0 0 1 rg /F 48 Tf 320 400 Td (Receipt) Tj ET"
"""The left half of a page in red, and a blue word on the right."""

_HELVETICA = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def pdf(
    drawing: bytes = DRAWING,
    *,
    box: bytes = b"0 0 612 792",
    pages: int = 1,
    count: int | None = None,
    extra: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """Return a PDF (ISO 32000-1) of `pages` equal pages; `extra` is added to the page, `trailer` to the trailer."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" 3 0 R" * pages, pages if count is None else count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << %s >> %s >>"
        % (box, _HELVETICA, extra),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    )
    data, locations = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        locations.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in locations)
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /ID [(a)(a)] %s >>\n"
        % (
            len(objects) + 1,
            table,
            len(objects) + 1,
            trailer,
        )
        + b"startxref\n%d\n%%%%EOF\n" % len(data)
    )
