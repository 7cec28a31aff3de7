"""Where a file was downloaded from, as browsers note it in its extended attributes."""

from __future__ import annotations

import plistlib
import sys

from snapsortd.files.attributes import read_attribute

XDG_ORIGIN = "user.xdg.origin.url"
"""One address: freedesktop.org, "Common Extended Attributes"; Chromium, curl --xattr and wget --xattr set it."""

MACOS_ORIGIN = "com.apple.metadata:kMDItemWhereFroms"
"""A binary property list: the file's address, then the page's."""

_MOST_BYTES = 1 << 16
_MOST_URLS = 8
_MOST_CHARACTERS = 2048
"""Longer ones hold the image itself (`data:`), or no address."""


def download_urls(fd: int) -> tuple[str, ...]:
    """The addresses, the file's own first; none where the system keeps none. Whoever made the file chose them."""
    try:
        if sys.platform == "darwin":
            return where_froms(read_attribute(fd, MACOS_ORIGIN))
        return _addresses([read_attribute(fd, XDG_ORIGIN).decode("utf-8", "replace")])
    except OSError:  # this file system keeps no attributes
        return ()


def where_froms(data: bytes) -> tuple[str, ...]:
    """The addresses in what macOS keeps."""
    if not data or len(data) > _MOST_BYTES:
        return ()
    try:
        found = plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except Exception:  # plistlib raises nearly anything on bad data
        return ()
    return _addresses([each for each in found if isinstance(each, str)]) if isinstance(found, list) else ()


def _addresses(texts: list[str]) -> tuple[str, ...]:
    stripped = (text.strip("\0 \r\n\t") for text in texts)
    return tuple(text for text in stripped if text.isprintable() and 0 < len(text) <= _MOST_CHARACTERS)[:_MOST_URLS]
