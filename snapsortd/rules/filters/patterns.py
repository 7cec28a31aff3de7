"""Compare text as people do: shell patterns, without regard to case and to how accents are encoded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase


def fold(text: str) -> str:
    """Return a form that is equal for texts that differ only in case or in the encoding of accents."""
    # macOS writes "é" as two characters, other systems as one.
    return unicodedata.normalize("NFC", text).casefold()


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Return True if the whole text matches one of the shell patterns, in which `*` also matches slashes."""
    whole = fold(text)
    return any(fnmatchcase(whole, fold(pattern)) for pattern in patterns)


def either(texts: Iterable[str]) -> str:
    """Return the alternatives as one text."""
    return " or ".join(texts)
