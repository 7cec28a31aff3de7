"""The entries that a thread is carrying out now: open in the journal, but not unfinished."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from snapsortd.actions.ledger import Ledger
from snapsortd.domain.entry import Entry, Intent
from snapsortd.domain.errors import FileChanged


class InHand:
    """Keeps threads apart: one file is in the hands of one thread, and nobody repairs what is being carried out.

    Safe to use from any thread.
    """

    def __init__(self, journal: Ledger) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._ids: set[int] = set()

    @contextmanager
    def begin(self, intent: Intent) -> Iterator[Entry]:
        """Commit an intent; its entry is in hand until the block ends. Raise FileChanged if the file is in hand."""
        with self._lock:
            if intent.source in self.paths():
                raise FileChanged("snapsortd is moving it just now")
            entry = self._journal.begin(intent)
            self._ids.add(entry.id)
        with self._released(entry):
            yield entry

    @contextmanager
    def claim(self, entry: Entry) -> Iterator[Entry | None]:
        """Yield an open entry as it is now, in hand until the block ends; None if it is closed or already in hand."""
        with self._lock:
            free = [each for each in self._journal.open_entries() if each.id == entry.id and each.id not in self._ids]
            self._ids.update(each.id for each in free)
        if not free:
            yield None
            return
        with self._released(entry):
            yield free[0]

    def paths(self) -> frozenset[str]:
        """Return where the files that are in hand come from, and where they go."""
        if not self._ids:
            return frozenset()
        intents = [entry.intent for entry in self._journal.open_entries() if entry.id in self._ids]
        return frozenset(path for intent in intents for path in (intent.source, intent.target))

    @contextmanager
    def _released(self, entry: Entry) -> Iterator[None]:
        try:
            yield
        finally:
            self._ids.discard(entry.id)
