"""The picture that a captioner sees, decoded within the limits of the classifier process."""

from __future__ import annotations

import importlib
import os

from PIL import Image

from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.time_limit import LimitedFile
from snapsortd.vision.child.main import DECODE_LIMIT_S, LAZY_MODULES

MAX_SIDE = 1024
"""Pixels of the longer side: more than the vision towers of captioners take, tiles included."""


def picture_of(fd: int, image_format: str | None) -> Image.Image:
    """Return an open image, which is closed, in RGB and shrunk to MAX_SIDE. Raise ImageError."""
    with LimitedFile(os.fdopen(fd, "rb", buffering=0), DECODE_LIMIT_S, None) as file:
        image, _ = decode(file, MAX_SIDE // 2, image_format)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return image


def import_readers() -> None:
    """Import what is otherwise imported for certain images only, when the seal no longer permits it."""
    for module in LAZY_MODULES:
        importlib.import_module(module)
