"""The interface to the journal that actions need."""

from __future__ import annotations

from typing import Protocol

from snapsortd.domain.entry import Entry, Intent, Method, State
from snapsortd.domain.file import FileIdentity


class Ledger(Protocol):
    """The journal as actions use it. `begin` and `advance` return only when what they write is on the disk."""

    def begin(self, intent: Intent) -> Entry: ...

    def advance(
        self,
        entry_id: int,
        state: State,
        *,
        reason: str = "",
        target: str | None = None,
        method: Method | None = None,
        target_identity: FileIdentity | None = None,
        metadata: str | None = None,
    ) -> Entry: ...

    def shadow(self, intent: Intent) -> Entry: ...

    def open_entries(self) -> list[Entry]: ...

    def open_entry_for(self, path: str) -> Entry | None: ...

    def open_entry_at(self, path: str) -> Entry | None: ...

    def has_removed_folder(self, path: str) -> bool: ...

    def last_entry_into(self, root: str) -> Entry | None: ...

    def already_made(self, source: str, sha256: bytes, rule: str, wanted: str, method: Method) -> Entry | None: ...
