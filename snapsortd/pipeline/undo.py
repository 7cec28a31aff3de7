"""Taking back and redoing, item by item, newest first; what can't be is refused with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.errors import JournalError, NameTaken, SnapsortError


class Batches(Protocol):
    """What undo needs of the journal."""

    def new_batch(self) -> int: ...


class Reverser(Protocol):
    """What undo needs of the mover."""

    def take_back(self, entry: Entry, batch: int, *, dry_run: bool = False) -> Entry | None: ...


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What became of one item. Not done: `reason` says why, and it stays undoable."""

    entry: Entry
    done: bool
    reason: str
    source: str
    """Where the file goes from."""
    target: str
    """Where it goes to."""


def undo(journal: Batches, mover: Reverser, entries: Iterable[Entry], dry_run: bool = False) -> list[UndoResult]:
    """Take back every entry, as one batch; with `dry_run` only say what would happen."""
    return _each(journal, mover, entries, back=True, dry_run=dry_run)


def redo(journal: Batches, mover: Reverser, entries: Iterable[Entry], dry_run: bool = False) -> list[UndoResult]:
    """Undo the undos in `entries`."""
    return _each(journal, mover, entries, back=False, dry_run=dry_run)


def _each(
    journal: Batches, mover: Reverser, entries: Iterable[Entry], *, back: bool, dry_run: bool
) -> list[UndoResult]:
    batch = journal.new_batch()
    expected, left = set[str](), set[str]()
    results = []
    for entry in sorted(entries, key=lambda entry: entry.id, reverse=True):
        # In a dry run, a file moved twice is not yet where its first move left it, nor has it left its name to another.
        would_be_there = dry_run and entry.target in expected
        would_be_free = dry_run and entry.source in left
        reason = "" if would_be_there else _refusal(mover, entry, batch, would_be_free, back=back, dry_run=dry_run)
        if not reason:
            expected.add(entry.source)
            left.add(entry.target)
        results.append(UndoResult(entry, not reason, reason, entry.target, entry.source))
    return results


def _refusal(mover: Reverser, entry: Entry, batch: int, would_be_free: bool, *, back: bool, dry_run: bool) -> str:
    """Do one item; empty, or why it was not done."""
    if back == (entry.kind is EntryKind.UNDO):
        return "already undone" if back else "it was not undone"
    try:
        made = mover.take_back(entry, batch, dry_run=dry_run)
    except JournalError:
        raise
    except NameTaken as error:
        return "" if would_be_free else error.message
    except SnapsortError as error:
        return error.message
    return made.reason if made is not None and made.state is State.CONFLICT else ""
