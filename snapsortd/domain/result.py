"""What became of an image, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.decision import Decision
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification


class Outcome(StrEnum):
    """What became of an image that was looked at; the file is left alone until it changes.
    IGNORED, LEFT and SHADOW are looked at again when the configuration or the formats that can be read change."""

    IGNORED = "ignored"
    LEFT = "left"
    SHADOW = "shadow"
    FILED = "filed"
    COPIED = "copied"
    DONE = "done"
    """It stays where it is, and all else that was to be done was done: tags, links, commands."""
    UNDONE = "undone"
    FAILED = "failed"
    """Tried, failed, to be tried again."""
    QUARANTINED = "quarantined"
    """Not tried again until it changes; it stays where it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal knows of one image: what became of which version of it, and why."""

    path: str
    identity: FileIdentity
    outcome: Outcome
    reason: str
    fingerprint: str = ""
    """Of the configuration that led to it (`Config.fingerprint`)."""
    decision: int | None = None
    attempts: int = 0
    """How often it failed, for whatever reason."""
    deaths: int = 0
    """How often in a row the classifier died over it."""
    at: float = 0.0
    """Wall clock, seconds since 1970, for people only."""


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
    classification: Classification | None = None
    decision: Decision | None = None
    entries: tuple[Entry, ...] = ()
    milliseconds: float = 0.0
    """From hashing to filed; not the time that a cold model takes to load."""
    attempts: int = 0
    """How often it has failed; with outcome FAILED it is to be tried again."""
    known: bool = False
    """Nothing was done: this version of the file was dealt with before."""


def why_left(classification: Classification, decision: Decision, negatives: frozenset[str]) -> str:
    """One sentence on why no rule took the image; empty where one did."""
    if decision.actions:
        return ""
    if decision.skipped:
        return f"rule {decision.skipped!r} leaves it alone"
    if classification.label in negatives:
        return f"it looks like {classification.label!r} ({classification.score:.2f}), which is left alone"
    return f"no rule matched {classification.label!r} ({classification.score:.2f})"


def summed_up(entries: Sequence[Entry], reason: str) -> tuple[Outcome, str]:
    """What the image's entries amount to."""
    for entry in entries:
        if entry.state is State.CONFLICT:
            return Outcome.QUARANTINED, f"conflict: {entry.reason}"
    if any(entry.has_moved for entry in entries):
        return Outcome.FILED, reason
    done = [entry for entry in entries if entry.state is State.DONE]
    if done:
        return Outcome.COPIED if any(entry.intent.kind is EntryKind.COPY for entry in done) else Outcome.DONE, reason
    if any(entry.state is State.SHADOW for entry in entries):
        return Outcome.SHADOW, f"rule {entries[0].intent.cause.rule!r} is in shadow mode"
    return Outcome.LEFT, entries[0].reason if entries else reason  # nobody could be notified
