"""Conditions on a text: words that it contains, and a regular expression that some part of it matches."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from snapsortd.domain.image_text import fold
from snapsortd.rules.filters.patterns import either

MAX_MATCH_S = 0.5
"""Limit for one search of a regular expression, in seconds of processor time as `regex` counts it: of all threads."""


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a text meets the conditions; None if the regular expression took too long."""

    matched: bool | None
    groups: Mapping[str, str] = field(default_factory=dict)
    """The text that each named group matched."""
    slow: str = ""
    """The end of a sentence about a search that took too long; empty for others."""


@dataclass(frozen=True, slots=True)
class Words:
    """Conditions on a text: it contains one of `any`, all of `all`, and a match of the regular expression, if given.

    Case, width and white space make no difference; to the expression, `^` and `$` are the ends of a line.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    pattern: str = ""

    def find_in(self, text: str) -> Found:
        """Return whether the text meets all conditions that are set."""
        folded = fold(text)
        contains = all(fold(each) in folded for each in self.all) and (
            not self.any or any(fold(each) in folded for each in self.any)
        )
        if not contains or not self.pattern:
            return Found(contains)
        import regex  # its import takes longer than that of all other rules

        normal = unicodedata.normalize("NFKC", text)
        return search(self.pattern, normal, MAX_MATCH_S, regex.IGNORECASE | regex.MULTILINE)

    def describe(self) -> str:
        """Return the conditions for display."""
        texts = [either(f"'{each}'" for each in self.any)] if self.any else []
        texts += [f"'{each}'" for each in self.all]
        texts += [f"a match of {self.pattern}"] if self.pattern else []
        return " and ".join(texts)


def search(pattern: str, text: str, seconds: float, flags: int = 0) -> Found:
    """Return whether some part of the text matches the regular expression, within so many seconds."""
    import regex  # its import takes longer than that of all other rules

    try:
        found = regex.search(pattern, text, flags, timeout=seconds)
    except TimeoutError:
        return Found(None, slow=f", on which the pattern took longer than {seconds:g} s")
    groups = found.groupdict() if found else {}
    return Found(found is not None, {name: value for name, value in groups.items() if value is not None})
