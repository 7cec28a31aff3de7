"""Text as people compare it: shell patterns, whatever the case and however accents are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase


def folded(text: str) -> str:
    """Equal for texts that look the same but for their case."""
    # macOS writes "é" as two characters where others write one; both look the same to the user.
    return unicodedata.normalize("NFC", text).casefold()


def like(text: str, patterns: Iterable[str]) -> bool:
    """Does the whole text match one of these shell patterns? `*` stands for anything, slashes too."""
    whole = folded(text)
    return any(fnmatchcase(whole, folded(pattern)) for pattern in patterns)


def either(texts: Iterable[str]) -> str:
    """What is wanted, in words."""
    return " or ".join(texts)
