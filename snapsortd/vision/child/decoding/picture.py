"""An image that was opened, before its pixels are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from snapsortd.domain.errors import ImageError

MAX_PIXELS = 225_000_000
"""Width × height. The largest cameras make 200 megapixels; a decoded image of this size is 900 MB at most."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be looked at, and the size of the whole of which it may be a smaller version."""

    image: Image.Image
    width: int
    height: int
    frames: int = 1
    orientation: int | None = None
    """As EXIF counts; None: as the image's own EXIF data say."""
    taken: datetime | None = None
    """Where its EXIF data don't say; local time."""


def check_size(width: int, height: int) -> None:
    """Raise ImageError for more pixels than are ever decoded."""
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"it has {width} × {height} = {width * height / 1e6:.0f} megapixels; the limit is {MAX_PIXELS / 1e6:.0f}"
        )
