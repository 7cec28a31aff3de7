"""Malicious files: bombs, false headers, truncations, flipped bits, and other content under an image's name.

Nothing is committed and nothing is random: every run produces the same bytes.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from tests.support.crafted_documents import ENCRYPTED, dng, pdf
from tests.support.crafted_images import (
    DOT,
    PAGE_BYTES,
    animated_png,
    animated_webp,
    avif_of,
    bmp,
    chain,
    checksummed,
    chunk,
    encoded,
    exif_bomb,
    exif_loop,
    exif_of,
    gif,
    gif_frame,
    jpeg_with,
    moving,
    mpo_of,
    packed_tiff,
    page,
    png,
    scan_bomb,
    segment,
    sound,
    tagged,
    tiff,
    with_orientation,
    without_adobe,
    zeros,
)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC", "PDF", "DNG")
DAMAGED = "truncated or damaged"
TOO_LARGE = "megapixels; the limit is 225"
NO_RAW = f"not a raw file of a camera|{DAMAGED}"
MANY_FRAMES = 100_000
LONGEST = 0x7FFFFFFF
BLOWN_UP = 64 << 20
"""The number of bytes to which about 64 KB of compressed text expand."""
XMP_KEY = b"XML:com.adobe.xmp\0\0\0\0\0"
PROFILE = b"ICC_PROFILE\0\1\1"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file. `reason` is a pattern for the reported reason; None if it is a readable image all the same."""

    name: str
    make: Callable[[], bytes]
    reason: str | None = None
    frames: int = 1
    image_format: str | None = None
    """The format that its name claims, if its first bytes differ."""

    def __str__(self) -> str:
        return self.name


def truncated(image_format: str) -> Iterator[bytes]:
    """Return the file truncated at every tenth of its length."""
    data = sound(image_format)
    return (data[: len(data) * tenth // 10] for tenth in range(10))


def flipped(image_format: str, count: int) -> Iterator[bytes]:
    """Return the file with one to eight bytes changed, half of them near its start, where the structure is.

    Every other PNG gets valid checksums, because otherwise nothing behind them would ever be parsed.
    """
    chance = random.Random(f"flipped {image_format}")
    for number in range(count):
        data = bytearray(sound(image_format))
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(chance.choice((min(200, len(data)), len(data))))] = chance.randrange(256)
        yield checksummed(bytes(data)) if image_format == "PNG" and number % 2 else bytes(data)


PNGS = [
    Hostile("png-1-by-2-billion", lambda: png(1, LONGEST, DOT), TOO_LARGE),
    Hostile("png-2-billion-by-1", lambda: png(LONGEST, 1, DOT), TOO_LARGE),
    Hostile("png-65535-by-65535", lambda: png(65535, 65535, DOT), TOO_LARGE),
    Hostile("png-no-width", lambda: png(0, 9, DOT), DAMAGED),
    Hostile("png-300-megapixels", lambda: png(20_000, 15_000, zeros(20_001 * 15_000)), "300 megapixels"),
    Hostile("png-200-megapixels", lambda: png(16_320, 12_240, zeros(16_321 * 12_240))),
    Hostile("png-more-pixels-than-it-says", lambda: png(1, 1, zeros(BLOWN_UP))),
    Hostile("png-text-bomb", lambda: png(1, 1, DOT, before=chunk(b"zTXt", b"x\0\0" + zeros(BLOWN_UP)))),
    Hostile("png-late-text-bomb", lambda: png(1, 1, DOT, after=chunk(b"zTXt", b"x\0\0" + zeros(BLOWN_UP)))),
    Hostile(
        "png-xmp-bomb",
        lambda: png(1, 1, DOT, before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros(BLOWN_UP))),
    ),
    Hostile("png-profile-bomb", lambda: png(1, 1, DOT, before=chunk(b"iCCP", b"x\0\0" + zeros(BLOWN_UP)))),
    Hostile(
        "png-a-thousand-text-bombs",
        lambda: png(1, 1, DOT, before=chunk(b"zTXt", b"x\0\0" + zeros((1 << 20) - 1)) * 1000),
    ),
    Hostile("png-huge-xmp", lambda: png(1, 1, DOT, before=chunk(b"iTXt", XMP_KEY + b"<" * BLOWN_UP))),
    Hostile("png-100,000-empty-chunks", lambda: png(1, 1, DOT, before=chunk(b"abCd", b"") * 100_000)),
    Hostile("png-chunk-that-says-2-GB", lambda: png(1, 1, DOT, before=struct.pack(">I4s", LONGEST, b"abCd")), DAMAGED),
    Hostile("png-100,000-frames", lambda: animated_png(MANY_FRAMES, MANY_FRAMES), frames=MANY_FRAMES),
    Hostile("png-says-2-billion-frames", lambda: animated_png(2, LONGEST), frames=15),
    Hostile("png-junk-profile", lambda: png(1, 1, DOT, before=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"junk")))),
    Hostile("png-profile-that-is-not-packed", lambda: png(1, 1, DOT, before=chunk(b"iCCP", b"x\0\0junk"))),
    Hostile("png-1-by-1", lambda: png(1, 1, DOT)),
    Hostile("png-1-by-30000", lambda: encoded(Image.new("RGB", (1, 30_000)), "PNG")),
    Hostile("png-30000-by-1", lambda: encoded(Image.new("RGB", (30_000, 1)), "PNG")),
    Hostile("png-16-bit-grey", lambda: encoded(Image.new("I;16", (40, 40), 30_000), "PNG")),
    Hostile("png-16-bit-colour", lambda: png(9, 9, zeros(9 * 55), depth=16, colour=2)),
    Hostile("png-palette-with-transparency", lambda: encoded(Image.new("P", (9, 9)), "PNG", transparency=b"\0\x80")),
    Hostile("png-palette-that-is-missing", lambda: png(9, 9, zeros(90), colour=3), DAMAGED),
    Hostile("png-exif-bomb", lambda: png(1, 1, DOT, before=chunk(b"eXIf", exif_bomb()))),
]

