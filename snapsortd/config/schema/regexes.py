"""Regular expressions that are right, and that no file's name can keep busy for hours.

Anyone who offers a download chooses its name, and Python's `re` tries every way in which a repetition of a repetition
can fit: `(a+)+$` takes years over a name of 200 times "a".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

MAX_NESTED_REPEATS = 3
"""So often a part that fits in many ways may be repeated: 255 characters can be parted in 3 million ways at most."""

_parser: Any = import_module("re._parser")
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT"}


def check_regex(pattern: str) -> str:
    """The pattern. Raises ValueError with what is wrong.

    Found out: a part that fits in several ways, within one that is repeated. Not: many repeats one after the other,
    which take the longer the more there are, but seconds for up to four.
    """
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
            tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"'{_start(pattern)}' is no regular expression: {error}") from None
    if _explodes(tree):
        raise ValueError(
            f"'{_start(pattern)}' repeats a part that itself fits in many ways; some file names could keep that busy "
            "for hours. Make that part atomic: (?>…)"
        )
    return pattern


def _start(pattern: str) -> str:
    return pattern if len(pattern) <= 80 else pattern[:80] + "…"


def _explodes(items: Iterable[Any]) -> bool:
    for item in items:
        kind, about = str(item[0]), item[1]
        if kind in _REPEATS and about[1] > MAX_NESTED_REPEATS and _varies(about[2]):
            return True
        if any(map(_explodes, _inside(kind, about))):
            return True
    return False


def _varies(items: Iterable[Any]) -> bool:
    """Can it fit the same text in more than one way? Whatever is atomic or possessive fits in one."""
    for item in items:
        kind, about = str(item[0]), item[1]
        if kind in _REPEATS and about[0] != about[1]:
            return True
        if kind == "BRANCH" and not _differ(about[1]):
            return True
        if kind in _REPEATS | {"SUBPATTERN", "BRANCH"} and any(map(_varies, _inside(kind, about))):
            return True
        if kind == "GROUPREF_EXISTS":
            return True
    return False


def _differ(branches: list[Any]) -> bool:
    """Does the first character tell which one it is?"""
    firsts = [branch[0] if len(branch) else None for branch in branches]
    literals = {first[1] for first in firsts if first is not None and str(first[0]) == "LITERAL"}
    return len(literals) == len(branches)


def _inside(kind: str, about: Any) -> list[Any]:
    """The parts of which a part is made."""
    match kind:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [about[2]]
        case "SUBPATTERN":
            return [about[3]]
        case "BRANCH":
            return list(about[1])
        case "ATOMIC_GROUP":
            return [about]
        case "ASSERT" | "ASSERT_NOT":
            return [about[1]]
        case "GROUPREF_EXISTS":
            return [part for part in about[1:] if part is not None]
        case _:
            return []
