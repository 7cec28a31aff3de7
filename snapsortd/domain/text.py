"""Text for display: escaped names and paths, counts, sizes and suggestions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_JOINERS = "\u200c\u200d"
"""Characters that emoji and some scripts need; they can't control a terminal."""


def escape(text: str) -> str:
    """Return `text` on one line, so that a file's name can't control a terminal or break a log line.

    Control characters, line ends, direction marks and undecodable bytes are escaped.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_escape, text))


def _escape(character: str) -> str:
    if character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs":
        return character
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8, as os.fsdecode returns it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def display_path(path: str, home: str = "") -> str:
    """Return a path for display, beginning with `~` if it is inside `home`."""
    if home and (path == home or path.startswith(home.rstrip("/") + "/")):
        path = "~" + path[len(home.rstrip("/")) :]
    return escape(path)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 image`, `2 images`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: Sequence[str]) -> str:
    """Return the words as a list in a sentence: `a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def size_words(size: float) -> str:
    """Return a size in bytes for display, in powers of 1000."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" if a known name is similar in any case, else an empty text."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(wrong.lower(), names, n=1)
    return f"; did you mean '{names[near[0]]}'?" if near else ""


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """Return the nearest name, or all known names if none is similar."""
    names = list(known)
    return nearest(wrong, names) or (f"; known here: {', '.join(names)}" if names else "")


def score_text(score: float, digits: int = 2) -> str:
    """Return a score with this many decimals, the same wherever it is shown."""
    return f"{truncate(score, digits):.{digits}f}"


def score_digits(limit: float) -> int:
    """Return how many decimals a limit has, 2 to 4, so that a score that missed it is shown with as many."""
    return next((each for each in (2, 3) if abs(round(limit, each) - limit) < 1e-9), 4)


def truncate(value: float, digits: int) -> float:
    """Return the value with this many decimals, never rounded up: 0.599 must not read as the 0.60 that it missed."""
    scale: int = 10**digits
    return int(value * scale + 1e-9) / scale


def width(text: str) -> int:
    """Return the number of terminal columns that printable text takes."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(bool(unicodedata.combining(each)) for each in text)
