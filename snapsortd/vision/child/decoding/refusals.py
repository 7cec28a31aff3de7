"""Say in a person's words why a decoder refused a file: a lack of memory or of a codec is no damage."""

from __future__ import annotations

import re

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.time_limit import LacksMemory

_SAYS_NO_MORE = re.compile("image file is truncated|broken data stream|unrecognized data stream|Truncated File Read")
"""What Pillow reports of most truncated files; its numbers help nobody."""


def lacks_memory() -> LacksMemory:
    """Return the error for an image that needs too much memory."""
    return LacksMemory("decoding it needs more memory than is allowed")


def refusal(message: str) -> ImageError:
    """Return the error for what a decoder reported as `message`."""
    if re.search("out of memory|memory allocation", message, re.IGNORECASE):
        return lacks_memory()
    if re.fullmatch("decoder .* not available", message):  # Pillow
        return ImageError("Pillow was installed without a decoder of this format")
    if "has not been built in" in message:  # libheif
        return ImageError("it is a HEIF file with a compression that snapsortd does not read")
    if "could not create decoder object" in message:  # libwebp gives no reason
        return ImageError("the file is truncated or damaged, or decoding it needs more memory than is allowed")
    if re.search("Decoding of (color|alpha) planes failed", message):  # dav1d gives no reason
        return ImageError(
            "the AV1 decoder failed: the file is damaged, decoding it needs more memory than is allowed, or its "
            f"encoder used an extension that few decoders read ({message})"
        )
    if _SAYS_NO_MORE.match(message):
        return ImageError("the file is truncated or damaged")
    return ImageError(f"the file is truncated or damaged ({message})")
