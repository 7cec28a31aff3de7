"""The data from elsewhere that values are validated against, as the validation context of pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationInfo


@dataclass
class ValidationContext:
    """Data that values are validated against. `labels` is None if the labels themselves are invalid."""

    env: Mapping[str, str]
    labels: tuple[str, ...] | None
    rule_names: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
    groups: tuple[str, ...] | None = None
    """The named groups of the regex filters of the current rule; None if those are invalid."""


def context_of(info: ValidationInfo) -> ValidationContext:
    """Return the context that the validation was started with."""
    context = info.context
    assert isinstance(context, ValidationContext)
    return context
