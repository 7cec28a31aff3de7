"""Journal entries: the cause of a change to a file, its intent, and its state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.file import FileIdentity, FolderIdentity, MadeFolder
from snapsortd.domain.names import OWN_PREFIX


class State(StrEnum):
    """The state of a journal entry: intent → moved → done, or failed, or conflict; `shadow` is never acted on."""

    INTENT = "intent"
    MOVED = "moved"
    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"
    SHADOW = "shadow"


OPEN_STATES = frozenset({State.INTENT, State.MOVED})


class EntryKind(StrEnum):
    """The kind of an entry: the action of a rule by its name, or an undo or redo."""

    MOVE = "move"
    COPY = "copy"
    RENAME = "rename"
    TRASH = "trash"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    TAG = "tag"
    RUN = "run"
    NOTIFY = "notify"
    UNDO = "undo"
    REDO = "redo"


class Method(StrEnum):
    """The method of a change: one rename, or copy + verify + unlink; the `copy` of a copy action keeps the source;
    `remove` removes a copy or a link (undo). The last three do not create another file."""

    RENAME = "rename"
    COPY = "copy"
    REMOVE = "remove"
    LINK = "link"
    SYMLINK = "symlink"
    TAG = "tag"
    """Extended attributes of the file are set; source and target are the same."""
    CALL = "call"
    """Another program is run; what it does cannot be undone."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a change to a file: a rule, the batch, the decision, and the file that it accompanies."""

    rule: str
    batch: int
    """Entries of one batch are undone together."""
    decision: int | None = None
    """The row of the decision that led to the change."""
    follows: int | None = None
    """The entry of the image that this file belongs to; both are undone together."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a change to a file: a path, and what was known of the folder that it led to."""

    path: str
    root: str
    folder: FolderIdentity
    disk: str


@dataclass(frozen=True, slots=True)
class Intent:
    """An intended change to one file, committed to the journal before anything is touched."""

    cause: Cause
    kind: EntryKind
    action: EntryKind
    """The action of a rule that is carried out, undone or redone: the same as `kind`, except for undo and redo."""
    source: str
    target: str
    wanted: str
    """The target that was preferred, before taken names were avoided."""
    identity: FileIdentity
    """The identity of the source when it was opened."""
    sha256: bytes
    method: Method
    keep_source: bool
    """True for a copy action: the source stays."""
    source_folder: FolderIdentity
    target_folder: FolderIdentity
    source_root: str = ""
    """The part of `source` below which no symlink is followed; empty: its whole folder."""
    target_root: str = ""
    reverses: int | None = None
    """The entry that this undo or redo reverses."""
    tags: tuple[str, ...] = ()
    """The tags to add, or, for an undo, to remove."""
    arguments: tuple[str, ...] = ()
    """A command with its arguments, or the text of a notification."""
    source_disk: str = ""
    """The disk that the source is on, by a name that lasts longer than device and inode numbers; empty if unknown."""
    target_disk: str = ""
    made: tuple[MadeFolder, ...] = ()
    """The folders that were created for it; the journal keeps them apart from the entries."""

    @property
    def old(self) -> End:
        """Return the end that the file comes from."""
        return End(self.source, self.source_root, self.source_folder, self.source_disk)

    @property
    def new(self) -> End:
        """Return the end that the file, its copy or its link goes to."""
        return End(self.target, self.target_root, self.target_folder, self.target_disk)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal: an intent and its result."""

    id: int
    intent: Intent
    """The intent, with the target and the method of the latest attempt."""
    state: State
    reason: str
    at: float
    """Wall clock, seconds since 1970, for display only: order is by id."""
    target_identity: FileIdentity | None = None
    """The identity of the target, once it exists."""
    reversed_by: int | None = None
    """The undo or redo that reversed this entry."""
    metadata: str = ""
    """The metadata of the source that the target's file system could not keep, as JSON; empty if nothing was lost."""

    @property
    def has_moved(self) -> bool:
        """True if the file is at the entry's target now, and no longer at its source."""
        return self.state is State.DONE and not self.intent.keep_source

    @property
    def goes_to_trash(self) -> bool:
        """True if the file is moved to the trash."""
        return self.intent.action is EntryKind.TRASH and self.intent.kind is not EntryKind.UNDO

    @property
    def leaves_trash(self) -> bool:
        """True if the file is restored from the trash."""
        return self.intent.action is EntryKind.TRASH and self.intent.kind is EntryKind.UNDO


def temporary_name(entry: Entry) -> str:
    """Return the name of an unfinished copy."""
    return OWN_PREFIX + mark(entry.id, entry.intent.sha256)


def mark(number: int, sha256: bytes) -> str:
    """Return text that distinguishes an entry from one with the same number in another journal."""
    return f"{number}.{sha256.hex()[:8]}"
