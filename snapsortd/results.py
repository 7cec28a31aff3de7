"""What became of an image, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from snapsortd.entries import Entry, EntryKind, Outcome, State
from snapsortd.filing import has_moved
from snapsortd.models import Decision, Sight

FINAL = frozenset(
    {
        Outcome.IGNORED,
        Outcome.LEFT,
        Outcome.SHADOW,
        Outcome.FILED,
        Outcome.COPIED,
        Outcome.DONE,
        Outcome.UNDONE,
        Outcome.QUARANTINED,
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one image, and why."""

    path: str
    outcome: Outcome
    reason: str
    sight: Sight | None = None
    decision: Decision | None = None
    entries: tuple[Entry, ...] = ()
    milliseconds: float = 0.0
    """From hashing to filed; not the time that a cold model takes to load."""
    attempts: int = 0
    """How often it has failed; with outcome FAILED it is to be tried again."""
    known: bool = False
    """Nothing was done: this version of the file was dealt with before."""


def why_left(sight: Sight, decision: Decision, negatives: frozenset[str]) -> str:
    """One sentence on why no rule took the image; empty where one did."""
    if decision.actions:
        return ""
    if decision.skipped:
        return f"rule {decision.skipped!r} leaves it alone"
    if sight.label in negatives:
        return f"it looks like {sight.label!r} ({sight.score:.2f}), which is left alone"
    return f"no rule matched {sight.label!r} ({sight.score:.2f})"


def summed_up(entries: Sequence[Entry], reason: str) -> tuple[Outcome, str]:
    """What the image's entries amount to."""
    for entry in entries:
        if entry.state is State.CONFLICT:
            return Outcome.QUARANTINED, f"conflict: {entry.reason}"
    if any(map(has_moved, entries)):
        return Outcome.FILED, reason
    done = [entry for entry in entries if entry.state is State.DONE]
    if done:
        return Outcome.COPIED if any(entry.kind is EntryKind.COPY for entry in done) else Outcome.DONE, reason
    if any(entry.state is State.SHADOW for entry in entries):
        return Outcome.SHADOW, f"rule {entries[0].rule!r} is in shadow mode"
    return Outcome.LEFT, entries[0].reason if entries else reason  # nobody could be notified


def elapsed(began: float) -> float:
    """Milliseconds since `began` (monotonic seconds)."""
    return (time.monotonic() - began) * 1000
