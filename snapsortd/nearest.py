"""The nearest valid name to one that is not: for messages that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(wrong: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?", whatever the case, or nothing."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(wrong.lower(), names, n=1)
    return f"; did you mean '{names[near[0]]}'?" if near else ""


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """The nearest name, or all that there is to choose from where nothing is near."""
    names = list(known)
    return nearest(wrong, names) or (f"; known here: {', '.join(names)}" if names else "")
