"""Raw files and PDFs become upright RGB pixels and correct facts, or an error if their packages are not installed."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.domain.names import IMAGE_SUFFIXES
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.to_rgb import MAX_ASPECT
from snapsortd.vision.formats import EXTRAS, installed, is_missing, promises_image, sniff
from tests.support.crafted_documents import ENCRYPTED, dng, pdf
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

SIDE = 64


def preview_of(width: int, height: int, **options: Any) -> dict[str, Any]:
    """Return a preview for `dng`, which is black except for the upper left corner."""
    image = Image.new("RGB", (width, height))
    image.paste("white", (0, 0, width // 3, height // 3))
    return {"preview": encoded(image, "JPEG", **options), "preview_size": (width, height)}


def white_corner(image: Image.Image) -> tuple[str, str]:
    """Return the only bright corner."""
    grey = image.convert("L")
    bright = [
        (vertical, horizontal)
        for vertical, y in (("top", 8), ("bottom", image.height - 8))
        for horizontal, x in (("left", 8), ("right", image.width - 8))
        if grey.getpixel((x, y)) == 255
    ]
    assert len(bright) == 1
    return bright[0]


# Raw


def test_a_raw_file_is_seen_by_its_preview_and_measured_by_its_sensor() -> None:
    data = dng(96, 64, **preview_of(480, 320), taken=b"2024:05:17 09:30:01")
    pixels, facts = decode(io.BytesIO(data), SIDE, "raw")
    assert pixels.size == (240, 160)
    assert (facts.width, facts.height, facts.frames) == (96, 64, 1)
    assert facts.dates == {"original": datetime.fromisoformat("2024-05-17T09:30:01")}
    assert (facts.exif["Make"], facts.exif["Model"]) == ("Maker", "Maker Model X")


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [
        pytest.param(1, (96, 64), ("top", "left"), id="upright"),
        pytest.param(3, (96, 64), ("bottom", "right"), id="upside down"),
        pytest.param(6, (64, 96), ("top", "right"), id="to the right"),
        pytest.param(8, (64, 96), ("bottom", "left"), id="to the left"),
    ],
)
@pytest.mark.parametrize("own", [False, True], ids=["of the raw file", "of the preview"])
def test_a_raw_file_is_set_upright(orientation: int, size: tuple[int, int], corner: tuple[str, str], own: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    preview = preview_of(192, 128, exif=exif) if own else preview_of(192, 128)
    pixels, facts = decode(io.BytesIO(dng(96, 64, **preview, orientation=orientation)), SIDE, "raw")
    assert (facts.width, facts.height) == size
    assert (pixels.width > pixels.height) == (size[0] > size[1])
    assert white_corner(pixels) == corner


@pytest.mark.parametrize("preview", [{}, preview_of(48, 32)], ids=["none", "too small"])
def test_without_a_preview_that_is_large_enough_the_sensor_is_developed(preview: dict[str, Any]) -> None:
    pixels, facts = decode(io.BytesIO(dng(600, 400, **preview, orientation=6)), SIDE, "raw")
    assert (facts.width, facts.height) == (400, 600)
    assert pixels.size in ((200, 300), (100, 150))


def test_a_raw_file_without_a_preview_is_read_to_its_end() -> None:
    with pytest.raises(ImageError, match=r"truncated or damaged \(Input/output error\)"):
        decode(io.BytesIO(dng(600, 400)[:-100]), SIDE, "raw")


# PDF


def test_the_first_page_of_a_pdf_is_drawn() -> None:
    data = pdf(pages=3)
    assert sniff(data) == "pdf"
    pixels, facts = decode(io.BytesIO(data), SIDE)
    assert pixels.mode == "RGB"
    assert pixels.size == (128, 166)
    assert (facts.width, facts.height, facts.frames, facts.dates) == (612, 792, 3, {})
    assert pixels.getpixel((10, 10)) == (255, 0, 0)
    assert pixels.getpixel((120, 10)) == (255, 255, 255)
    blue = [colour for _, colour in pixels.getcolors(1 << 20) or [] if isinstance(colour, tuple) and colour[2] > 200]
    assert any(colour[0] < 100 for colour in blue), "there is no text"


def test_a_pdf_of_a_scan_looks_like_the_scan() -> None:
    scan = Image.new("RGB", (300, 200), "white")
    scan.paste("blue", (0, 0, 150, 200))
    pixels, facts = decode(io.BytesIO(encoded(scan, "PDF")), SIDE)
    assert (facts.width, facts.height) == (300, 200)
    left, right = pixels.getpixel((20, 20)), pixels.getpixel((170, 20))
    assert isinstance(left, tuple)
    assert left[0] < 10 < 240 < left[2]
    assert right == (255, 255, 255)


@pytest.mark.parametrize(
    ("box", "extra", "size"),
    [
        pytest.param(b"0 0 300 600", b"/Rotate 90", (600, 300), id="turned"),
        pytest.param(b"100 100 400 700", b"", (300, 600), id="does not begin at 0"),
        pytest.param(b"0 0 600 900", b"/CropBox [0 0 600 300]", (600, 300), id="cropped"),
        pytest.param(b"0 0 14400 10", b"", (14400, 10), id="long"),
        pytest.param(b"0 0 10 14400", b"", (10, 14400), id="tall"),
        pytest.param(b"0 0 100000 100000", b"", (100_000, 100_000), id="huge"),
        pytest.param(b"0 0 3 3", b"", (3, 3), id="small"),
    ],
)
def test_pages_of_any_size(box: bytes, extra: bytes, size: tuple[int, int]) -> None:
    pixels, facts = decode(io.BytesIO(pdf(box=box, extra=extra)), SIDE)
    assert (facts.width, facts.height) == size
    assert min(pixels.size) >= 2 * SIDE
    assert max(pixels.size) <= MAX_ASPECT * min(pixels.size)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(pdf(trailer=ENCRYPTED), "it is encrypted and cannot be read without its password", id="encrypted"),
        pytest.param(pdf(pages=0), "truncated or damaged, or has no page", id="no page"),
        pytest.param(pdf()[:-9], r"truncated or damaged \(a PDF ends with %%EOF\)", id="cut off"),
        pytest.param(b"%PDF-1.7\nnothing\n%%EOF\n", "truncated or damaged", id="empty"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(io.BytesIO(data), SIDE)


# Without the packages


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulate that snapsortd was installed without its extras."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "snapsortd.vision.formats.find_spec", lambda name: None if name in EXTRAS.values() else find_spec(name)
    )
    is_missing.cache_clear()
    yield
    is_missing.cache_clear()


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("data", "image_format", "reason"),
    [
        pytest.param(dng(), "raw", r"raw images need one more package: pip install 'snapsortd\[raw\]'", id="raw"),
        pytest.param(pdf(), "pdf", r"PDFs need one more package: pip install 'snapsortd\[pdf\]'", id="pdf"),
    ],
)
def test_without_its_package_a_format_says_how_to_get_it(data: bytes, image_format: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(io.BytesIO(data), SIDE, image_format)


@pytest.mark.usefixtures("nothing_installed")
def test_without_its_package_the_name_of_a_file_promises_nothing() -> None:
    assert not promises_image("/a/b.pdf")
    assert not promises_image("/a/b.NEF")
    assert promises_image("/a/b.heic")
    assert installed() == ""


def test_with_the_packages_names_promise_images() -> None:
    assert {"pdf", "nef", "heic"} <= IMAGE_SUFFIXES
    assert promises_image("/a/b.pdf")
    assert promises_image("/a/b.NEF")
    assert installed() == "raw+pdf"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n", b"@PJL SET DUPLEX=ON\r\n"])
def test_a_pdf_may_start_with_something_else(before: bytes) -> None:
    pixels, facts = decode(io.BytesIO(pdf()), SIDE)
    same, same_facts = decode(io.BytesIO(before + pdf()), SIDE, "pdf")
    assert (same.tobytes(), same_facts) == (pixels.tobytes(), facts)
