"""Why a file that is not a readable image is ignored. Most people's PDFs are not meant for snapsortd."""

from __future__ import annotations

from snapsortd.domain.errors import ImageError
from snapsortd.domain.names import suffix_of
from snapsortd.vision.formats import promises_image, what_is_missing


def why_ignored(path: str, image_format: str | None) -> str:
    """Return why a file that is not a readable image is ignored. Raise ImageError if its name promises one.

    Formats that can't be read here are ignored silently.
    """
    if image_format is not None:
        return what_is_missing(image_format)
    if promises_image(path):
        raise ImageError(f"it is named .{suffix_of(path)}, but its content is not an image that snapsortd reads")
    return "not an image"


def is_broken_document(error: Exception, path: str) -> bool:
    """True if a PDF can't be read: that needs no one's attention, other than a broken image."""
    return isinstance(error, ImageError) and suffix_of(path) == "pdf"
