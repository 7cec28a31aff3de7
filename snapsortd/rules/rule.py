"""A rule: its filters, its actions, and the tags by which a command selects rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from snapsortd.domain.decision import ActionKind, Ask, MetadataPolicy, OnConflict
from snapsortd.domain.errors import NoSuchTag
from snapsortd.domain.text import suggestion
from snapsortd.rules.filters import Filter
from snapsortd.rules.placeholders import ASKED_FOR, COMPOSED, Placeholder, placeholders_in
from snapsortd.rules.template import DestinationTemplate, NameTemplate, WordTemplate

ALWAYS, NEVER = "always", "never"
"""Tags with a special meaning; see `select`."""


class FilterMode(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RuleAction:
    """One action of a rule, not yet filled in for an image. `position` is its line:column in the configuration."""

    kind: ActionKind
    destination: DestinationTemplate | None = None
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    position: str = field(default="", compare=False, repr=False)
    name: NameTemplate | None = None
    """Rename only."""
    words: tuple[WordTemplate, ...] = ()
    """The tags, the command with its arguments, or the one text of the notification."""
    seconds: float = 0.0
    """The time limit of a command."""
    metadata: MetadataPolicy = MetadataPolicy.NOTE
    """Move and copy only."""

    def placeholders(self) -> Iterator[Placeholder]:
        """Yield the placeholders of all its templates."""
        named = (template.stem for template in (self.name, self.destination and self.destination.name) if template)
        folders = self.destination.folders if self.destination else ()
        for part in (*folders, *named, *(word.part for word in self.words)):
            yield from placeholders_in(part)


@dataclass(frozen=True, slots=True)
class Rule:
    """Filters, and the actions for images that match them. A shadow rule wins like any other, but changes nothing."""

    name: str
    actions: tuple[RuleAction, ...]
    filters: tuple[Filter, ...] = ()
    filter_mode: FilterMode = FilterMode.ALL
    locations: tuple[str, ...] = ()
    """Absolute folders that the rule is limited to; empty if it applies everywhere."""
    subfolders: bool = True
    """True if the locations include their subfolders."""
    enabled: bool = True
    shadow: bool = False
    continues: bool = False
    """`continue: true`: the next rules are evaluated as well."""
    leaves_alone: bool = False
    """`skip`: a matching file is left alone, and no further rule is evaluated."""
    tags: tuple[str, ...] = ()
    wait: float | None = None
    """Seconds that a new image waits before it is filed; None: those of its folder."""
    notify: bool | None = field(default=None, repr=False)
    """Whether to announce what it files; None for what the configuration says for all rules. It decides nothing, so it
    is no part of the fingerprint."""

    def names_ask(self, *, text_suffices: bool) -> frozenset[Ask]:
        """Return the facts that values in its templates come from.

        `text_suffices`: the text of the image is known, and all that `{description}` and `{slug}` need.
        """
        named = {each.name for action in self.actions for each in action.placeholders()}
        if text_suffices:
            named -= COMPOSED
        return frozenset(ask for name in named for ask in ASKED_FOR.get(name, ()))


def select(rules: Iterable[Rule], tags: Sequence[str] = (), skip_tags: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that have one of `tags` (all rules if none are given) and none of `skip_tags`.

    As in organize, a rule tagged `always` is selected unless that tag is skipped, and a rule tagged `never` only if
    that tag is given. Raises NoSuchTag for a tag that no rule has.
    """
    rules = tuple(rules)
    known = sorted({ALWAYS, NEVER, *(tag for rule in rules for tag in rule.tags)})
    for tag in (*tags, *skip_tags):
        if tag not in known:
            raise NoSuchTag(f"no rule has the tag '{tag}'{suggestion(tag, known)}")
    return tuple(rule for rule in rules if _is_selected(set(rule.tags), set(tags), set(skip_tags)))


def without_shadow(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules with those in shadow mode in effect."""
    return tuple(replace(rule, shadow=False) for rule in rules)


def _is_selected(own: set[str], tags: set[str], skip_tags: set[str]) -> bool:
    if ALWAYS in own and ALWAYS not in skip_tags:
        return True
    if NEVER in own and NEVER not in tags:
        return False
    return (not tags or bool(own & tags)) and not own & skip_tags
