"""Slow images in a real classifier process: they come last, and no other image waits for them."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.avif import open_avif
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.refusals import refusal
from snapsortd.vision.child.decoding.time_limit import LimitedFile, SlowImage, is_slow
from snapsortd.vision.classifier import Classifier
from tests.support.crafted_images import avif_of, jpeg_with, png, segment, sound, zeros

MEGA = 1_000_000
SIDE = 9_000
"""Pixels of a square that is slow by its header, and takes a fraction of a second all the same."""


@pytest.fixture
def classifier(tmp_path: Path) -> Iterator[Classifier]:
    one = Classifier(model="embedded", labels={"a": ("a photo",)}, cache_dir=str(tmp_path), threads=1)
    one.wait_ready(lambda: False)
    yield one
    one.stop()


def test_a_good_image_overtakes_the_slow_ones_that_came_before_it(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "slow").write_bytes(png(SIDE, SIDE, zeros((SIDE + 1) * SIDE)))
    (tmp_path / "good").write_bytes(sound("JPEG"))
    slow = [classifier.begin(os.open(tmp_path / "slow", os.O_RDONLY), "png") for _ in range(4)]
    good = classifier.begin(os.open(tmp_path / "good", os.O_RDONLY), "jpeg")
    classifier.finish(good, lambda: False)
    assert not slow[-1].is_answered
    assert classifier.has_room(), "slow ones take no other image's place"
    assert {classifier.finish(request, lambda: False).image.width for request in slow} == {SIDE}
    for request in (*slow, good):
        os.close(request.fd)


def test_one_thread_answers_all_that_come_in_turn(tmp_path: Path) -> None:
    (tmp_path / "slow").write_bytes(png(SIDE, SIDE, zeros((SIDE + 1) * SIDE)))
    (tmp_path / "good").write_bytes(sound("JPEG"))
    one = Classifier(model="embedded", labels={"a": ("a photo",)}, cache_dir=str(tmp_path), in_turn=True)
    one.wait_ready(lambda: False)
    begun = [
        one.begin(os.open(tmp_path / name, os.O_RDONLY), image_format, urgent=urgent)
        for name, image_format, urgent in (("slow", "png", True), ("good", "jpeg", False), ("good", "jpeg", True))
    ]
    found = [one.finish(request, lambda: False) for request in begun]
    assert [each.image.width == SIDE for each in found] == [True, False, False]
    assert found[1].embedding == found[2].embedding
    for request in begun:
        os.close(request.fd)
    one.stop()


@pytest.mark.parametrize(
    ("image_format", "pixels", "size", "expected"),
    [
        pytest.param("JPEG", 12 * MEGA, 4 * MEGA, False, id="a photo"),
        pytest.param("JPEG", 200 * MEGA, 40 * MEGA, False, id="the largest photo"),
        pytest.param("JPEG", 200 * MEGA, MEGA // 2, True, id="a JPEG of scans that say nothing"),
        pytest.param("PNG", 100 * MEGA, 90 * MEGA, False, id="a large PNG"),
        pytest.param("PNG", 9 * MEGA, 20_000, False, id="an empty screenshot"),
        pytest.param("TIFF", 35 * MEGA, 40_000, False, id="a scanned page in black and white"),
        pytest.param("PNG", 220 * MEGA, MEGA, True, id="a bomb"),
        pytest.param("HEIF", 48 * MEGA, 3 * MEGA, False, id="a photo of a phone"),
        pytest.param("AVIF", 100 * MEGA, 9 * MEGA, True, id="a large AVIF, which cannot be stopped"),
    ],
)
def test_slow_is_what_the_header_shows(image_format: str, pixels: int, size: int, expected: bool) -> None:
    assert is_slow(image_format, pixels, size) is expected


def test_a_decode_is_stopped_after_a_while_only_if_others_wait() -> None:
    data = jpeg_with(segment(0xFE, bytes(65_000)))
    waiting: list[str] = []
    file = LimitedFile(io.BytesIO(data), 60, lambda: bool(waiting))
    end = time.thread_time() + 2.0
    while time.thread_time() < end:
        pass
    assert decode(file, 32)[0].mode == "RGB"
    waiting.append("another")
    with pytest.raises(SlowImage):
        decode(file, 32)


@pytest.mark.parametrize("brand", [b"MA1B", b"avio", b"miaf", b"mif1", b"heic"])
def test_an_avif_is_read_whatever_its_main_brand(brand: bytes) -> None:
    data = sound("AVIF")
    assert decode(io.BytesIO(data[:8] + brand + data[12:]), 32)[1].width == 96


def test_an_avif_that_is_too_large_is_not_called_damaged() -> None:
    for width, height, reason in ((40_000, 9, "limit of AVIF is 32768"), (20_000, 15_000, "300 megapixels")):
        with pytest.raises(ImageError, match=reason):
            open_avif(io.BytesIO(avif_of(width, height)))


@pytest.mark.parametrize(
    "message", ["Pixel allocation failed: Out of memory", "Memory allocation error: Unspecified", "planes"]
)
def test_a_lack_of_memory_is_not_called_damage(message: str) -> None:
    reason = str(refusal(message))
    assert ("more memory than is allowed" in reason) is (message != "planes")
