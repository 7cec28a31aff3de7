"""Selection of the entries to undo or redo."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import UndoRefused
from snapsortd.journal.entry_log import HAS_LABEL
from snapsortd.journal.entry_queries import BACK, FORWARD, IN_EFFECT
from snapsortd.journal.queries import JournalReader

BURST_S = 60.0
"""Seconds between two moves from which they are not one burst."""
PAGE = 50
"""The number of entries read at a time when only some of the newest are wanted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection of entries: these ids, and what was last done with the files at these paths; or the last `burst`; or
    the `last` newest that match batch, rule, since and until (seconds since 1970, `until` excluded); with `all`, every
    one. If nothing is given, the last batch that has any."""

    ids: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    burst: bool = False
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
        if selection.ids or selection.paths:
            at_paths = (entry for path in selection.paths for entry in self._last_done_with(path, kinds))
            return self._with_followers([*map(self.latest, selection.ids), *at_paths], kinds)
        if selection.burst:
            return self._with_followers(self.burst(kinds), kinds)
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

    def _last_done_with(self, path: str, kinds: str) -> list[Entry]:
        """Return the entries of the last batch that has the file at, or from, `path`: it may have been tagged, too.

        Raise UndoRefused if there is none.
        """
        where, place = f"{kinds} AND {IN_EFFECT}", os.fsencode(path)
        newest = self._first(f"target = ? AND {where}", (place,)) or self._first(f"source = ? AND {where}", (place,))
        if newest is None:
            raise UndoRefused(f"nothing in effect was done with {path}", "`snapsortctl log` lists what was")
        if newest.intent.cause.decision is None:
            return [newest]
        same_image = (newest.intent.cause.batch, newest.intent.cause.decision)
        return self._query(f"batch = ? AND decision = ? AND follows IS NULL AND {where}", same_image)

    def burst(self, kinds: str = FORWARD) -> list[Entry]:
        """Return the newest entries with less than BURST_S between one batch and the next.

        A batch of several images, which a person sorted, is a burst of its own.
        """
        chosen: list[Entry] = []
        for entry in self._newest_first(kinds):
            last = chosen[-1] if chosen else entry
            if entry.intent.cause.batch != last.intent.cause.batch and (
                last.at - entry.at >= BURST_S or self._has_several(last) or self._has_several(entry)
            ):
                break
            chosen.append(entry)
        return chosen

    def _newest_first(self, kinds: str) -> Iterator[Entry]:
        before = 2**63 - 1
        while found := self._query(f"+{kinds} AND {IN_EFFECT} AND id < ?", (before,), limit=PAGE):
            yield from found
            before = found[-1].id

    def _has_several(self, entry: Entry) -> bool:
        """True if several images belong to the entry's batch."""
        with self._file.reading() as db:
            statement = "SELECT count(DISTINCT coalesce(decision, id)) FROM entries WHERE batch = ?"
            return bool(db.execute(statement, (entry.intent.cause.batch,)).fetchone()[0] > 1)

    def has_batch(self, batch: int) -> bool:
        """True if there are entries of this batch."""
        return self._first("batch = ?", (batch,)) is not None

    def has_rule(self, rule: str) -> bool:
        """True if there are entries of a rule of this name."""
        return self._first("rule = ?", (rule,)) is not None

    def has_label(self, label: str) -> bool:
        """True if something was done with an image that had this label."""
        return self._first(HAS_LABEL, (label,)) is not None

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
            raise UndoRefused(f"the journal has no entry {entry_id}", "`snapsortctl log` shows the numbers")
        while entry.reversed_by is not None:
            entry = self._entry(entry.reversed_by)
        return entry
