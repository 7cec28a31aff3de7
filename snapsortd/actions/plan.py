"""What one transfer is to do, and the journal that it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from snapsortd.domain.entry import (
    Entry,
    EntryKind,
    Intent,
    Method,
    State,
)
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import Folder, PathInFolder


class Ledger(Protocol):
    """What a move needs of the journal; both methods return only when the disk has it."""

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


@dataclass(frozen=True, slots=True)
class Plan:
    """Which file goes where; the descriptors stay open as long as the transfer lasts."""

    batch: int
    kind: EntryKind
    rule: str
    fd: int | None
    """Of the file, read-only: what was looked at. None for a symlink that is to go: nothing of it can be opened."""
    identity: FileIdentity
    sha256: bytes
    source: PathInFolder
    folder: Folder
    names: Callable[[int], str]
    """Name number 1, 2, 3 … to try; raises when there is no further one."""
    method: Method = Method.RENAME
    reverses: int | None = None
    decision: int | None = None
    original: FileIdentity | None = None
    """`Method.REMOVE` only: what stands at the target and must stay."""
    keep_source: bool = False
    detail: tuple[str, ...] = ()
    """The tags to add or take away; else, for a step back or forth, the kind of the action: see `deed`."""
    follows: int | None = None

    @property
    def into_trash(self) -> bool:
        """True if the file is thrown away."""
        return self.kind is EntryKind.TRASH or (self.kind is EntryKind.REDO and self.detail == (EntryKind.TRASH,))

    def intent(self, name: str) -> Intent:
        """The intent to give the file this name."""
        return Intent(
            batch=self.batch,
            kind=self.kind,
            rule=self.rule,
            source=self.source.path,
            target=PathInFolder(self.folder, name).path,
            wanted=PathInFolder(self.folder, self.names(1)).path,
            identity=self.identity,
            sha256=self.sha256,
            method=self.method,
            keep_source=self.keep_source,
            source_folder=self.source.folder.identity,
            target_folder=self.folder.identity,
            reverses=self.reverses,
            decision=self.decision,
            source_root=self.source.folder.root,
            target_root=self.folder.root,
            detail=self.detail,
            follows=self.follows,
        )
