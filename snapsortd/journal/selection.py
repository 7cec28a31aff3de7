"""Which entries are meant where something is to be taken back, or done again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import UndoRefused
from snapsortd.journal.queries import BACK, FORWARD, STANDING, JournalReader

PAGE = 50
"""Entries read at a time where some of the newest are wanted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries to take back: these ids; or the `last` newest that meet batch, rule, since and until
    (seconds since 1970, `until` excluded). Nothing given: the last batch that has any. `all`: every one."""

    ids: tuple[int, ...] = ()
    batch: int | None = None
    last: int | None = None
    rule: str | None = None
    since: float | None = None
    until: float | None = None
    all: bool = False


class Chooser(JournalReader):
    """The choices. Every method raises JournalError when the file can't be relied on."""

    def undoable(self, selection: Selection) -> list[Entry]:
        """What `selection` means for undo, newest first, by id whatever it is. UndoRefused: no such id.

        Each image that is chosen takes along what went along with it, which `last` does not count.
        """
        return self._select(selection, FORWARD)

    def redoable(self, selection: Selection) -> list[Entry]:
        """What `selection` means for redo: undos, newest first."""
        return self._select(selection, BACK)

    def _select(self, selection: Selection, kinds: str) -> list[Entry]:
        if selection.ids:
            return self._with_followers(map(self._standing, selection.ids), kinds)
        where, values = [f"{kinds} AND {STANDING}"], list[Any]()
        if selection == Selection():
            where.append(f"batch = (SELECT max(batch) FROM entries WHERE {kinds} AND {STANDING})")
        for column, test in (
            ("batch =", selection.batch),
            ("rule =", selection.rule),
            ("at >=", selection.since),
            ("at <", selection.until),
        ):
            if test is not None:
                where.append(f"{column} ?")
                values.append(test)
        meeting = " AND ".join(where)
        if selection.last is not None:
            return self._with_followers(self._newest_images(meeting, tuple(values), kinds, selection.last), kinds)
        found = self._query(meeting, tuple(values))
        if selection.since is None and selection.until is None:
            return found  # one batch and one rule hold an image and what goes along
        return self._with_followers(found, kinds)

    def _newest_images(self, meeting: str, values: tuple[Any, ...], kinds: str, last: int) -> list[Entry]:
        """The newest, without those that go along with another: their image brings them, if it is still to be had."""
        chosen: list[Entry] = []
        before = 2**63 - 1
        # `+`: not by the index of kinds, which would have all that stand sorted before the first is seen.
        while found := self._query(f"+{meeting} AND id < ?", (*values, before), limit=PAGE):
            for entry in found:
                if entry.intent.cause.follows is None or not self._stands(entry.intent.cause.follows, kinds):
                    chosen.append(entry)
                    if len(chosen) == last:
                        return chosen
            before = found[-1].id
        return chosen

    def _stands(self, entry_id: int, kinds: str) -> bool:
        """Whether what this entry did is to be had: by itself, or by its last redo or undo."""
        return self._first(f"id = ? AND {kinds} AND {STANDING}", (self._standing(entry_id).id,)) is not None

    def _with_followers(self, entries: Iterable[Entry], kinds: str) -> list[Entry]:
        """With what goes along with each, newest first."""
        chosen = {entry.id: entry for entry in entries}
        for entry in tuple(chosen.values()):
            along = self._query(f"follows = ? AND {kinds} AND {STANDING}", (self._first_of(entry).id,))
            chosen |= {each.id: each for each in along}
        return [chosen[number] for number in sorted(chosen, reverse=True)]

    def _first_of(self, entry: Entry) -> Entry:
        """What was done at first, of an undo or redo."""
        while entry.intent.reverses is not None:
            entry = self._entry(entry.intent.reverses)
        return entry

    def _standing(self, entry_id: int) -> Entry:
        """The entry, or what reversed it last: what was undone and redone is undone by its redo."""
        entry = self.entry(entry_id)
        if entry is None:
            raise UndoRefused(f"the journal has no entry {entry_id}")
        while entry.reversed_by is not None:
            entry = self._entry(entry.reversed_by)
        return entry
