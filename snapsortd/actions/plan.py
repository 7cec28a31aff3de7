"""The plan of one change to an open file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from snapsortd.domain.decision import MetadataPolicy
from snapsortd.domain.entry import Cause, EntryKind, Intent, Method
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.metadata import NO_METADATA, Metadata
from snapsortd.files.folders import Folder, PathInFolder
from snapsortd.files.mounts import disk_of
from snapsortd.files.open_file import OpenFile


@dataclass(frozen=True, slots=True)
class Plan:
    """An open file and the names that it may get in an open folder; both stay open until the step has ended."""

    source: OpenFile
    cause: Cause
    kind: EntryKind
    action: EntryKind
    folder: Folder
    names: Callable[[int], str] = field(repr=False)
    """Returns name number 1, 2, 3 … to try; raises if there is no further one."""
    wanted: str = ""
    """The preferred path; empty if it is that of the first name."""
    method: Method = Method.RENAME
    keep_source: bool = False
    reverses: int | None = None
    original: FileIdentity | None = None
    """`Method.REMOVE` only: the file at the target, which must stay."""
    tags: tuple[str, ...] = ()
    """The tags to add, or, for an undo, to remove."""
    metadata: MetadataPolicy = MetadataPolicy.NOTE
    restored: Metadata = NO_METADATA
    """The metadata to restore: it was lost when the file left the place that it returns to."""

    @property
    def goes_to_trash(self) -> bool:
        """True if the file is moved to the trash."""
        return self.action is EntryKind.TRASH and self.kind is not EntryKind.UNDO

    def intent(self, name: str) -> Intent:
        """Return the intent to give the file this name."""
        source = self.source.place
        disk = disk_of(source.folder.fd)
        is_same = source.folder.identity.dev == self.folder.identity.dev
        return Intent(
            cause=self.cause,
            kind=self.kind,
            action=self.action,
            source=source.path,
            target=PathInFolder(self.folder, name).path,
            wanted=self.wanted or PathInFolder(self.folder, self.names(1)).path,
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
            source_disk=disk,
            target_disk=disk if is_same else disk_of(self.folder.fd),
            made=() if self.kind is EntryKind.UNDO or self.goes_to_trash else self.folder.made,
        )
