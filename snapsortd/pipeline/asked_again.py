"""Ask the rules again about an image that stayed where it is: when that is due, and what is not to be repeated."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from snapsortd.domain.decision import Decision
from snapsortd.domain.result import Known, Outcome
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


def without_repeats(journal: Journal, decision: Decision, known: Known | None) -> Decision:
    """Return the decision without the actions of rules that were carried out for this version of the image before."""
    if known is None or known.decision is None or due_in_spite_of(known) is None:
        return decision
    before = json.loads(journal.decision(known.decision) or "{}").get("rules", ())
    done = {each["rule"] for each in before if each["matched"]}
    return replace(decision, actions=tuple(each for each in decision.actions if each.rule not in done))
