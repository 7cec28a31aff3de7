"""Give up an unfinished entry that cannot be resolved, because its disk never comes back. No file is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snapsortd.actions.mover import Mover
from snapsortd.actions.recover import inspect
from snapsortd.actions.recovery_table import SourceSeen, TargetSeen
from snapsortd.domain.entry import OPEN_STATES, Entry, Method, State, temporary_name
from snapsortd.domain.errors import NotKnown, SnapsortError
from snapsortd.journal import Journal
from snapsortd.pipeline.replies import iso

SEEN = {
    SourceSeen.SAME: "is there, as it was",
    SourceSeen.CHANGED: "has another file now, or another version",
    SourceSeen.ABSENT: "has no file",
    SourceSeen.UNREACHABLE: "cannot be reached: its folder is missing, or its disk is not mounted",
    TargetSeen.SAME_FILE: "has the file",
    TargetSeen.SAME_BYTES: "has a complete copy",
    TargetSeen.DIFFERENT: "has another file",
    TargetSeen.ABSENT: "has no file",
    TargetSeen.UNREACHABLE: "cannot be reached: its folder is missing, or its disk is not mounted",
}


def abandon(journal: Journal, mover: Mover, number: int, *, dry_run: bool) -> dict[str, Any]:
    """Close an open entry as failed and return what that means; with `dry_run` only return it.

    Raise NotKnown for an unknown number, SnapsortError if the entry is closed, or can still be resolved.
    """
    entry = journal.entry(number)
    if entry is None:
        raise NotKnown(f"the journal has no entry {number}", "`snapsortctl status` lists the unfinished ones")
    if entry.state not in OPEN_STATES:
        raise SnapsortError(
            f"entry {number} is not unfinished: it is {entry.state}", "`snapsortctl log` shows what became of it"
        )
    if mover.is_in_doubt(entry):
        raise SnapsortError(
            f"the disk of entry {number} did not confirm a write",
            "check the disk, then restart the computer: after that, snapsortd can see what is on it",
        )
    explanation = list(_explain(entry))
    if not dry_run:
        with mover.in_hand.claim(entry) as unfinished:
            if unfinished is None:
                raise SnapsortError(f"entry {number} is being carried out just now", "wait for it")
            journal.advance(number, State.FAILED, reason="given up with `snapsortctl abandon`; no file was touched")
    return {
        "id": number,
        "source": entry.intent.source,
        "target": entry.intent.target,
        "explanation": explanation,
        "done": not dry_run,
    }


def _explain(entry: Entry) -> Iterator[str]:
    intent = entry.intent
    source, target = inspect(entry)
    yield f"The {intent.kind} of {intent.source} to {intent.target} ({iso(entry.at)[:10]}) is unfinished."
    yield f"{intent.source} {SEEN[source]}."
    yield f"{intent.target} {SEEN[target]}."
    yield "Giving it up closes its entry in the journal. No file is deleted, moved or changed."
    if source is SourceSeen.SAME and not intent.keep_source:
        yield "The file stays where it is, and is filed again by the rules."
    if target is TargetSeen.UNREACHABLE:
        yield "If the disk comes back, it may hold a second copy of the file, which stays; undo cannot remove it."
    if intent.method is Method.COPY and entry.state is State.INTENT:
        yield f"An unfinished copy there, named {temporary_name(entry)}, is removed once the disk is back."
