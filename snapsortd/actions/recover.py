"""Recover from interrupted moves: inspect both ends, look up the resolution, and have the mover carry it out."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass

from snapsortd.actions.ledger import Ledger
from snapsortd.actions.mover import Mover
from snapsortd.actions.recovery_table import Act, SourceSeen, TargetSeen, resolve
from snapsortd.domain.entry import End, Entry, EntryKind, Method, State
from snapsortd.domain.errors import JournalError, SnapsortError
from snapsortd.domain.file import FileIdentity, FolderIdentity, Stat
from snapsortd.files.folders import close, open_place
from snapsortd.files.identity import folded, folder_without, has_version, is_folder_of
from snapsortd.files.metadata import could_be_same_time
from snapsortd.files.tags import has_none_of, has_tags

log = logging.getLogger("snapsortd")


@dataclass(frozen=True, slots=True)
class _Seen:
    """The state of one end of a move."""

    folder: FolderIdentity | None
    """None if the folder could not be reached."""
    stat: Stat | None = None
    symlink_target: str | None = None


def repair(journal: Ledger, mover: Mover) -> list[str]:
    """Resolve every open entry that can be resolved, and return one sentence for each, for the log.

    To be called at the start, before an undo, and when a disk has been mounted again. What is being carried out just
    then is left alone.
    """
    sentences = []
    for entry in journal.open_entries():
        with mover.in_hand.claim(entry) as unfinished:
            if unfinished is not None:
                sentences.append(_repair_one(unfinished, mover))
    return sentences


def _repair_one(entry: Entry, mover: Mover) -> str:
    what = f"entry {entry.id} ({entry.intent.source} → {entry.intent.target})"
    if mover.is_in_doubt(entry):
        return f"{what} waits: its disk did not confirm a write; check it and restart"
    try:
        released = mover.restore_name(entry)
        source, target = _look(entry.intent.old), _look(entry.intent.new)
        seen_source = SourceSeen.ABSENT if released else _judge_source(entry, source)
        seen_target = _judge_target(entry, source, target)
        resolution = resolve(entry.state, entry.intent.method, entry.intent.keep_source, seen_source, seen_target)
        mover.finish_interrupted(entry, resolution, target.stat.identity if target.stat else None)
    except JournalError:
        raise
    except SnapsortError as error:
        return f"{what} waits: {error.message}"
    except Exception as error:  # a defect that shows over one entry must not keep the others from being resolved
        log.exception("snapsortd failed over %s; please report this", what)
        return f"{what} waits: snapsortd failed over it: {type(error).__name__}: {error}"
    done = {
        Act.DEFER: "waits",
        Act.DROP: "was dropped",
        Act.FINISH: "was finished",
        Act.RELEASE: "was finished",
        Act.CONFLICT: "is in conflict",
    }[resolution.act]
    return f"{what} {done}" + (f": {resolution.reason}" if resolution.reason else "")


def inspect(entry: Entry) -> tuple[SourceSeen, TargetSeen]:
    """Return what is at both ends of an entry now; nothing is changed."""
    source, target = _look(entry.intent.old), _look(entry.intent.new)
    return _judge_source(entry, source), _judge_target(entry, source, target)


def _look(end: End) -> _Seen:
    try:
        with open_place(end.path, end.root) as place:
            if not is_folder_of(end, place.folder):
                return _Seen(None)
            return _Seen(place.folder.identity, place.look(), place.symlink_target())
    except FileNotFoundError:
        with suppress(OSError):
            return _Seen(folder_without(end))
    except OSError:
        pass
    return _Seen(None)


def _judge_source(entry: Entry, seen: _Seen) -> SourceSeen:
    if seen.folder is None:
        return SourceSeen.UNREACHABLE
    if seen.stat is None:
        return SourceSeen.ABSENT
    if _removes_symlink(entry):
        return SourceSeen.SAME if seen.symlink_target == entry.intent.target else SourceSeen.CHANGED
    try:
        with open_place(entry.intent.source, entry.intent.source_root) as place:
            same = has_version(place, seen.stat, entry.intent.identity, entry.intent.sha256)
    except OSError:
        return SourceSeen.UNREACHABLE
    return SourceSeen.SAME if same else SourceSeen.CHANGED


def _judge_target(entry: Entry, source: _Seen, target: _Seen) -> TargetSeen:
    if target.folder is None:
        return TargetSeen.UNREACHABLE
    found = target.stat
    if entry.intent.method is Method.TAG:
        return TargetSeen.ABSENT if found is None else _judge_tags(entry)
    if _removes_symlink(entry):
        return TargetSeen.SAME_BYTES  # nothing is lost with a symlink, whatever happened to its target
    if found is None or _is_other_spelling(entry, source, target):
        return TargetSeen.ABSENT
    if entry.intent.method is Method.SYMLINK:
        return TargetSeen.SAME_FILE if target.symlink_target == entry.intent.source else TargetSeen.DIFFERENT
    if not _could_be_our_copy(entry, found.identity):
        return TargetSeen.DIFFERENT
    try:
        with open_place(entry.intent.target, entry.intent.target_root) as place:
            if not has_version(place, found, entry.intent.identity, entry.intent.sha256):
                return TargetSeen.DIFFERENT
    except OSError:
        return TargetSeen.UNREACHABLE
    renamed = entry.intent.method in (Method.RENAME, Method.LINK) and found.identity.same_version(entry.intent.identity)
    return TargetSeen.SAME_FILE if renamed else TargetSeen.SAME_BYTES


def _removes_symlink(entry: Entry) -> bool:
    return entry.intent.method is Method.REMOVE and entry.intent.action is EntryKind.SYMLINK


def _judge_tags(entry: Entry) -> TargetSeen:
    try:
        with open_place(entry.intent.target, entry.intent.target_root) as place:
            fd = place.open()
            try:
                return TargetSeen.SAME_FILE if _has_its_tags(fd, entry) else TargetSeen.DIFFERENT
            finally:
                close(fd)
    except OSError:
        return TargetSeen.UNREACHABLE


def _has_its_tags(fd: int, entry: Entry) -> bool:
    wanted = has_none_of if entry.intent.kind is EntryKind.UNDO else has_tags
    return wanted(fd, entry.intent.tags)


def _could_be_our_copy(entry: Entry, found: FileIdentity) -> bool:
    """True if the file can be the entry's copy; an unconfirmed one also has the right time, unlike a duplicate: that of
    the original, unless it could not be kept or an earlier one was restored."""
    if entry.intent.method is not Method.COPY or entry.state is State.MOVED:
        return True
    expected = entry.target_identity or entry.intent.identity
    return could_be_same_time(found.mtime_ns, expected.mtime_ns)


def _is_other_spelling(entry: Entry, source: _Seen, target: _Seen) -> bool:
    """True if both names are the same folder entry, on a file system that folds case or Unicode forms.

    Then "source and target are the same file" does not mean that there are two links: removing the source
    would remove the only one.
    """
    if source.stat is None or target.stat is None or source.stat.identity != target.stat.identity:
        return False
    if source.stat.nlink < 2:
        return True
    names = (os.path.basename(path) for path in (entry.intent.source, entry.intent.target))
    return source.folder == target.folder and len(set(map(folded, names))) == 1
