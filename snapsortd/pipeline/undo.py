"""Undo and redo, entry by entry, newest first; an image and its companions as one, all of them or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

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
    *,
    partly: bool = False,
    changed: bool = False,
) -> list[UndoResult]:
    """Undo every entry, as one batch; with `dry_run` only report what would happen.

    `before_each` is called before every entry, because a long undo takes minutes; if it raises SnapsortError, the entry
    is refused. Without `partly`, so are an image and all of its companions if one of them can't be undone. With
    `changed`, files that were edited since are moved back as they are now.
    """
    reversal = _Reversal(journal, mover, before_each, dry_run=dry_run, back=True, changed=changed)
    return reversal.run(_newest_first(entries), partly=partly)


def redo(
    journal: Journal,
    mover: Mover,
    entries: Iterable[Entry],
    dry_run: bool = False,
    before_each: Callable[[Entry], None] = lambda _: None,
    *,
    partly: bool = False,
) -> list[UndoResult]:
    """Undo the undos in `entries`, as `undo` does."""
    reversal = _Reversal(journal, mover, before_each, dry_run=dry_run, back=False)
    return reversal.run(_newest_first(entries), partly=partly)


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.id, reverse=True)


@dataclass(frozen=True, slots=True)
class _Reversal:
    journal: Journal
    mover: Mover
    before_each: Callable[[Entry], None]
    dry_run: bool
    back: bool
    changed: bool = False

    def run(self, entries: Sequence[Entry], *, partly: bool) -> list[UndoResult]:
        refused = {} if partly else self._refused_groups(entries)
        batch = self.journal.new_batch()
        expected, left = set[str](), set[str]()
        results = []
        for entry in entries:
            source, target = entry.intent.source, entry.intent.target
            # In a dry run, a file moved twice is not yet where its first move left it, nor is its name free.
            needed = {source, target} if entry.intent.keep_source else {target}
            would_be_there = self.dry_run and bool(needed & expected)
            would_be_free = self.dry_run and source in left
            reason = refused.get(entry.id, "")
            if self.dry_run and source in expected - left and not entry.intent.keep_source:
                reason = reason or f"{source} is the old name of another of these files, too"
            if not reason and not would_be_there:
                reason = self._reverse(entry, batch, would_be_free)
            if not reason:
                expected.add(source)
                left.add(target)
            results.append(UndoResult(entry, not reason, reason, target, source))
        return results

    def _refused_groups(self, entries: Sequence[Entry]) -> dict[int, str]:
        """Return why entries are refused, by their ids: those of groups that can't be reversed as one."""
        if all(entry.intent.cause.follows is None for entry in entries):
            return {}
        trial = replace(self, dry_run=True).run(entries, partly=True)
        refusals = {self._leader(each.entry): each for each in trial if not each.done}
        reasons = {each.entry.id: each.reason for each in trial}
        chosen = {entry.id for entry in entries}
        refused = {}
        for entry in entries:
            head = self.journal.latest(self._leader(entry))
            if head.id not in chosen and head.state is State.DONE and self.back != (head.intent.kind is EntryKind.UNDO):
                name = os.path.basename(head.intent.target)
                refused[entry.id] = f"it belongs to {name}: choose {head.id} for both (`--partly` takes this one alone)"
            elif (refusal := refusals.get(self._leader(entry))) is not None:
                name = os.path.basename(refusal.source)
                why = f"it belongs together with {name}: {refusal.reason} (`--partly` takes the others alone)"
                refused[entry.id] = reasons[entry.id] or why
        return refused

    def _leader(self, entry: Entry) -> int:
        """Return the number of the entry of the image that this one belongs to, or is."""
        follows = entry.intent.cause.follows
        return self.journal.first_of(entry).id if follows is None else follows

    def _reverse(self, entry: Entry, batch: int, would_be_free: bool) -> str:
        """Reverse one entry; return an empty text, or why it was refused."""
        entry = self.journal.entry(entry.id) or entry  # another thread may have reversed it meanwhile
        if self.back == (entry.intent.kind is EntryKind.UNDO):
            return "already undone" if self.back else "it was not undone"
        try:
            self.before_each(entry)
            made = self.mover.reverse(entry, batch, dry_run=self.dry_run, changed=self.changed)
        except JournalError:
            raise
        except NameTaken as error:
            return "" if would_be_free else error.message
        except SnapsortError as error:
            return error.message
        return made.reason if made is not None and made.state is State.CONFLICT else ""
