"""The resolution of an interrupted move, decided from what is found at both names, on proof alone.

Whatever happened between two system calls, the file is complete under its old name, its new name, or both; the
journal records which move it was. If neither name can be inspected, nothing is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.entry import Method, State


class SourceSeen(StrEnum):
    """The state of the old name."""

    SAME = "same"
    """The version that was opened."""
    CHANGED = "changed"
    """Another file, or another version."""
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    """The folder is missing, or its disk is not mounted."""


class TargetSeen(StrEnum):
    """The state of the new name."""

    SAME_FILE = "same file"
    """The file to be moved itself (same inode, size and time); the link to be made; the file with the intended tags."""
    SAME_BYTES = "same bytes"
    """Another file with the same content."""
    DIFFERENT = "different"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"


class Act(StrEnum):
    DEFER = "defer"
    """Leave the entry open and check again later."""
    DROP = "drop"
    """The file was not moved: close the entry as failed, and delete our own unfinished copy."""
    FINISH = "finish"
    """The file is at its target: sync the folders, and close the entry as done."""
    RELEASE = "release"
    """The file is at both names: sync the target, remove the old name, and close the entry as done."""
    CONFLICT = "conflict"
    """Report a conflict to the user and touch nothing."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The act, and its reason for the journal."""

    act: Act
    reason: str = ""


_DEFER = Resolution(Act.DEFER, "its folder is missing or its disk is not mounted; it is checked again later")
_DROP = Resolution(Act.DROP, "interrupted before the file was moved")
_NOT_DONE = Resolution(Act.DROP, "interrupted before it was done")
_FINISH = Resolution(Act.FINISH)
_RELEASE = Resolution(Act.RELEASE)
_BOTH = Resolution(Act.CONFLICT, "interrupted, and one of the two files changed since; both stay")
_UNKNOWN = Resolution(Act.DROP, "interrupted: it is not known whether it ended")
_LOST = Resolution(Act.CONFLICT, "interrupted, and neither path has the file as it was; nothing was touched")


def resolve(state: State, method: Method, keep_source: bool, source: SourceSeen, target: TargetSeen) -> Resolution:
    """Return the resolution of an open entry (state intent or moved). Every combination has one."""
    if method is Method.CALL:
        return _UNKNOWN
    if method is Method.RENAME:
        return _resolve_rename(source, target)
    if method is Method.REMOVE:
        return _resolve_remove(source, target)
    if method in (Method.LINK, Method.SYMLINK):
        return _resolve_link(source, target)
    if method is Method.TAG:
        return _resolve_tag(source, target)
    if SourceSeen.UNREACHABLE is source or TargetSeen.UNREACHABLE is target:
        return _DEFER
    if target is not TargetSeen.SAME_BYTES:
        return _resolve_uncopied(state, source, target)
    if keep_source or source is SourceSeen.ABSENT:
        return _FINISH
    return _RELEASE if source is SourceSeen.SAME else _BOTH


def _resolve_rename(source: SourceSeen, target: TargetSeen) -> Resolution:
    match source, target:
        case SourceSeen.SAME, TargetSeen.SAME_FILE:
            return _RELEASE  # link + unlink, interrupted in between
        case SourceSeen.SAME, _:
            return _DROP  # a rename is atomic, so the target does not matter
        case _, TargetSeen.SAME_FILE:
            return _FINISH
        case (SourceSeen.UNREACHABLE, _) | (_, TargetSeen.UNREACHABLE):
            return _DEFER
        case SourceSeen.ABSENT, TargetSeen.SAME_BYTES:
            return _FINISH  # inodes do not survive a remount on every file system
        case SourceSeen.ABSENT, _:
            return _LOST
        case _, TargetSeen.SAME_BYTES:
            return _BOTH
    return _DROP


def _resolve_remove(source: SourceSeen, target: TargetSeen) -> Resolution:
    """Resolve the removal of a copy, the source, which requires that its original, the target, exists."""
    if source in (SourceSeen.SAME, SourceSeen.CHANGED):
        return _DROP
    if source is SourceSeen.UNREACHABLE or target is TargetSeen.UNREACHABLE:
        return _DEFER
    return _FINISH if target is TargetSeen.SAME_BYTES else _LOST


def _resolve_uncopied(state: State, source: SourceSeen, target: TargetSeen) -> Resolution:
    """Resolve a copy that is not verified at the target."""
    if source is SourceSeen.ABSENT:
        return _LOST
    if state is State.MOVED and not (source is SourceSeen.SAME and target is TargetSeen.ABSENT):
        return _BOTH
    return _DROP


def _resolve_link(source: SourceSeen, target: TargetSeen) -> Resolution:
    """Resolve a link. The source is never touched, so only the existence of the link matters."""
    if target is TargetSeen.SAME_FILE:
        return _FINISH
    if SourceSeen.UNREACHABLE is source or TargetSeen.UNREACHABLE is target:
        return _DEFER
    return _LOST if source is SourceSeen.ABSENT else _NOT_DONE


def _resolve_tag(source: SourceSeen, target: TargetSeen) -> Resolution:
    """Resolve a change of tags. Source and target are one file; tags on another version of it prove nothing."""
    if SourceSeen.UNREACHABLE is source or TargetSeen.UNREACHABLE is target:
        return _DEFER
    if source is SourceSeen.ABSENT:
        return _LOST
    done = source is SourceSeen.SAME and target is TargetSeen.SAME_FILE
    return _FINISH if done else _NOT_DONE
