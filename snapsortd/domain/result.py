"""The result of processing an image, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.decision import Decision
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification
from snapsortd.domain.text import score_text


class Outcome(StrEnum):
    """The outcome of processing an image; the file is left alone until it changes.
    IGNORED, LEFT, OFFERED, WAITING and SHADOW are decided again when configuration or readable formats change."""

    IGNORED = "ignored"
    LEFT = "left"
    OFFERED = "offered"
    """Rules had left the file alone; those of now would file it, which a person has to ask for."""
    EXISTING = "existing"
    """The file was in its folder before that was watched, and is left alone until a person asks for it."""
    WAITING = "waits"
    """A rule will file it after a while."""
    SHADOW = "shadow"
    FILED = "filed"
    INCOMPLETE = "incomplete"
    """The file was moved, and an action after that failed."""
    COPIED = "copied"
    DONE = "done"
    """The file stays where it is, and all other actions were carried out: tags, links, commands."""
    UNDONE = "undone"
    FAILED = "failed"
    """An attempt failed; it is tried again."""
    QUARANTINED = "quarantined"
    """The file stays where it is and is not tried again until it changes."""


FINAL = frozenset(Outcome) - {Outcome.FAILED}
"""Outcomes after which the same version of the file is not tried again."""


@dataclass(frozen=True, slots=True)
class Known:
    """The journal's record of one image: the outcome for one version of it, with its reason."""

    path: str
    identity: FileIdentity
    outcome: Outcome
    reason: str
    fingerprint: str = ""
    """The fingerprint of the configuration that led to the outcome (`Config.fingerprint`)."""
    decision: int | None = None
    attempts: int = 0
    """The number of failed attempts, for whatever reason."""
    deaths: int = 0
    """The number of times in a row that the classifier died because of it."""
    at: float = 0.0
    """Wall clock, seconds since 1970, for display only."""
    sha256: bytes = b""
    """The SHA-256 of this version's content; empty if it was not read."""
    due: float | None = None
    """The wall clock's time, seconds since 1970, from which the rules are to be asked again; None if they are not."""
    added: float = 0.0
    """Wall clock at which the file came to its folder, at the latest; 0: now."""

    def is_settled(self, now: float) -> bool:
        """True if there is nothing to do about this version of the file at this time of the wall clock."""
        return self.outcome in FINAL and (self.due is None or now < self.due)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of processing one image, with its reason."""

    path: str
    outcome: Outcome
    reason: str
    classification: Classification | None = None
    decision: Decision | None = None
    entries: tuple[Entry, ...] = ()
    milliseconds: float = 0.0
    """The time from hashing to filed, without the time that a cold model takes to load."""
    attempts: int = 0
    """The number of failed attempts; with outcome FAILED it is tried again."""
    known: bool = False
    """True if nothing was done, because this version of the file was processed before."""
    due: float | None = None
    """The time from which the rules are to be asked again, as in `Known`."""


def reason_left(classification: Classification, decision: Decision, negatives: frozenset[str]) -> str:
    """Return one sentence on why no rule applies to the image; empty if one does."""
    if decision.actions:
        return ""
    if decision.skipped:
        return f"rule {decision.skipped!r} leaves it alone"
    if classification.label in negatives:
        return f"it looks like {classification.label!r} ({score_text(classification.score)}), which is left alone"
    return f"no rule matched {classification.label!r} ({score_text(classification.score)})"


def summarize(entries: Sequence[Entry], reason: str) -> tuple[Outcome, str]:
    """Return the outcome that the image's entries add up to, and its reason."""
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
