"""An image whose label a person has told, and from which the classifier learns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How a person told the label."""

    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    """The image was moved by hand, into a folder of that label or back to where it came from."""
    TAUGHT = "taught"
    """It is in a folder that was named as one of examples."""
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Example:
    """An image by its content, and its label; or, if `is_not`, a label that it does not have."""

    sha256: bytes
    label: str
    source: Source
    is_not: bool = False
    path: str = ""
    """Where the image was, for display only."""
    batch: int = 0
    """The batch with which the example is undone; 0 for none."""
    at: float = 0.0
    """Wall clock, seconds since 1970, for display and selection."""
    id: int = 0
    """The number in the journal; 0 before it is stored."""
