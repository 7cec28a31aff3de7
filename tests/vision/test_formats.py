"""sniff: recognise the format of an image by its first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.vision.formats import HEAD_BYTES, sniff

pytestmark = pytest.mark.pure


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


def _bmp(header_size: int) -> bytes:
    return b"BM" + bytes(12) + header_size.to_bytes(4, "little") + bytes(14)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(8), "png", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg", id="jpeg-jfif"),
        pytest.param(b"\xff\xd8\xff\xe1\x00\x10Exif", "jpeg", id="jpeg-exif"),
        pytest.param(b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp", id="webp"),
        pytest.param(b"GIF87a\x01\x00", "gif", id="gif87"),
        pytest.param(b"GIF89a\x01\x00", "gif", id="gif89"),
        pytest.param(_bmp(40), "bmp", id="bmp"),
        pytest.param(_bmp(124), "bmp", id="bmp-v5"),
        pytest.param(b"II*\0\x08\0\0\0", "tiff", id="tiff-little"),
        pytest.param(b"MM\0*\0\0\0\x08", "tiff", id="tiff-big"),
        pytest.param(b"II+\0\x08\0\0\0", "tiff", id="bigtiff"),
        pytest.param(_ftyp(b"avif", b"mif1"), "avif", id="avif"),
        pytest.param(_ftyp(b"avis"), "avif", id="avif-sequence"),
        pytest.param(_ftyp(b"mif1", b"mif1", b"avif"), "avif", id="avif-by-compatible-brand"),
        pytest.param(_ftyp(b"mif1", *20 * [b"miaf"], b"avif"), "avif", id="avif-by-its-last-brand"),
        pytest.param(_ftyp(b"heic", b"mif1"), "heic", id="heic"),
        pytest.param(_ftyp(b"mif1", b"heic"), "heic", id="heic-by-compatible-brand"),
        pytest.param(_ftyp(b"isom", b"mp41"), None, id="mp4"),
        pytest.param(_ftyp(b"isom") + b"\0\0\0\x10avif", None, id="brand-outside-its-box"),
        pytest.param(b"BM is how this text starts, no image", None, id="text-starting-BM"),
        pytest.param(b"RIFF\x10\x00\x00\x00WAVEfmt ", None, id="wav"),
        pytest.param(b"%PDF-1.7", "pdf", id="pdf"),
        pytest.param(b"\xef\xbb\xbf%PDF-1.7", "pdf", id="pdf-after-byte-order-mark"),
        pytest.param(b"\r\n%PDF-1.7", "pdf", id="pdf-after-empty-line"),
        pytest.param(b"how a %PDF-1.7 starts", None, id="text-about-pdf"),
        pytest.param(b"II*\0\x10\0\0\0CR\x02\0", "raw", id="cr2"),
        pytest.param(_ftyp(b"crx ", b"crx ", b"isom"), "raw", id="cr3"),
        pytest.param(b"FUJIFILMCCD-RAW 0201FF383501", "raw", id="raf"),
        pytest.param(b"IIU\0\x18\0\0\0", "raw", id="rw2"),
        pytest.param(b"IIRO\x08\0\0\0", "raw", id="orf"),
        pytest.param(b"MMOR\0\0\0\x08", "raw", id="orf-big"),
        pytest.param(b"\0\0\0\x0cjP  \r\n\x87\n", "jp2", id="jpeg-2000"),
        pytest.param(b"\xff\x4f\xff\x51\0\x2f", "jp2", id="jpeg-2000-without-boxes"),
        pytest.param(b"\0\0\0\x0cJXL \r\n\x87\n", "jxl", id="jpeg-xl"),
        pytest.param(b"\xff\x0a\xf8\xbe", None, id="two-bytes-of-a-jpeg-xl"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0", None, id="eps"),
        pytest.param(b"<svg xmlns=", None, id="svg"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\x89PNG", None, id="cut-off-png"),
    ],
)
def test_kinds(head: bytes, expected: str | None) -> None:
    assert sniff(head) == expected
    assert sniff(head[:HEAD_BYTES]) == expected


@pytest.mark.parametrize("suffix", ["dng", "nef", "arw", "pef", "srw"])
def test_a_tiff_is_raw_by_its_name_and_nothing_else_is(suffix: str) -> None:
    for tiff in (b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert sniff(tiff, suffix) == "raw"
        assert sniff(tiff, "tif") == "tiff"
    assert sniff(b"\xff\xd8\xff\xe0", suffix) == "jpeg"
    assert sniff(b"Dear diary", suffix) is None


def test_a_pdf_starts_within_the_first_kilobyte_of_a_file_of_its_name() -> None:
    head = b"\x1b%-12345X@PJL SET DUPLEX=ON\r\n".ljust(1000) + b"%PDF-1.7"
    assert sniff(head[:HEAD_BYTES], "pdf") == "pdf"
    assert sniff(head[:HEAD_BYTES], "txt") is None
    assert sniff(head[20:], "txt") is None


def test_a_jpeg_xl_without_boxes_is_known_by_its_name() -> None:
    assert sniff(b"\xff\x0a\xf8\xbe", "jxl") == "jxl"
    assert sniff(b"\xff\x0b\xf8\xbe", "jxl") is None


@given(st.binary(max_size=64))
def test_only_the_head_counts_and_nothing_raises(data: bytes) -> None:
    known = {"png", "jpeg", "webp", "gif", "bmp", "tiff", "heic", "avif", "jp2", "jxl", "raw", "pdf"}
    assert sniff(data[:HEAD_BYTES]) in known | {None}
