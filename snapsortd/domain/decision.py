"""What the rules say about one image: the decision, its reasons and the planned actions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.names import NameSeries

PATH_MARK = "\0path\0"
"""Stands in a planned command or notification for the path of the file, which the actions before it may change.
No path, no argument and no value that a template fills in holds a NUL."""


class ActionKind(StrEnum):
    MOVE = "move"
    COPY = "copy"
    RENAME = "rename"
    """A new name in the folder where the file lies."""
    TRASH = "trash"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    TAG = "tag"
    RUN = "run"
    NOTIFY = "notify"


class OnConflict(StrEnum):
    """What is done where the wanted name is taken. Nothing is ever overwritten."""

    RENAME_NEW = "rename_new"
    RENAME_EXISTING = "rename_existing"
    SKIP = "skip"
    TRASH = "trash"
    """What has the name goes to the trash."""
    DEDUPLICATE = "deduplicate"
    """The new file goes to the trash where one of the same content is there, else it gets the next name."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a file goes: `root` from the configuration (may hold symlinks), then folders below it that are never
    followed through a symlink, then a name."""

    root: str
    folders: tuple[str, ...]
    names: NameSeries
    keeps_name: bool = False
    """The names are the file's own: it keeps the one that actions before this gave it."""

    @property
    def folder(self) -> str:
        """The folder as one path."""
        return "/".join((self.root.rstrip("/"), *self.folders)) or "/"

    @property
    def preferred_path(self) -> str:
        """The path that is wanted first."""
        return f"{self.folder.rstrip('/')}/{self.names.nth(1)}"


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing a rule wants done with the image."""

    kind: ActionKind
    rule: str
    destination: Destination | None = None
    """Where a file is to be, for those kinds that make a name."""
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    shadow: bool = False
    """Journal what would happen, touch nothing."""
    words: tuple[str, ...] = ()
    """The tags, a command with its arguments, or the one text of a notification; in the last two PATH_MARK stands
    for the file's path. Whoever carries it out takes `words_at`."""
    seconds: float = 0.0
    """A command's time limit."""

    def words_at(self, path: str) -> tuple[str, ...]:
        """The words for a file that lies at `path` now."""
        return tuple(word.replace(PATH_MARK, path) for word in self.words)

    def describe(self) -> str:
        """What it leads to, for people: a path, or the words."""
        return " ".join(self.words_at("{path}")) if self.destination is None else self.destination.preferred_path


@dataclass(frozen=True, slots=True)
class RuleReason:
    """Why one rule did or did not match, in plain words, a line per filter."""

    rule: str
    matched: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about one image, with the reason for every rule that was asked."""

    rules: tuple[RuleReason, ...]
    actions: tuple[PlannedAction, ...] = ()
    skipped: str = ""
    """Name of the rule whose `skip` ended it."""
