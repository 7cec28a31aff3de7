"""An image that was opened but not decoded yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from snapsortd.domain.errors import ImageError

MAX_PIXELS = 225_000_000
"""Width × height. The largest cameras have 200 megapixels; a decoded image of this size takes at most 900 MB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The image to decode, and the size of the original, of which it may be a smaller version."""

    image: Image.Image
    width: int
    height: int
    frames: int = 1
    orientation: int | None = None
    """An EXIF orientation that overrides that of the image's own EXIF data; None: use the latter."""
    taken: datetime | None = None
    """Local time, used if the image's own EXIF data has none."""


def check_size(width: int, height: int) -> None:
    """Raise ImageError if the image has more than MAX_PIXELS pixels."""
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"it has {width} × {height} = {width * height / 1e6:.0f} megapixels; the limit is {MAX_PIXELS / 1e6:.0f}"
        )
