"""Ask the rules again about an image that stayed where it is: when that is due, and what is not to be repeated."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from snapsortd.actions.prepare import MADE_ONCE, METHODS
from snapsortd.domain.decision import Decision, PlannedAction
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.identity import is_where_it_was_put
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal

ACTED_ON = frozenset({Outcome.COPIED, Outcome.DONE, Outcome.SHADOW})
"""Outcomes of images that stay where they are, though rules matched."""

ASKED_AGAIN = ACTED_ON | {Outcome.LEFT}
"""Outcomes that a later decision may change. What was filed, undone or quarantined is left alone."""


def due_of(decision: Decision) -> float | None:
    """Return the first whole second since 1970 at which the rules decide differently; None if they never do."""
    return None if decision.due is None else math.ceil(decision.due.timestamp())


def due_in_spite_of(known: Known | None) -> float | None:
    """Return what an image keeps as its due time when asking again fails, so that the next try repeats nothing."""
    return known.due if known is not None and known.outcome in (*ACTED_ON, Outcome.FAILED) else None


def without_repeats(journal: Journal, image: OpenFile, decision: Decision, known: Known | None) -> Decision:
    """Return the decision without what was carried out for this version of the image before.

    That are the copies and links that a person has moved or deleted since, while a later action could not be done yet,
    and all actions of rules that are asked again because they were due.
    """
    wanted = (each for each in decision.actions if not _was_taken_away(journal, image, each))
    decision = replace(decision, actions=tuple(wanted))
    if known is None or known.decision is None or due_in_spite_of(known) is None:
        return decision
    before = json.loads(journal.decision(known.decision) or "{}").get("rules", ())
    done = {each["rule"] for each in before if each["matched"]}
    return replace(decision, actions=tuple(each for each in decision.actions if each.rule not in done))


def _was_taken_away(journal: Journal, image: OpenFile, action: PlannedAction) -> bool:
    if action.kind not in MADE_ONCE:
        return False
    made = journal.already_made(image.path, image.sha256, action.rule, action.describe(), METHODS[action.kind])
    if made is None or not image.identity.same_version(made.intent.identity):
        return False
    try:
        return not is_where_it_was_put(made)
    except OSError:
        return False  # carrying it out says why
