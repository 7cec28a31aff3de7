"""Names and numbers as people may see them: nothing in a file's name can steer a terminal or break a log line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_JOINERS = "\u200c\u200d"
"""Needed inside emoji and some scripts; they steer nothing."""


def escape(text: str) -> str:
    """`text` on one line: control characters, line ends, direction marks, undecodable bytes are escaped."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def display_path(path: str, home: str = "") -> str:
    """A path for people, beginning with `~` where it lies in `home`."""
    if home and (path == home or path.startswith(home.rstrip("/") + "/")):
        path = "~" + path[len(home.rstrip("/")) :]
    return escape(path)


def count(number: int, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size_words(size: float) -> str:
    """A size in bytes for people, in powers of 1000."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _shown(character: str) -> str:
    if character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs":
        return character
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8, as os.fsdecode gives it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def nearest(wrong: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?", whatever the case, or nothing."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(wrong.lower(), names, n=1)
    return f"; did you mean '{names[near[0]]}'?" if near else ""


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """The nearest name, or all that there is to choose from where nothing is near."""
    names = list(known)
    return nearest(wrong, names) or (f"; known here: {', '.join(names)}" if names else "")
