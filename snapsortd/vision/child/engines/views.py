"""The views of an image that the model sees: the one that its image processor prepares; a second one if it is long.

Most image processors squash or crop an image to a square, by which a till roll becomes a page. The second view of a
long image keeps its shape: in its own rectangle if the tower takes inputs of any size, else within a square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from snapsortd.vision.child.engines.engine import Array, Engine, ImageProcessor, normalised
from snapsortd.vision.child.engines.preprocess import Preprocessor

LONG = 2.0
"""Ratio of the sides from which an image has a second view."""
LONGEST = 6.0
"""Ratio of the sides from which the second view squashes as well."""
ENLARGED = 7 / 6
"""Side of the square with the area of the second view, in sides of the first."""

_GREY = (127, 127, 127)

Views = tuple[Array, Array | None]
"""The first view, shape (3, side, side), and the second one, shape (3, height, width)."""


def prepare_views(image: Image.Image, processor: ImageProcessor, *, any_size: bool) -> Views:
    """Return the views of an RGB image. `any_size`: the tower takes inputs of any size."""
    first = processor.prepare(image)
    if max(image.size) < LONG * min(image.size):
        return first, None
    if any_size and isinstance(processor, Preprocessor):
        return first, processor.prepare_size(image, second_size(image.size, processor.side))
    return first, processor.prepare(_within_square(image, processor.side))


def second_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return width and height of the second view: the image's shape, the area of a square of ENLARGED × `side`."""
    stretch = math.sqrt(min(max(size[0] / size[1], 1 / LONGEST), LONGEST))
    return round(ENLARGED * side * stretch), round(ENLARGED * side / stretch)


def _within_square(image: Image.Image, side: int) -> Image.Image:
    longer = max(image.size)
    small = image.resize(
        (max(1, image.width * side // longer), max(1, image.height * side // longer)), Image.Resampling.BICUBIC
    )
    square = Image.new("RGB", (side, side), _GREY)
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return square


def encode_views(engine: Engine, views: Sequence[Views]) -> Array:
    """Return normalised vectors, shape (n, dim): of two views, their mean."""
    vectors = engine.encode(np.stack([first for first, _ in views]))
    for row, (_, second) in enumerate(views):
        if second is not None:
            vectors[row] = normalised(vectors[row] + engine.encode(second[None])[0])
    return vectors
