"""The decision on an image whose label a person has told. Pure."""

from __future__ import annotations

import os
from dataclasses import replace

from snapsortd.domain.decision import ActionKind, Decision, Destination, PlannedAction
from snapsortd.domain.image import Classification
from snapsortd.domain.names import NameSeries, split_name

BY_HAND = "(corrected)"
"""In place of a rule's name: the image goes back to where it came from, because no rule files it."""


def as_told(classification: Classification, label: str) -> Classification:
    """Return the classification with certainty about the label."""
    return replace(classification, scores={name: float(name == label) for name in classification.scores})


def from_its_place(decision: Decision, path: str, origin: str) -> Decision:
    """Return the decision for an image that is at `path` now, made for `origin`, from which it was once filed.

    Where it would be moved to the folder that it is in, it stays; if no rule applies, it goes back to `origin`.
    """
    folder, home = os.path.dirname(path), os.path.dirname(origin)
    if not decision.actions and folder != home:
        stem, suffix = split_name(os.path.basename(origin))
        back = Destination(home, (), NameSeries((stem,), suffix and f".{suffix}"))
        return replace(decision, actions=(PlannedAction(ActionKind.MOVE, BY_HAND, back),))
    stays = [
        each
        for each in decision.actions
        if not (each.kind is ActionKind.MOVE and each.destination is not None and each.destination.folder == folder)
    ]
    return replace(decision, actions=tuple(stays))
