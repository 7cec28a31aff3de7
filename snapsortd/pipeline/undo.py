"""Undo and redo, entry by entry, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from snapsortd.actions.mover import Mover
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.errors import JournalError, NameTaken, SnapsortError
from snapsortd.journal import Journal


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result for one item. If it is not `done`, `reason` says why, and it stays undoable."""

    entry: Entry
    done: bool
    reason: str
    source: str
    """The path that the file is moved from."""
    target: str
    """The path that it is moved to."""


def undo(
    journal: Journal,
    mover: Mover,
    entries: Iterable[Entry],
    dry_run: bool = False,
    before_each: Callable[[Entry], None] = lambda _: None,
) -> list[UndoResult]:
    """Undo every entry, as one batch; with `dry_run` only report what would happen.

    `before_each` is called before every entry, because a long undo takes minutes; if it raises SnapsortError, the entry
    is refused.
    """
    return _Reversal(journal, mover, before_each, dry_run=dry_run, back=True).run(entries)


def redo(
    journal: Journal,
    mover: Mover,
    entries: Iterable[Entry],
    dry_run: bool = False,
    before_each: Callable[[Entry], None] = lambda _: None,
) -> list[UndoResult]:
    """Undo the undos in `entries`, as `undo` does."""
    return _Reversal(journal, mover, before_each, dry_run=dry_run, back=False).run(entries)


@dataclass(frozen=True, slots=True)
class _Reversal:
    journal: Journal
    mover: Mover
    before_each: Callable[[Entry], None]
    dry_run: bool
    back: bool

    def run(self, entries: Iterable[Entry]) -> list[UndoResult]:
        batch = self.journal.new_batch()
        expected, left = set[str](), set[str]()
        results = []
        for entry in sorted(entries, key=lambda entry: entry.id, reverse=True):
            source, target = entry.intent.source, entry.intent.target
            # In a dry run, a file moved twice is not yet where its first move left it, nor is its name free.
            would_be_there = self.dry_run and target in expected
            would_be_free = self.dry_run and source in left
            reason = "" if would_be_there else self._reverse(entry, batch, would_be_free)
            if not reason:
                expected.add(source)
                left.add(target)
            results.append(UndoResult(entry, not reason, reason, target, source))
        return results

    def _reverse(self, entry: Entry, batch: int, would_be_free: bool) -> str:
        """Reverse one entry; return an empty text, or why it was refused."""
        entry = self.journal.entry(entry.id) or entry  # another thread may have reversed it meanwhile
        if self.back == (entry.intent.kind is EntryKind.UNDO):
            return "already undone" if self.back else "it was not undone"
        try:
            self.before_each(entry)
            made = self.mover.reverse(entry, batch, dry_run=self.dry_run)
        except JournalError:
            raise
        except NameTaken as error:
            return "" if would_be_free else error.message
        except SnapsortError as error:
            return error.message
        return made.reason if made is not None and made.state is State.CONFLICT else ""
