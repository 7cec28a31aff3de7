"""The decision of the rules about one image, with its reasons and the planned actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from snapsortd.domain.names import NameSeries

PATH_MARK = "\0path\0"
"""Placeholder in a planned command or notification for the path of the file, which earlier actions may change.
No path, no argument and no value that a template fills in contains a NUL."""


class ActionKind(StrEnum):
    MOVE = "move"
    COPY = "copy"
    RENAME = "rename"
    """Gives the file a new name in its own folder."""
    TRASH = "trash"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    TAG = "tag"
    RUN = "run"
    NOTIFY = "notify"


class OnConflict(StrEnum):
    """The resolution of a conflict with a file that already has the wanted name. Nothing is ever overwritten."""

    RENAME_NEW = "rename_new"
    RENAME_EXISTING = "rename_existing"
    SKIP = "skip"
    TRASH = "trash"
    """The existing file goes to the trash."""
    DEDUPLICATE = "deduplicate"
    """The new file goes to the trash if a file with the same content exists; otherwise it gets the next name."""


class MetadataPolicy(StrEnum):
    """The resolution if the destination's file system can't keep the file's mode, owner, times or attributes."""

    NOTE = "note"
    """They are recorded in the journal, and undo restores them."""
    KEEP = "keep"
    """The file is not moved or copied."""


@dataclass(frozen=True, slots=True)
class Destination:
    """The destination of a file: `root` from the configuration (symlinks in it are followed), folders below it (never
    reached through a symlink), and a series of names."""

    root: str
    folders: tuple[str, ...]
    names: NameSeries
    keeps_name: bool = False
    """True if the file keeps its own name, which earlier actions may have changed."""

    @property
    def folder(self) -> str:
        """Return the folder as one path."""
        return "/".join((self.root.rstrip("/"), *self.folders)) or "/"

    @property
    def preferred_path(self) -> str:
        """Return the path that is tried first."""
        return f"{self.folder.rstrip('/')}/{self.names.nth(1)}"


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One action that a rule plans for the image."""

    kind: ActionKind
    rule: str
    destination: Destination | None = None
    """The destination, for the kinds that create a name."""
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    shadow: bool = False
    """True to record in the journal what would happen, and to touch nothing."""
    words: tuple[str, ...] = ()
    """The tags, a command with its arguments, or the one text of a notification. In the last two, PATH_MARK is a
    placeholder for the file's path, which `words_at` fills in."""
    seconds: float = 0.0
    """Time limit of a command."""
    metadata: MetadataPolicy = MetadataPolicy.NOTE

    def words_at(self, path: str) -> tuple[str, ...]:
        """Return the words for a file whose path is now `path`."""
        return tuple(word.replace(PATH_MARK, path) for word in self.words)

    def describe(self) -> str:
        """Return the result of the action for display: a path, or the words."""
        return " ".join(self.words_at("{path}")) if self.destination is None else self.destination.preferred_path


class Ask(StrEnum):
    """A fact about an image that is only found out if a rule depends on it, because that takes long; cheapest first."""

    TEXT = "text"
    CAPTION = "caption"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A threshold that the model's answer for the right label missed; `measure` is score or margin."""

    measure: str
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class RuleReason:
    """The reasons why one rule did or did not match, in plain words, one line per filter."""

    rule: str
    matched: bool
    reasons: tuple[str, ...]
    near: Shortfall | None = None
    """The one thing that the rule lacked to match."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of the rules about one image, with the reasons of every rule that was evaluated."""

    rules: tuple[RuleReason, ...]
    actions: tuple[PlannedAction, ...] = ()
    skipped: str = ""
    """The name of the rule whose `skip` ended the evaluation; empty if none did."""
    due: datetime | None = None
    """The earliest moment at which time alone changes which rules match; None if it never does."""
    wait: float | None = None
    """The seconds that the rules have the image wait before it is filed; None if they leave that to its folder."""
    asks: Ask | None = None
    """The fact that must be found out before anything is decided; then there are no actions yet."""
