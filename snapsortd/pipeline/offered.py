"""Offer to file images that were left alone before the rules were changed, instead of filing them unasked."""

from __future__ import annotations

from snapsortd.domain.decision import Decision
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal


def is_offered(journal: Journal, image: OpenFile, decision: Decision) -> bool:
    """True if other rules left this version of the image alone, and those of now would touch something."""
    touches = any(not action.shadow for action in decision.actions)
    return touches and journal.was_left(image.path, image.identity)


def why_offered(decision: Decision) -> str:
    """Return one sentence on what would be done with the image."""
    return f"it was left alone before; rule {decision.actions[0].rule!r} applies now: `snapsortctl sort --left`"
