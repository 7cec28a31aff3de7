"""The terms on which an image is filed, and what a person tells about it."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.domain.example import Source


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a person tells about an image: its label."""

    label: str
    source: Source
    origin: str
    """The path from which it was filed: the rules are evaluated as for an image there."""
    root: str
    """The watched folder of `origin`."""
    files: bool = False
    """True if the image is filed as the rules say for its label; else it stays where it is."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms on which an image is filed."""

    requested: bool = False
    """True if a person named this image: an earlier outcome is ignored."""
    dry_run: bool = False
    """True to only report what would happen."""
    urgent: bool = False
    """True to classify the image before the others in flight."""
    batch: int | None = None
    """The batch of its entries; None for one of its own."""
    lesson: Lesson | None = None
    """What a person tells about it; it is remembered before the image is filed."""
    reviewed: bool = False
    """True if a person who looked at the image has it filed: rules in shadow mode act on it, too."""
