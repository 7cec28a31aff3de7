"""Compare text as people do: shell patterns, without regard to case and to how accents are encoded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase, translate
from functools import lru_cache


def fold(text: str) -> str:
    """Return a form that is equal for texts that differ only in case or in the encoding of accents."""
    # macOS writes "é" as two characters, other systems as one.
    return unicodedata.normalize("NFC", text).casefold()


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Return True if the whole text matches one of the shell patterns, in which `*` also matches slashes."""
    whole = fold(text)
    return any(fnmatchcase(whole, fold(pattern)) for pattern in patterns)


def matches_one_of(text: str, patterns: tuple[str, ...]) -> bool:
    """Return the same as `matches_any`, for hundreds of patterns, which are compiled once."""
    return _compiled(patterns).match(fold(text)) is not None


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(fold(pattern)) for pattern in patterns))


def either(texts: Iterable[str]) -> str:
    """Return the alternatives as one text."""
    return " or ".join(texts)
