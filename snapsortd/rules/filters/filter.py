"""What a filter looks at, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from snapsortd.domain.image import Classification, FileFacts


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter may look at. `negatives` are the labels that mean "leave it alone"; `now` is aware."""

    file: FileFacts
    classification: Classification
    negatives: frozenset[str]
    now: datetime
    twin: str = ""
    """An already filed image with the same bytes."""
    likeness: tuple[str, float] = ("", 0.0)
    """The filed image that looks most like it, and the cosine of their embeddings, 0 to 1."""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.file.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return self.file.path.rpartition("/")[0] or "/"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`matched` None: neither the filter nor its opposite matches, as there is nothing to judge by."""

    matched: bool | None
    fact: str
    wanted: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What the named groups of a regex caught."""

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
            f"not {verdict.wanted}" if verdict.wanted else "the opposite",
        )
