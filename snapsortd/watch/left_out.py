"""Decide which folders are not searched: by their name, what they hold and what is beside them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from snapsortd.domain.left_out import HOLDS, PAGE

PAGES = (".html", ".htm", ".xhtml", ".shtml", ".php", ".asp", ".aspx")


def matches(name: str, globs: tuple[str, ...]) -> bool:
    """Return True if one of the globs matches the name, without regard to case and to how accents are encoded."""
    return bool(globs) and _compiled(globs).match(_plain(name)) is not None


def is_left_out(folder: str, exclude: Iterable[str]) -> bool:
    """Return True if what is in or beside the folder at this path says that it is not searched.

    Patterns that need no file system are those of `matches`.
    """
    above, name = os.path.split(folder)
    for pattern in exclude:
        if pattern.startswith(HOLDS):
            if os.path.lexists(os.path.join(folder, pattern.removeprefix(HOLDS))):
                return True
        elif pattern.startswith(PAGE):
            ending = _plain(pattern.removeprefix(PAGE))
            if _plain(name).endswith(ending) and len(name) > len(ending):
                page = os.path.join(above, name[: -len(ending)])
                if any(os.path.lexists(page + suffix) for suffix in PAGES):
                    return True
    return False


@lru_cache(64)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(_plain(glob)) for glob in globs))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
