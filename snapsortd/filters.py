"""What a rule may ask of an image: one small class per filter, each a pure `check`.

A check tells the fact it saw and what was wanted, so that every decision can be explained.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from snapsortd.models import FileFacts, Sight
from snapsortd.template import split_name

_DAY = 86400.0

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
"""Longest first, as a reader of text must try them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter may look at. `negatives` are the labels that mean "leave it alone"; `now` is aware."""

    file: FileFacts
    sight: Sight
    negatives: frozenset[str]
    now: datetime

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.file.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`matched` None: neither the filter nor its opposite matches, as there is nothing to judge by."""

    matched: bool | None
    fact: str
    wanted: str = ""

    @property
    def reason(self) -> str:
        """The verdict in plain words."""
        return f"{self.fact}, wanted {self.wanted}" if self.wanted and not self.matched else self.fact


class Filter(Protocol):
    def check(self, facts: Facts) -> Verdict:
        """Does this image pass, and why?"""
        ...


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a filter."""

    filter: Filter

    def check(self, facts: Facts) -> Verdict:
        verdict = self.filter.check(facts)
        if verdict.matched is None:
            return verdict
        return Verdict(
            not verdict.matched,
            verdict.fact,
            f"not {verdict.wanted}" if verdict.wanted else "it not to be so",
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bound, such as `< 20MB`; `text` is how the user wrote it."""

    operator: str
    number: float
    text: str

    def holds(self, value: float) -> bool:
        return OPERATORS[self.operator](value, self.number)


Range = tuple[Comparison, ...]
"""Bounds that must all hold."""


def within(value: float, bounds: Range) -> bool:
    """Do all bounds hold?"""
    return all(bound.holds(value) for bound in bounds)


def _shown(bounds: Range) -> str:
    return " and ".join(bound.text for bound in bounds)


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """The best label is one of `names` and beats the thresholds (both 0 to 1).

    Where a negative label wins, neither this nor its opposite matches, unless `names` has that label.
    """

    names: tuple[str, ...]
    min_score: float = 0.5
    min_margin: float = 0.0

    def check(self, facts: Facts) -> Verdict:
        sight = facts.sight
        wanted = " or ".join(self.names)
        fact = f"label is {sight.label} ({_cut(sight.score)})"
        if sight.label in facts.negatives and sight.label not in self.names:
            return Verdict(None, f"{fact}, which means: leave the file alone")
        if sight.label not in self.names:
            return Verdict(False, fact, wanted)
        if sight.score < self.min_score:
            return Verdict(False, f"label is {sight.label}, but {_below('score', sight.score, self.min_score)}")
        if sight.margin < self.min_margin:
            return Verdict(False, f"{fact}, but {_below('margin', sight.margin, self.min_margin)}")
        return Verdict(True, fact, wanted)


def _cut(score: float) -> str:
    """Two decimals, never rounded up: 0.599 must not read as the 0.60 that it missed."""
    return f"{int(score * 100 + 1e-9) / 100:.2f}"


def _below(what: str, value: float, limit: float) -> str:
    return f"{what} {_cut(value)} is below min_{what} {limit:.2f}"


@dataclass(frozen=True, slots=True)
class ExtensionFilter:
    """The file's suffix, lower case and without its dot, is one of these."""

    extensions: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        suffix = split_name(facts.name)[1].lower()
        return Verdict(suffix in self.extensions, f"extension is {suffix or 'missing'}", " or ".join(self.extensions))


@dataclass(frozen=True, slots=True)
class NameFilter:
    """The file's whole name matches one of these shell patterns, whatever the case."""

    patterns: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        name = _folded(facts.name)
        matched = any(fnmatchcase(name, _folded(pattern)) for pattern in self.patterns)
        return Verdict(matched, f"name is {facts.name}", " or ".join(self.patterns))


def _folded(text: str) -> str:
    # macOS writes "é" as two characters where others write one; both look the same to the user.
    return unicodedata.normalize("NFC", text).casefold()


@dataclass(frozen=True, slots=True)
class SizeFilter:
    """The file's size in bytes."""

    bounds: Range

    def check(self, facts: Facts) -> Verdict:
        size = facts.file.identity.size
        return Verdict(within(size, self.bounds), f"size is {size:,} bytes", _shown(self.bounds))


@dataclass(frozen=True, slots=True)
class DimensionsFilter:
    """Width and height in pixels, after EXIF orientation."""

    width: Range = ()
    height: Range = ()

    def check(self, facts: Facts) -> Verdict:
        image = facts.sight.image
        wanted = {"width": self.width, "height": self.height}
        return Verdict(
            within(image.width, self.width) and within(image.height, self.height),
            f"image is {image.width} × {image.height}",
            " and ".join(f"{side} {_shown(bounds)}" for side, bounds in wanted.items() if bounds),
        )


@dataclass(frozen=True, slots=True)
class AgeFilter:
    """Time since the file was created or modified, or the image taken, in seconds.

    An image that carries no date taken matches neither this nor its opposite.
    """

    bounds: Range
    of: str = "modified"

    def check(self, facts: Facts) -> Verdict:
        dates = {
            "created": facts.file.created,
            "modified": facts.file.modified,
            "taken": facts.sight.image.taken,
        }
        date = dates[self.of]
        if date is None:
            return Verdict(None, "the image carries no date on which it was taken", _shown(self.bounds))
        if date.tzinfo is None:
            date = date.replace(tzinfo=facts.now.tzinfo)
        age = (facts.now - date).total_seconds()
        return Verdict(within(age, self.bounds), f"{self.of} {age / _DAY:.1f} days ago", _shown(self.bounds))
