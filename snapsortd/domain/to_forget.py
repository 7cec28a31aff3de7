"""What a person wants forgotten for good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToForget:
    """The images about which to forget what was told and what is known: in one of three ways."""

    paths: tuple[str, ...] = ()
    """Those that are, or were, there."""
    label: str | None = None
    """The examples of this label, and if `since` is given, only the newer ones."""
    since: str | None = None
    """The examples since this time, in ISO 8601."""
    all: bool = False
    """Every image."""
