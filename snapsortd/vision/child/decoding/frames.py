"""Count the frames or pages of an image file, in time linear in its size."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image, MpoImagePlugin

from snapsortd.vision.child.decoding.animations import check_apng, check_gif, check_views
from snapsortd.vision.child.decoding.tiff_pages import count_pages

_MIN_FRAME_BYTES = 12
"""Size of the smallest possible frame or page: an empty chunk of a PNG; other formats need more."""


def count_frames(image: Image.Image, file: BinaryIO) -> int:
    """Return the number of frames: at least 1, and no more than fit into the file, whatever its header claims.

    `image` must not be loaded yet. Raise ImageError if the file ends within a later one, nearly anything on bad data.
    """
    frames = count_pages(file) if image.format == "TIFF" else getattr(image, "n_frames", 1)
    if image.format == "GIF" and frames > 1:
        check_gif(file)
    if image.format == "PNG" and frames > 1:
        check_apng(file)
    if isinstance(image, MpoImagePlugin.MpoImageFile):
        check_views(image, file)
    return max(1, min(frames, file.seek(0, io.SEEK_END) // _MIN_FRAME_BYTES))
