"""The values of the journal: what is done to a file, where that stands, and what became of an image. All frozen."""

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
class Intent:
    """What is about to be done to one file; committed to the journal before anything is touched."""

    batch: int
    kind: EntryKind
    rule: str
    source: str
    target: str
    wanted: str
    """The target that was wanted first, before taken names were avoided."""
    identity: FileIdentity
    sha256: bytes
    method: Method
    keep_source: bool
    source_folder: FolderIdentity
    target_folder: FolderIdentity
    reverses: int | None = None
    decision: int | None = None
    source_root: str = ""
    """The part of `source` below which no symlink was followed; empty: all of its folder."""
    target_root: str = ""
    detail: tuple[str, ...] = ()
    """The tags that were added, or the command with its arguments."""
    follows: int | None = None
    """The entry of the image that this file goes along with; both are taken back together."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    id: int
    batch: int
    kind: EntryKind
    rule: str
    source: str
    target: str
    identity: FileIdentity
    """Of the source, when it was looked at."""
    sha256: bytes
    method: Method
    state: State
    keep_source: bool
    """True for a copy action: the source stays."""
    source_folder: FolderIdentity
    target_folder: FolderIdentity
    target_identity: FileIdentity | None
    """Of the target, once it is there."""
    reverses: int | None
    """The entry that this undo or redo takes back."""
    reversed_by: int | None
    decision: int | None
    """Row of the decision that led to it."""
    reason: str
    at: float
    """Wall clock, seconds since 1970, for people only: order is by id."""
    source_root: str = ""
    """The part of `source` below which no symlink is followed; empty: all of its folder."""
    target_root: str = ""
    detail: tuple[str, ...] = ()
    """The tags that were added, or the command with its arguments."""
    follows: int | None = None
    """The entry of the image that this file goes along with; both are taken back together."""


def temporary_name(entry: Entry) -> str:
    """The name of an unfinished copy."""
    return OWN_PREFIX + mark(entry.id, entry.sha256)


def mark(number: int, sha256: bytes) -> str:
    """What tells an entry from that of another journal with the same numbers."""
    return f"{number}.{sha256.hex()[:8]}"


def aside_name(entry: Entry) -> str:
    """The name that a file has just before it is removed, in its own folder."""
    return temporary_name(entry) + ".old"


def deed(entry: Entry) -> EntryKind:
    """The action that an entry does, takes back or does again."""
    if entry.kind not in (EntryKind.UNDO, EntryKind.REDO):
        return entry.kind
    if entry.method is Method.TAG:
        return EntryKind.TAG
    if entry.detail:
        return EntryKind(entry.detail[0])
    return EntryKind.COPY if entry.method is Method.REMOVE or entry.keep_source else EntryKind.MOVE


def into_trash(entry: Entry) -> bool:
    """True if the file is thrown away."""
    return entry.kind is not EntryKind.UNDO and deed(entry) is EntryKind.TRASH


def out_of_trash(entry: Entry) -> bool:
    """True if a file comes back that was thrown away."""
    return entry.kind is EntryKind.UNDO and deed(entry) is EntryKind.TRASH


def has_moved(entry: Entry) -> bool:
    """True if the file lies at the entry's target now, and no longer at its source."""
    return entry.state is State.DONE and not entry.keep_source
