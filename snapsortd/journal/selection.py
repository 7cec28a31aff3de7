"""Selection of the entries to undo or redo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import UndoRefused
from snapsortd.journal.queries import BACK, FORWARD, IN_EFFECT, JournalReader

PAGE = 50
"""The number of entries read at a time when only some of the newest are wanted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection of entries: these ids; or the `last` newest that match batch, rule, since and until (seconds since
    1970, `until` excluded); with `all`, every one. If nothing is given, the last batch that has any."""

    ids: tuple[int, ...] = ()
    batch: int | None = None
    last: int | None = None
    rule: str | None = None
    since: float | None = None
    until: float | None = None
    all: bool = False


class EntrySelector(JournalReader):
    """Selects entries to undo or redo. Every method raises JournalError if the file can't be relied on."""

    def undoable(self, selection: Selection) -> list[Entry]:
        """Return the entries to undo, newest first; with ids, those entries in whatever state.

        Each selected image brings its companions, which `last` does not count. Raise UndoRefused for an unknown id.
        """
        return self._select(selection, FORWARD)

    def redoable(self, selection: Selection) -> list[Entry]:
        """Return the undos to redo, newest first."""
        return self._select(selection, BACK)

    def _select(self, selection: Selection, kinds: str) -> list[Entry]:
        if selection.ids:
            return self._with_followers(map(self.latest, selection.ids), kinds)
        where, values = [f"{kinds} AND {IN_EFFECT}"], list[Any]()
        if selection == Selection():
            where.append(f"batch = (SELECT max(batch) FROM entries WHERE {kinds} AND {IN_EFFECT})")
        for column, test in (
            ("batch =", selection.batch),
            ("rule =", selection.rule),
            ("at >=", selection.since),
            ("at <", selection.until),
        ):
            if test is not None:
                where.append(f"{column} ?")
                values.append(test)
        condition = " AND ".join(where)
        if selection.last is not None:
            return self._with_followers(self._newest_images(condition, tuple(values), kinds, selection.last), kinds)
        found = self._query(condition, tuple(values))
        if selection.since is None and selection.until is None:
            return found  # an image and its companions belong to the same batch and the same rule
        return self._with_followers(found, kinds)

    def _newest_images(self, condition: str, values: tuple[Any, ...], kinds: str, last: int) -> list[Entry]:
        """Return the newest entries without companions whose image can still be selected: it brings them."""
        chosen: list[Entry] = []
        before = 2**63 - 1
        # `+` keeps SQLite from the index of kinds, which would sort all entries in effect before it returns the first.
        while found := self._query(f"+{condition} AND id < ?", (*values, before), limit=PAGE):
            for entry in found:
                if entry.intent.cause.follows is None or not self._is_selectable(entry.intent.cause.follows, kinds):
                    chosen.append(entry)
                    if len(chosen) == last:
                        return chosen
            before = found[-1].id
        return chosen

    def _is_selectable(self, entry_id: int, kinds: str) -> bool:
        """True if this entry, or its latest undo or redo, is in effect and of these kinds."""
        return self._first(f"id = ? AND {kinds} AND {IN_EFFECT}", (self.latest(entry_id).id,)) is not None

    def _with_followers(self, entries: Iterable[Entry], kinds: str) -> list[Entry]:
        """Return the entries together with those of their companions, newest first."""
        chosen = {entry.id: entry for entry in entries}
        for entry in tuple(chosen.values()):
            followers = self._query(f"follows = ? AND {kinds} AND {IN_EFFECT}", (self.first_of(entry).id,))
            chosen |= {each.id: each for each in followers}
        return [chosen[number] for number in sorted(chosen, reverse=True)]

    def first_of(self, entry: Entry) -> Entry:
        """Return the entry that an undo or redo goes back to, or the entry itself if it is neither."""
        while entry.intent.reverses is not None:
            entry = self._entry(entry.intent.reverses)
        return entry

    def latest(self, entry_id: int) -> Entry:
        """Return the latest undo or redo of this entry, or the entry itself if there is none.

        An entry that was undone and redone is undone again by reversing its redo. Raise UndoRefused for an unknown id.
        """
        entry = self.entry(entry_id)
        if entry is None:
            raise UndoRefused(f"the journal has no entry {entry_id}")
        while entry.reversed_by is not None:
            entry = self._entry(entry.reversed_by)
        return entry
