"""Why a file that is not a readable image is ignored."""

from __future__ import annotations

from snapsortd.domain.errors import ImageError
from snapsortd.domain.names import suffix_of
from snapsortd.vision.formats import promises_image, what_is_missing


def why_ignored(path: str, image_format: str | None) -> str:
    """Return why a file that is not a readable image is ignored. Raise ImageError if its name promises one.

    Formats that can't be read here are ignored silently: most people's PDFs are not meant for snapsortd.
    """
    if image_format is not None:
        return what_is_missing(image_format)
    if promises_image(path):
        raise ImageError(f"it is named .{suffix_of(path)}, but its content is not an image that snapsortd reads")
    return "not an image"
