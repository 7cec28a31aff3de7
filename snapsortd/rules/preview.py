"""Preview planned actions one after the other, for `sim`, `check` and `rules test`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from snapsortd.domain.decision import ActionKind, PlannedAction
from snapsortd.domain.names import NameSeries, split_name
from snapsortd.domain.result import Outcome

TAKEN_AWAY = frozenset({ActionKind.MOVE, ActionKind.RENAME, ActionKind.TRASH})
"""Actions after which the file is no longer where it was."""
RELOCATING = frozenset({ActionKind.MOVE, ActionKind.RENAME})
"""Actions after which the file has another path."""


@dataclass(frozen=True, slots=True)
class ActionPreview:
    """One action on a file that is at `source` by then; `target` is the path it creates, or empty."""

    kind: ActionKind
    rule: str
    source: str
    target: str
    words: tuple[str, ...]
    shadow: bool


def for_name(action: PlannedAction, name: str) -> PlannedAction:
    """Return the action for a file whose name is `name` when it is carried out."""
    where = action.destination
    if where is None or not where.keeps_name:
        return action
    stem, suffix = split_name(name)
    return replace(action, destination=replace(where, names=NameSeries((stem,), suffix and f".{suffix}")))


def preview_actions(path: str, actions: Iterable[PlannedAction]) -> Iterator[ActionPreview]:
    """Yield the actions on the image at `path` as they would be if no name is taken."""
    place = path
    for planned in actions:
        target = ""
        action = for_name(planned, place.rpartition("/")[2])
        if action.destination is not None:
            target = action.destination.preferred_path
            if action.kind is ActionKind.RENAME:
                target = f"{place.rpartition('/')[0]}/{action.destination.names.nth(1)}"
        yield ActionPreview(action.kind, action.rule, place, target, action.words_at(place), action.shadow)
        if action.kind in RELOCATING and not action.shadow:
            place = target


def foreseen_outcome(path: str, actions: Iterable[PlannedAction]) -> Outcome:
    """Return the outcome that the actions on the image at `path` add up to, if each of them can be carried out."""
    previews = [each for each in preview_actions(path, actions) if each.target != each.source]
    live = {each.kind for each in previews if not each.shadow}
    if live & TAKEN_AWAY:
        return Outcome.FILED
    if live:
        return Outcome.COPIED if ActionKind.COPY in live else Outcome.DONE
    return Outcome.SHADOW if previews else Outcome.LEFT
