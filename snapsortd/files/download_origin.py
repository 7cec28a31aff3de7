"""The addresses that a file was downloaded from, as browsers record them in its extended attributes."""

from __future__ import annotations

import plistlib
import sys

from snapsortd.files.attributes import read_attribute

XDG_ORIGIN = "user.xdg.origin.url"
"""One address: freedesktop.org, "Common Extended Attributes"; Chromium, curl --xattr and wget --xattr set it."""

MACOS_ORIGIN = "com.apple.metadata:kMDItemWhereFroms"
"""A binary property list: the file's address, then the page's."""

_MAX_BYTES = 1 << 16
_MAX_URLS = 8
_MAX_CHARACTERS = 2048
"""Longer ones contain the image itself (`data:`), or are not an address."""


def download_urls(fd: int) -> tuple[str, ...]:
    """Return the addresses, the file's own first; none if the system records none.

    They are not trustworthy: whoever created the file chose them.
    """
    try:
        if sys.platform == "darwin":
            return where_froms(read_attribute(fd, MACOS_ORIGIN))
        return _addresses([read_attribute(fd, XDG_ORIGIN).decode("utf-8", "replace")])
    except OSError:  # this file system does not support attributes
        return ()


def where_froms(data: bytes) -> tuple[str, ...]:
    """Return the addresses in the value of MACOS_ORIGIN; none if it can't be read."""
    if not data or len(data) > _MAX_BYTES:
        return ()
    try:
        found = plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except Exception:  # plistlib raises nearly anything on bad data
        return ()
    return _addresses([each for each in found if isinstance(each, str)]) if isinstance(found, list) else ()


def _addresses(texts: list[str]) -> tuple[str, ...]:
    stripped = (text.strip("\0 \r\n\t") for text in texts)
    return tuple(text for text in stripped if text.isprintable() and 0 < len(text) <= _MAX_CHARACTERS)[:_MAX_URLS]
