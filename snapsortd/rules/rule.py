"""The decision: which rules match an image, why, and what is to be done. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.errors import NoSuchTag
from snapsortd.domain.text import suggestion
from snapsortd.rules.filters import Filter
from snapsortd.rules.template import DestinationTemplate, NameTemplate, WordTemplate

ALWAYS, NEVER = "always", "never"
"""Tags with a meaning of their own; see `select`."""


class FilterMode(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RuleAction:
    """One thing to do with an image that matched. `position` is its line:column in the file."""

    kind: ActionKind
    destination: DestinationTemplate | None = None
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    position: str = field(default="", compare=False, repr=False)
    name: NameTemplate | None = None
    """Rename only."""
    words: tuple[WordTemplate, ...] = ()
    """Tags, a command with its arguments, or the one text of a notification."""
    seconds: float = 0.0
    """A command's time limit."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Filters and what to do where they match. A shadow rule wins like any other, but touches nothing."""

    name: str
    actions: tuple[RuleAction, ...]
    filters: tuple[Filter, ...] = ()
    filter_mode: FilterMode = FilterMode.ALL
    locations: tuple[str, ...] = ()
    """Absolute folders; empty: from everywhere."""
    subfolders: bool = True
    """Do the locations hold what lies in their subfolders?"""
    enabled: bool = True
    shadow: bool = False
    continues: bool = False
    """`continue: true`: the next rules are asked too."""
    leaves_alone: bool = False
    """`skip`: what it matches is left alone, and no further rule is asked."""
    tags: tuple[str, ...] = ()


def select(rules: Iterable[Rule], tags: Sequence[str] = (), skip_tags: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that are asked where only those with one of `tags`, or none with one of `skip_tags`, are wanted.

    As in organize: a rule tagged `always` is asked unless that tag is skipped, one tagged `never` only if that tag is
    wanted. Raises NoSuchTag for a tag that no rule has.
    """
    rules = tuple(rules)
    known = sorted({ALWAYS, NEVER, *(tag for rule in rules for tag in rule.tags)})
    for tag in (*tags, *skip_tags):
        if tag not in known:
            raise NoSuchTag(f"no rule has the tag '{tag}'{suggestion(tag, known)}")
    return tuple(rule for rule in rules if _is_wanted(set(rule.tags), set(tags), set(skip_tags)))


def _is_wanted(own: set[str], tags: set[str], skip_tags: set[str]) -> bool:
    if ALWAYS in own and ALWAYS not in skip_tags:
        return True
    if NEVER in own and NEVER not in tags:
        return False
    return (not tags or bool(own & tags)) and not own & skip_tags
