"""Compare images that are shrunk while decoding with the whole image in transformers' image processor."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from transformers import AutoImageProcessor

from snapsortd.domain.errors import ImageError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.engines.preprocess import Preprocessor
from tests.support import images

MEAN, NINETY_NINE_PERCENT = 1.0, 12.0
"""Limits of the difference between the model's inputs, in 1/255 of the range of a channel."""

MEAN_OF_THUMBNAIL = 4.0
"""libheif creates thumbnails by skipping pixels; those of cameras are better."""

HEIF: dict[str, Any] = {"quality": 80, "enc_params": {"preset": "ultrafast"}}
"""Encoding takes ten seconds otherwise; both readers decode the same file."""

SCENES = {
    "photo": lambda: images.photo(0).resize((2016, 1512)),
    "screenshot": lambda: images.screenshot(1).resize((1920, 1200)),
    "receipt": lambda: images.receipt(0).resize((1650, 2200)),
}


def _difference(file: io.BytesIO) -> Any:
    """Return the difference of each value, in 1/255."""
    folder = find_checkpoint("embedded")
    reference = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    ours = Preprocessor.load(folder)
    assert ours is not None
    prepared = ours.prepare(decode(file, ours.side)[0])
    with Image.open(file) as image:
        expected = reference(images=[image.convert("RGB")], return_tensors="np")["pixel_values"][0]
    return np.abs(prepared - expected) * reference.image_std[0] * 255


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 92}),
        ("WEBP", {"quality": 85, "method": 0}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("AVIF", {"speed": 10}),
        ("HEIF", HEIF),
    ],
)
def test_each_format(scene: Any, image_format: str, options: dict[str, Any]) -> None:
    file = io.BytesIO()
    scene().save(file, image_format, **options)
    difference = _difference(file)
    assert difference.mean() < MEAN
    assert np.percentile(difference, 99) < NINETY_NINE_PERCENT


@pytest.mark.parametrize("size", [(4608, 3456), (3456, 4608)])
def test_a_photo_that_is_decoded_to_an_eighth(size: tuple[int, int]) -> None:
    file = io.BytesIO()
    images.photo(0).resize(size).save(file, "JPEG", quality=92)
    assert decode(file, 288)[0].size == (size[0] // 8, size[1] // 8)
    difference = _difference(file)
    assert difference.mean() < MEAN
    assert np.percentile(difference, 99) < NINETY_NINE_PERCENT


def test_a_photo_whose_size_is_no_multiple_of_eight_keeps_twice_the_pixels() -> None:
    file = io.BytesIO()
    images.photo(0).resize((4612, 3460)).save(file, "JPEG", quality=92)
    assert decode(file, 288)[0].size == (1153, 865)


def test_the_thumbnail_of_a_heic_file() -> None:
    file = io.BytesIO()
    SCENES["photo"]().save(file, "HEIF", **HEIF, thumbnails=[640])
    image, facts = decode(file, 224)
    assert image.size == (640, 480)
    assert (facts.width, facts.height) == (2016, 1512)
    assert _difference(file).mean() < MEAN_OF_THUMBNAIL


def test_a_thumbnail_that_is_too_small_is_not_looked_at() -> None:
    file = io.BytesIO()
    SCENES["photo"]().save(file, "HEIF", **HEIF, thumbnails=[320])
    image, _ = decode(file, 224)
    assert image.size == (504, 378)  # of 2016 × 1512


def test_a_file_cut_off_is_not_judged_by_its_thumbnail() -> None:
    file = io.BytesIO()
    SCENES["photo"]().save(file, "HEIF", **HEIF, thumbnails=[640])
    file.truncate(len(file.getvalue()) - 1)
    with pytest.raises(ImageError, match="truncated"):
        decode(file, 224)
