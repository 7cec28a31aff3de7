"""What planned actions lead to, one after the other: what `sim`, `check` and `rules test` show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from snapsortd.domain.decision import ActionKind, PlannedAction
from snapsortd.domain.names import NameSeries, split_name

GOES = frozenset({ActionKind.MOVE, ActionKind.RENAME})


@dataclass(frozen=True, slots=True)
class ActionPreview:
    """One action on a file that lies at `source` by then; `target` where it makes a name, else empty."""

    kind: ActionKind
    rule: str
    source: str
    target: str
    words: tuple[str, ...]
    shadow: bool


def for_name(action: PlannedAction, name: str) -> PlannedAction:
    """The action on a file that is called `name` by then."""
    where = action.destination
    if where is None or not where.keeps_name:
        return action
    stem, suffix = split_name(name)
    return replace(action, destination=replace(where, names=NameSeries((stem,), suffix and f".{suffix}")))


def preview_actions(path: str, actions: Iterable[PlannedAction]) -> Iterator[ActionPreview]:
    """The actions on the image at `path`, as they would go where no name is taken."""
    place = path
    for planned in actions:
        target = ""
        action = for_name(planned, place.rpartition("/")[2])
        if action.destination is not None:
            target = action.destination.preferred_path
            if action.kind is ActionKind.RENAME:
                target = f"{place.rpartition('/')[0]}/{action.destination.names.nth(1)}"
        yield ActionPreview(action.kind, action.rule, place, target, action.words_at(place), action.shadow)
        if action.kind in GOES and not action.shadow:
            place = target
