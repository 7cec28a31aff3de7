"""What one transfer is to do, and the journal that it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from snapsortd.folders import Folder, Place
from snapsortd.models import OWN_PREFIX, Entry, EntryKind, FileIdentity, Intent, Method, State


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
    fd: int
    """Of the file, read-only: what was looked at."""
    identity: FileIdentity
    sha256: bytes
    source: Place
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
    follows: int | None = None

    def intent(self, name: str) -> Intent:
        """The intent to give the file this name."""
        return Intent(
            batch=self.batch,
            kind=self.kind,
            rule=self.rule,
            source=self.source.path,
            target=Place(self.folder, name).path,
            wanted=Place(self.folder, self.names(1)).path,
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


def temporary_name(entry: Entry) -> str:
    """The name of an unfinished copy. The hash tells it from that of another journal with the same ids."""
    return f"{OWN_PREFIX}{entry.id}.{entry.sha256.hex()[:8]}"


def aside_name(entry: Entry) -> str:
    """The name that a file has just before it is removed, in its own folder."""
    return temporary_name(entry) + ".old"