JPEGS = [
    Hostile("jpeg-65500-by-65500", lambda: scan_bomb(65_500, 65_500, 1), TOO_LARGE),
    Hostile("jpeg-a-thousand-scans", lambda: scan_bomb(1000, 1000, 1000)),
    Hostile("jpeg-of-junk", lambda: b"\xff\xd8\xff\xe0\0\2" + bytes(2_000_000), DAMAGED),
    Hostile("jpeg-of-fillers", lambda: b"\xff\xd8" + b"\xff" * 2_000_000, DAMAGED),
    Hostile("jpeg-20-MB-of-exif", lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 320)),
    Hostile("jpeg-20-MB-of-comments", lambda: jpeg_with(segment(0xFE, bytes(65_000)) * 320)),
    Hostile("jpeg-xmp-of-64-KB", lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 65_000))),
    Hostile("jpeg-exif-loop", lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_loop()))),
    Hostile("jpeg-exif-of-4-GB", lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_of(9, 5, 0x1FFFFFFF, 8)))),
    Hostile(
        "jpeg-exif-beyond-the-end",
        lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_of(9, 2, 900, 0xFFFFFF00))),
    ),
    Hostile("jpeg-exif-of-5000-entries", lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_of(5000, 2, 9000, 8)))),
    Hostile("jpeg-junk-profile", lambda: jpeg_with(segment(0xE2, PROFILE + b"junk"))),
    Hostile("jpeg-profile-of-no-part", lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0")), DAMAGED),
    Hostile("jpeg-cmyk", lambda: encoded(Image.new("CMYK", (40, 30), (10, 20, 30, 40)), "JPEG")),
    Hostile("jpeg-cmyk-without-adobe", without_adobe),
    Hostile("jpeg-1-by-1", lambda: encoded(Image.new("L", (1, 1)), "JPEG")),
    Hostile("jpeg-two-in-one", lambda: mpo_of(2), frames=2),
    Hostile("jpeg-4-billion-in-one", lambda: mpo_of(0xFFFFFFFF)),
    *(
        Hostile(f"jpeg-orientation-{orientation}", lambda orientation=orientation: with_orientation(orientation))
        for orientation in (*range(10), 65_535)
    ),
]

