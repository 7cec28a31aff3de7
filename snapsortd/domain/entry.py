"""Journal entries: why something is done to a file, what is intended, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.domain.names import OWN_PREFIX


class State(StrEnum):
    """Where a journal entry stands: intent → moved → done, or failed, or conflict. `shadow` never acted."""

    INTENT = "intent"
    MOVED = "moved"
    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"
    SHADOW = "shadow"


OPEN_STATES = frozenset({State.INTENT, State.MOVED})


class EntryKind(StrEnum):
    """What was done: an action of a rule by its name, or a step back or forth."""

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
    """How the file gets there: one rename, or copy + verify + unlink; `copy` of a copy action keeps the source;
    `remove` takes a copy or a link away again (undo). The last three make no other file of it."""

    RENAME = "rename"
    COPY = "copy"
    REMOVE = "remove"
    LINK = "link"
    SYMLINK = "symlink"
    TAG = "tag"
    """Extended attributes of the file are set; source and target are the same."""
    CALL = "call"
    """Another program is told; what it does cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is done to a file: by a rule, as part of a batch, after a decision, together with another file."""

    rule: str
    batch: int
    """Entries of one batch are undone together."""
    decision: int | None = None
    """Row of the decision that led to it."""
    follows: int | None = None
    """The entry of the image that this file belongs to; both are undone together."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be done to one file; committed to the journal before anything is touched."""

    cause: Cause
    kind: EntryKind
    action: EntryKind
    """The action of a rule that is carried out, undone or redone: the same as `kind` but for undo and redo."""
    source: str
    target: str
    wanted: str
    """The target that was preferred, before taken names were avoided."""
    identity: FileIdentity
    """Of the source, when it was opened."""
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
    """The entry that this undo or redo takes back."""
    tags: tuple[str, ...] = ()
    """The tags that are added, or, by an undo, removed."""
    arguments: tuple[str, ...] = ()
    """A command with its arguments, or the text of a notification."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal: an intent, and what became of it."""

    id: int
    intent: Intent
    """With the target and the method of the latest attempt."""
    state: State
    reason: str
    at: float
    """Wall clock, seconds since 1970, for people only: order is by id."""
    target_identity: FileIdentity | None = None
    """Of the target, once it exists."""
    reversed_by: int | None = None
    """The undo or redo that took this entry back."""

    @property
    def has_moved(self) -> bool:
        """True if the file is at the entry's target now, and no longer at its source."""
        return self.state is State.DONE and not self.intent.keep_source

    @property
    def goes_to_trash(self) -> bool:
        """True if the file is thrown away."""
        return self.intent.action is EntryKind.TRASH and self.intent.kind is not EntryKind.UNDO

    @property
    def leaves_trash(self) -> bool:
        """True if a file that was thrown away comes back."""
        return self.intent.action is EntryKind.TRASH and self.intent.kind is EntryKind.UNDO


def temporary_name(entry: Entry) -> str:
    """Return the name of an unfinished copy."""
    return OWN_PREFIX + mark(entry.id, entry.intent.sha256)


def mark(number: int, sha256: bytes) -> str:
    """Return what distinguishes an entry from one of another journal with the same number."""
    return f"{number}.{sha256.hex()[:8]}"


def aside_name(entry: Entry) -> str:
    """Return the name that a file gets in its own folder just before it is removed."""
    return temporary_name(entry) + ".old"
