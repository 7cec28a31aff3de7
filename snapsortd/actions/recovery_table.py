"""What to do about a move that was interrupted: decided from what is seen, acting only on what is proven.

Whatever happened between two system calls, the file is whole under its old name, its new name, or both; the
journal says which move it was. Where neither name can be seen, nothing is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapsortd.domain.entry import Method, State


class SourceSeen(StrEnum):
    """What is at the old name."""

    SAME = "same"
    """The version that was looked at."""
    CHANGED = "changed"
    """Another file, or another version."""
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    """Its folder is missing, or its disk is not mounted."""


class TargetSeen(StrEnum):
    """What is at the new name."""

    SAME_FILE = "same file"
    """The very file that was to be moved (inode, size and time); the link that was to be made; the file with its tags
    as they were to be."""
    SAME_BYTES = "same bytes"
    """Another file with the same content."""
    DIFFERENT = "different"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"


class Act(StrEnum):
    DEFER = "defer"
    """Leave the entry open, look again later."""
    DROP = "drop"
    """The file never left: close the entry as failed, delete our own unfinished copy."""
    FINISH = "finish"
    """The file is there: confirm the folders, close as done."""
    RELEASE = "release"
    """It is there and still here: confirm, remove the old name, close as done."""
    CONFLICT = "conflict"
    """Tell the user, touch nothing."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do, and why, in words for the journal."""

    act: Act
    reason: str = ""


_DEFER = Resolution(Act.DEFER, "its folder is missing or its disk is not mounted; it is looked at again later")
_DROP = Resolution(Act.DROP, "interrupted before the file was moved")
_NOT_DONE = Resolution(Act.DROP, "interrupted before it was done")
_FINISH = Resolution(Act.FINISH)
_RELEASE = Resolution(Act.RELEASE)
_BOTH = Resolution(Act.CONFLICT, "interrupted, and one of the two files changed since; both stay")
_UNHEARD = Resolution(Act.DROP, "interrupted: it is not known whether it ended")
_LOST = Resolution(Act.CONFLICT, "interrupted, and the file is at neither place as it was; nothing was touched")


def resolve(state: State, method: Method, keep_source: bool, source: SourceSeen, target: TargetSeen) -> Resolution:
    """The act for one open entry (state intent or moved). Total: every combination has an answer."""
    if method is Method.CALL:
        return _UNHEARD
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
            return _RELEASE  # link + unlink, stopped in between
        case SourceSeen.SAME, _:
            return _DROP  # a rename is whole or not at all, so the target does not matter
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
    """The source is a copy to be removed while its original, the target, stands."""
    if source in (SourceSeen.SAME, SourceSeen.CHANGED):
        return _DROP
    if source is SourceSeen.UNREACHABLE or target is TargetSeen.UNREACHABLE:
        return _DEFER
    return _FINISH if target is TargetSeen.SAME_BYTES else _LOST


def _resolve_uncopied(state: State, source: SourceSeen, target: TargetSeen) -> Resolution:
    """No verified copy is at the target."""
    if source is SourceSeen.ABSENT:
        return _LOST
    if state is State.MOVED and not (source is SourceSeen.SAME and target is TargetSeen.ABSENT):
        return _BOTH
    return _DROP


def _resolve_link(source: SourceSeen, target: TargetSeen) -> Resolution:
    """The source is never touched: all that matters is whether the link is there."""
    if target is TargetSeen.SAME_FILE:
        return _FINISH
    if SourceSeen.UNREACHABLE is source or TargetSeen.UNREACHABLE is target:
        return _DEFER
    return _LOST if source is SourceSeen.ABSENT else _NOT_DONE


def _resolve_tag(source: SourceSeen, target: TargetSeen) -> Resolution:
    """Both are one file. Of another version nothing is known, whatever tags it has."""
    if SourceSeen.UNREACHABLE is source or TargetSeen.UNREACHABLE is target:
        return _DEFER
    if source is SourceSeen.ABSENT:
        return _LOST
    done = source is SourceSeen.SAME and target is TargetSeen.SAME_FILE
    return _FINISH if done else _NOT_DONE
