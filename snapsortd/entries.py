"""The values of the journal: what is done to a file, where that stands, and what became of an image. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.models import FileIdentity


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
class FolderIdentity:
    """Which folder a path led to, to tell an unmounted disk from a missing file."""

    dev: int
    ino: int

    def could_be(self, other: FolderIdentity) -> bool:
        """False if `other` is surely another place: device numbers change over a restart, inodes do not,
        and a mount point without its disk differs in both."""
        return self.dev == other.dev or self.ino == other.ino


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


class Outcome(StrEnum):
    """What became of an image that was looked at; the file is left alone until it changes.
    IGNORED, LEFT and SHADOW are looked at again when the configuration or the formats that can be read change."""

    IGNORED = "ignored"
    LEFT = "left"
    SHADOW = "shadow"
    FILED = "filed"
    COPIED = "copied"
    DONE = "done"
    """It stays where it is, and all else that was to be done was done: tags, links, commands."""
    UNDONE = "undone"
    FAILED = "failed"
    """Tried, failed, to be tried again."""
    QUARANTINED = "quarantined"
    """Not tried again until it changes; it stays where it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal knows of one image: what became of which version of it, and why."""

    path: str
    identity: FileIdentity
    outcome: Outcome
    reason: str
    fingerprint: str = ""
    """Of the configuration that led to it (`Config.fingerprint`)."""
    decision: int | None = None
    attempts: int = 0
    """How often it failed, for whatever reason."""
    deaths: int = 0
    """How often in a row the classifier died over it."""
    at: float = 0.0
    """Wall clock, seconds since 1970, for people only."""
