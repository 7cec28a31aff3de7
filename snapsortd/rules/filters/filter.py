"""The input and the output of a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from snapsortd.domain.caption import Caption
from snapsortd.domain.decision import Ask, Shortfall
from snapsortd.domain.image import Classification, FileFacts
from snapsortd.domain.image_text import ImageText


@dataclass(frozen=True, slots=True)
class Facts:
    """The input of a filter. `negatives` are the labels that mean "leave the file alone"; `now` is timezone-aware."""

    file: FileFacts
    classification: Classification
    negatives: frozenset[str]
    now: datetime
    twin: str = ""
    """Path of a filed image with the same bytes, or empty."""
    likeness: tuple[str, float] = ("", 0.0)
    """Path of the most similar filed image, or empty, and the cosine of both embeddings, 0 to 1."""
    lost_twin: str = ""
    """Why it is not known whether a filed image has the same bytes, or empty."""
    gone_twin: str = ""
    """Path of one that had them, but is neither there any more nor in another folder that is known; or empty."""
    text: ImageText | None = None
    """The text in the image; None while nothing has asked for it."""
    caption: Caption | None = None
    """The description of the image in words; None while nothing has asked for it."""

    @property
    def known(self) -> frozenset[Ask]:
        """Return the facts that were asked for."""
        found = {Ask.TEXT: self.text, Ask.CAPTION: self.caption}
        return frozenset(ask for ask, value in found.items() if value is not None)

    @property
    def name(self) -> str:
        """Return the name of the file without its folder."""
        return self.file.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Return the path of the folder that contains the file."""
        return self.file.path.rpartition("/")[0] or "/"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The output of a filter. `matched` is None if the filter cannot decide: neither it nor its opposite matches."""

    matched: bool | None
    fact: str
    wanted: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The text that each named group of a regular expression matched."""
    until: datetime | None = None
    """The earliest moment at which time alone changes `matched`, timezone-aware; None if it never does."""
    asks: Ask | None = None
    """The fact without which the filter cannot decide."""
    shortfall: Shortfall | None = None
    """Set if the model gave the label that is wanted, but was not sure enough of it."""

    @property
    def reason(self) -> str:
        """Return the fact and, for a filter that did not match, what was wanted."""
        return f"{self.fact}, wanted {self.wanted}" if self.wanted and not self.matched else self.fact


class Filter(Protocol):
    def check(self, facts: Facts) -> Verdict:
        """Return whether the image passes, with the reason."""
        ...


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a filter: matches if that one does not."""

    filter: Filter

    def check(self, facts: Facts) -> Verdict:
        verdict = self.filter.check(facts)
        if verdict.matched is None:
            return verdict
        return Verdict(
            not verdict.matched,
            verdict.fact,
            f"not {verdict.wanted}" if verdict.wanted else "the opposite",
            until=verdict.until,
        )
