"""Another program that acts right after each commit of the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snapsortd.actions.mover import Mover
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.entry import Entry, Intent, Method, State
from snapsortd.journal import Journal
from tests.support.filing import Filing


@dataclass
class Racing:
    """The real journal; `meddle` receives each state and target right after its commit."""

    journal: Journal
    meddle: Callable[[State, str], object]

    def begin(self, intent: Intent) -> Entry:
        entry = self.journal.begin(intent)
        self.meddle(entry.state, entry.intent.target)
        return entry

    def advance(self, entry_id: int, state: State, **changes: Any) -> Entry:
        entry = self.journal.advance(entry_id, state, **changes)
        self.meddle(entry.state, entry.intent.target)
        return entry

    def shadow(self, intent: Intent) -> Entry:
        return self.journal.shadow(intent)

    def open_entry_for(self, path: str) -> Entry | None:
        return self.journal.open_entry_for(path)

    def open_entry_at(self, path: str) -> Entry | None:
        return self.journal.open_entry_at(path)

    def last_entry_into(self, root: str) -> Entry | None:
        return self.journal.last_entry_into(root)

    def already_made(self, source: str, sha256: bytes, rule: str, wanted: str, method: Method) -> Entry | None:
        return self.journal.already_made(source, sha256, rule, wanted, method)


def race(filing: Filing, meddle: Callable[[State, str], object]) -> None:
    filing.mover = Mover(Racing(filing.journal, meddle), Trash(str(filing.trash), only_home=True))
