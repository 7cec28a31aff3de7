"""A JPEG without the marker of its end is read if every pixel is there, and refused if any is missing."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

NOISE = Image.effect_noise((120, 90), 60).convert("RGB")
PAGE = Image.new("RGB", (1200, 900), "white")
PAGE.paste(NOISE)
KINDS = {
    "baseline": encoded(NOISE, "JPEG"),
    "progressive": encoded(NOISE, "JPEG", progressive=True),
    "restarts": encoded(NOISE, "JPEG", restart_marker_rows=1),
    "grey": encoded(NOISE.convert("L"), "JPEG", quality=95),
    "cmyk": encoded(NOISE.convert("CMYK"), "JPEG"),
    "white-below": encoded(PAGE, "JPEG"),
    "white-below-progressive": encoded(PAGE, "JPEG", progressive=True),
}


@pytest.mark.parametrize("missing", [b"\xff\xd9", b"\xd9"], ids=["marker", "half-a-marker"])
@pytest.mark.parametrize("kind", KINDS)
def test_without_its_end_it_is_the_same(kind: str, missing: bytes) -> None:
    data = KINDS[kind]
    whole, facts = decode(io.BytesIO(data), 64)
    pixels, same_facts = decode(io.BytesIO(data.removesuffix(missing)), 64)
    assert pixels.tobytes() == whole.tobytes()
    assert same_facts == facts


@pytest.mark.parametrize("percent", [50, 90, 99])
@pytest.mark.parametrize("kind", KINDS)
def test_without_pixels_it_is_truncated(kind: str, percent: int) -> None:
    data = KINDS[kind]
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[: len(data) * percent // 100]), 64)


@pytest.mark.parametrize("scan", range(1, 10))
def test_without_its_last_scans_it_is_truncated(scan: int) -> None:
    data = KINDS["progressive"]
    end = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"][scan]
    tables = data.rfind(b"\xff\xc4", 0, end)
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[:tables]), 64)
