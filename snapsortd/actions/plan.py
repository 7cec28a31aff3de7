"""What one step is to do with an open file, and the journal that records it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from snapsortd.domain.entry import Cause, Entry, EntryKind, Intent, Method, State
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import Folder, PathInFolder
from snapsortd.files.open_file import OpenFile


class Ledger(Protocol):
    """What actions need of the journal. `begin` and `advance` return only when the disk has what they write."""

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
    ) -> Entry: ...

    def shadow(self, intent: Intent) -> Entry: ...

    def open_entry_for(self, path: str) -> Entry | None: ...

    def open_entry_at(self, path: str) -> Entry | None: ...

    def already_made(
        self, source: str, identity: FileIdentity, rule: str, wanted: str, method: Method
    ) -> Entry | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Which open file gets which name in which open folder; all stay open until the step has ended."""

    source: OpenFile
    cause: Cause
    kind: EntryKind
    action: EntryKind
    folder: Folder
    names: Callable[[int], str] = field(repr=False)
    """Return name number 1, 2, 3 … to try; raise when there is no further one."""
    method: Method = Method.RENAME
    keep_source: bool = False
    reverses: int | None = None
    original: FileIdentity | None = None
    """`Method.REMOVE` only: the file at the target, which must stay."""
    tags: tuple[str, ...] = ()
    """The tags to add, or, for an undo, to remove."""

    @property
    def goes_to_trash(self) -> bool:
        """True if the file is thrown away."""
        return self.action is EntryKind.TRASH and self.kind is not EntryKind.UNDO

    def intent(self, name: str) -> Intent:
        """Return the intent to give the file this name."""
        source = self.source.place
        return Intent(
            cause=self.cause,
            kind=self.kind,
            action=self.action,
            source=source.path,
            target=PathInFolder(self.folder, name).path,
            wanted=PathInFolder(self.folder, self.names(1)).path,
            identity=self.source.identity,
            sha256=self.source.sha256,
            method=self.method,
            keep_source=self.keep_source,
            source_folder=source.folder.identity,
            target_folder=self.folder.identity,
            source_root=source.folder.root,
            target_root=self.folder.root,
            reverses=self.reverses,
            tags=self.tags,
        )