TIFFS = [
    Hostile("tiff-65535-by-65535", lambda: tiff(page(0, width=65_535, height=65_535)), TOO_LARGE),
    Hostile("tiff-4-billion-wide", lambda: tiff(page(0, width=0xFFFFFFFF)), TOO_LARGE),
    Hostile("tiff-no-pages", lambda: b"II*\0" + bytes(4), DAMAGED),
    Hostile("tiff-page-beyond-the-end", lambda: b"II*\0\xff\xff\xff\xff", DAMAGED),
    Hostile("tiff-100,000-pages", lambda: chain(MANY_FRAMES), frames=MANY_FRAMES),
    Hostile("tiff-loop-of-one-page", lambda: chain(1, last=8)),
    Hostile("tiff-loop-of-three-pages", lambda: chain(3, last=8 + PAGE_BYTES), frames=3),
    Hostile("tiff-deflated-bomb", lambda: packed_tiff(10_000, 8, zeros(10_000 * 10_000))),
    Hostile("tiff-more-pixels-than-it-says", lambda: packed_tiff(1, 8, zeros(BLOWN_UP))),
    Hostile("tiff-run-length-bomb", lambda: packed_tiff(10_000, 32773, b"\x81\0" * (10_000 * 10_000 // 128 + 1))),
    Hostile("tiff-strip-that-lacks-most", lambda: packed_tiff(10_000, 8, zeros(9)), DAMAGED),
    Hostile("tiff-4-billion-samples", lambda: tiff(page(0, samples=0xFFFFFFFF)), DAMAGED),
    Hostile("tiff-4-billion-bits", lambda: tiff(page(0, bits=0xFFFFFFFF)), DAMAGED),
    Hostile(
        "tiff-huge-tiles",
        lambda: tiff(page(0, compression=8, tile_width=LONGEST - 15, tile_height=LONGEST - 15, tiles=8, tile_bytes=9)),
        DAMAGED,
    ),
    Hostile("tiff-tag-of-4-billion-values", lambda: tagged(700, 12, 0xFFFFFFFF, 8)),
    Hostile("tiff-tag-beyond-the-end", lambda: tagged(700, 2, 100, 0xFFFFFF00)),
    Hostile("tiff-directories-that-loop", lambda: tagged(0x8769, 4, 1, 8)),
    Hostile("tiff-65535-entries", lambda: b"II*\0\x08\0\0\0" + b"\xff\xff" + page(0)[2:]),
    Hostile("tiff-junk-profile", lambda: encoded(Image.new("RGB", (9, 9)), "TIFF", icc_profile=b"junk")),
    Hostile("tiff-cmyk", lambda: encoded(Image.new("CMYK", (40, 30), (10, 20, 30, 40)), "TIFF")),
    Hostile("tiff-16-bit", lambda: encoded(Image.new("I;16", (40, 30), 9_999), "TIFF")),
    Hostile("tiff-of-infinities", lambda: encoded(Image.new("F", (40, 30), float("inf")), "TIFF")),
]

OTHERS = [
    Hostile("gif-65535-by-65535", lambda: gif(65_535, 65_535, gif_frame()), TOO_LARGE),
    Hostile("gif-frame-larger-than-all", lambda: gif(1, 1, gif_frame(65_535, 65_535)), TOO_LARGE),
    Hostile("gif-frame-larger-than-the-canvas", lambda: gif(1, 1, gif_frame(2, 1, b"\x04\x0a"))),
    Hostile("gif-frame-that-lacks-a-pixel", lambda: gif(1, 1, gif_frame(2, 1)), DAMAGED),
    Hostile("gif-100,000-frames", lambda: gif(1, 1, *[gif_frame()] * MANY_FRAMES), frames=MANY_FRAMES),
    Hostile("gif-later-frame-larger-than-all", lambda: gif(1, 1, gif_frame(), gif_frame(65_535, 65_535)), frames=2),
    Hostile("gif-comment-byte-by-byte", lambda: gif(1, 1, b"!\xfe" + b"\1x" * 500_000 + b"\0", gif_frame())),
    Hostile("gif-without-a-frame", lambda: gif(9, 9), DAMAGED),
    Hostile("gif-transparent", lambda: encoded(Image.new("P", (9, 9)), "GIF", transparency=0)),
    Hostile("webp-100,000-frames", lambda: animated_webp(1, 1, MANY_FRAMES), frames=MANY_FRAMES),
    Hostile("webp-canvas-of-16383-by-16383", lambda: animated_webp(16_383, 16_383, 2), f"{TOO_LARGE}|{DAMAGED}"),
    Hostile("webp-canvas-of-65535-by-65535", lambda: animated_webp(65_535, 65_535, 2), TOO_LARGE),
    Hostile("webp-canvas-of-3000-by-3000", lambda: animated_webp(3_000, 3_000, 2), frames=2),
    Hostile("webp-says-it-has-4-GB", lambda: b"RIFF\xff\xff\xff\xff" + sound("WEBP")[8:], DAMAGED),
    Hostile("bmp-65535-by-65535", lambda: bmp(65_535, 65_535, b""), TOO_LARGE),
    Hostile("bmp-2-billion-upside-down", lambda: bmp(1, -LONGEST, b""), TOO_LARGE),
    Hostile("bmp-run-length-bomb", lambda: bmp(9_945, 9_000, (b"\xff\0" * 39 + b"\0\0") * 9_000, compression=1)),
    Hostile("bmp-that-ends-at-once", lambda: bmp(14_000, 14_000, b"\0\1", compression=1), DAMAGED),
    Hostile("bmp-that-is-all-jumps", lambda: bmp(9_000, 9_000, b"\0\2\xff\xff" * 50_000, compression=1)),
    Hostile("bmp-of-a-jpeg", lambda: bmp(40, 30, sound("JPEG"), compression=4), DAMAGED),
    Hostile("avif-65535-by-65535", lambda: avif_of(65_535, 65_535), TOO_LARGE),
    Hostile("avif-no-width", lambda: avif_of(0, 9), DAMAGED),
    Hostile("avif-moving", lambda: moving("AVIF", 20), frames=20),
    Hostile("tiff-moving", lambda: moving("TIFF", 20), frames=20),
]

DOCUMENTS = [
    Hostile("heic-65535-by-65535", lambda: avif_of(65_535, 65_535, "HEIC"), TOO_LARGE),
    Hostile("heic-300-megapixels", lambda: avif_of(20_000, 15_000, "HEIC"), TOO_LARGE),
    Hostile("heic-no-width", lambda: avif_of(0, 9, "HEIC"), DAMAGED),
    Hostile("heic-larger-than-it-is", lambda: avif_of(2000, 1500, "HEIC"), DAMAGED),
    Hostile("heic-container-of-junk", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(4000), DAMAGED),
    Hostile("pdf-junk", lambda: b"%PDF-1.7\n1 0 obj << /OpenAction 2 0 R >> endobj\n%%EOF\n", DAMAGED),
    Hostile("pdf-encrypted", lambda: pdf(trailer=ENCRYPTED), "it is encrypted .* without its password"),
    Hostile(
        "pdf-encrypted-by-nobody-knows-what",
        lambda: pdf(trailer=b"/Encrypt << /Filter /X >>"),
        "encrypted by an unknown method",
    ),
    Hostile("pdf-without-pages", lambda: pdf(pages=0), DAMAGED),
    Hostile("pdf-2-billion-pages", lambda: pdf(count=LONGEST), frames=1),
    Hostile("pdf-2-billion-by-2-billion", lambda: pdf(box=b"0 0 2147483647 2147483647")),
    Hostile("pdf-page-of-no-number", lambda: pdf(box=b"nan inf 1e99 -1")),
    Hostile("pdf-1-by-14400", lambda: pdf(box=b"0 0 1 14400")),
    Hostile("pdf-14400-by-1", lambda: pdf(box=b"0 0 14400 1")),
    Hostile("pdf-smaller-than-a-point", lambda: pdf(box=b"0 0 0.001 0.002")),
    Hostile("pdf-that-only-opens-brackets", lambda: pdf(b"[" * 1_000_000)),
    Hostile("pdf-font-of-the-system", lambda: pdf().replace(b"Helvetica", b"Wingdings")),
    Hostile("dng-300-megapixels", lambda: dng(20_000, 15_000, sensor=b""), "300 megapixels", image_format="raw"),
    Hostile(
        "dng-preview-of-65500-by-65500",
        lambda: dng(4000, 3000, preview=scan_bomb(65_500, 65_500, 1), preview_size=(1600, 1200), sensor=b""),
        f"{TOO_LARGE}|{DAMAGED}",
        image_format="raw",
    ),
    Hostile(
        "dng-preview-cut-off",
        lambda: dng(preview=sound("JPEG")[:-900], preview_size=(96, 64)),
        DAMAGED,
        image_format="raw",
    ),
    Hostile("dng-without-preview", dng, image_format="raw"),
    Hostile("dng-that-is-a-tiff", lambda: sound("TIFF"), "not a raw file of a camera", image_format="raw"),
    *(
        Hostile(f"{name}-of-junk", lambda head=head: head + random.Random("raw").randbytes(9000), NO_RAW)
        for name, head in {
            "cr2": b"II*\0\x10\0\0\0CR\x02\0",
            "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
            "raf": b"FUJIFILMCCD-RAW 0201",
            "rw2": b"IIU\0\x18\0\0\0",
            "orf": b"IIRO\x08\0\0\0",
        }.items()
    ),
]

# Files that are not readable images, whatever their names: never opened with Pillow's plugin for that format

UNKNOWN = "not an image in a known format"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(snapsortd-was-here) (w) file closefile\n%%EOF\n"

NO_IMAGES = [
    Hostile("empty", lambda: b"", "the file is empty"),
    Hostile("text", lambda: b"Dear diary, this is no image.\n" * 9, UNKNOWN),
    Hostile("zeros", lambda: bytes(5000), UNKNOWN),
    Hostile("postscript", lambda: POSTSCRIPT, UNKNOWN),
    Hostile(
        "postscript-for-windows", lambda: b"\xc5\xd0\xd3\xc6" + struct.pack("<I", 32) + bytes(24) + POSTSCRIPT, UNKNOWN
    ),
    Hostile("fits", lambda: b"SIMPLE  =                    T / FITS".ljust(2880), UNKNOWN),
    Hostile(
        "svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", UNKNOWN
    ),
    Hostile("html", lambda: b"<!doctype html><script>alert(1)</script>", UNKNOWN),
    Hostile("zip", lambda: b"PK\3\4" + bytes(2000), UNKNOWN),
    Hostile("truetype", lambda: b"\0\1\0\0\0\x0c\0\x80" + bytes(2000), UNKNOWN),
    Hostile("opentype", lambda: b"OTTO\0\x0c\0\x80" + bytes(2000), UNKNOWN),
    Hostile("pcf-font", lambda: b"\1fcp" + bytes(2000), UNKNOWN),
    Hostile("icon", lambda: encoded(Image.new("RGB", (16, 16)), "ICO"), UNKNOWN),
    Hostile("apple-icon", lambda: b"icns" + struct.pack(">I", 2000) + bytes(2000), UNKNOWN),
    Hostile("photoshop", lambda: b"8BPS\0\1" + bytes(2000), UNKNOWN),
    Hostile("jpeg-2000", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(2000), DAMAGED),
    Hostile("jpeg-xl", lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(2000), f"{DAMAGED}|one more package"),
    Hostile("netpbm", lambda: b"P6 1 1 255\n\0\0\0", UNKNOWN),
    Hostile("targa", lambda: encoded(Image.new("RGB", (9, 9)), "TGA"), UNKNOWN),
    Hostile("dds", lambda: encoded(Image.new("RGB", (9, 9)), "DDS"), UNKNOWN),
    Hostile("pcx", lambda: encoded(Image.new("RGB", (9, 9)), "PCX"), UNKNOWN),
    Hostile("sgi", lambda: encoded(Image.new("RGB", (9, 9)), "SGI"), UNKNOWN),
    Hostile("windows-metafile", lambda: b"\xd7\xcd\xc6\x9a" + bytes(2000), UNKNOWN),
    Hostile("bitmap-without-its-file-header", lambda: bmp(1, 1, b"\0")[14:], UNKNOWN),
    Hostile("riff-of-sound", lambda: b"RIFF\0\x10\0\0WAVEfmt " + bytes(2000), UNKNOWN),
    Hostile("film", lambda: b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + bytes(2000), UNKNOWN),
]

EVERYTHING = [*PNGS, *JPEGS, *TIFFS, *OTHERS, *DOCUMENTS, *NO_IMAGES]
