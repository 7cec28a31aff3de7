"""Resume an interrupted move: carry out its resolution."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial

from snapsortd.actions.ledger import Ledger
from snapsortd.actions.move import release_source
from snapsortd.actions.recovery_table import Act, Resolution
from snapsortd.actions.trashinfo import discard_info
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.files.copy import hash_fd, hash_file
from snapsortd.files.folders import PathInFolder, close, open_place
from snapsortd.files.identity import is_folder_of
from snapsortd.files.probe import remove_probes
from snapsortd.files.remove import drop_placeholder, each_aside, has_content, put_back, return_name
from snapsortd.files.sync import sync, sync_folder


def finish_interrupted(journal: Ledger, entry: Entry, resolution: Resolution, target: FileIdentity | None) -> None:
    """Carry out the resolution of an entry; `target` is the identity that was found at its target.

    Raise OSError or SnapsortError if that is not possible; the entry stays open.
    """
    with ExitStack() as held:
        match resolution.act:
            case Act.DEFER:
                if entry.reason != resolution.reason:
                    journal.advance(entry.id, entry.state, reason=resolution.reason)
            case Act.CONFLICT:
                journal.advance(entry.id, State.CONFLICT, reason=resolution.reason)
            case Act.DROP:
                _remove_leftover(entry)
                if entry.goes_to_trash:
                    discard_info(entry)
                journal.advance(entry.id, State.FAILED, reason=resolution.reason)
            case Act.FINISH if entry.intent.method is Method.TAG:
                _finish_tagging(journal, entry, target, held)
            case Act.FINISH:
                _finish(journal, entry, target, held)
            case Act.RELEASE:
                _release(journal, entry, target, held)


def restore_name(journal: Ledger, entry: Entry) -> bool:
    """Restore the name of a file whose removal or rename was interrupted.

    Return True if the old name was taken from it for good: another file has it, and the content is safe at the target.
    Raise OSError as the system reports it, DurabilityError if the name could not be restored, MoveRefused if another
    file has it and the content is nowhere else: then the file stays in our private folder, and the entry says where.
    """
    ends = entry.intent.old, entry.intent.new
    released = False
    for end, other in zip(ends, reversed(ends), strict=True):
        with suppress(FileNotFoundError, NotADirectoryError), open_place(end.path, end.root) as place:
            if is_folder_of(end, place.folder):
                remove_probes(place.folder)
                if entry.intent.identity.size:
                    drop_placeholder(place, temporary_name(entry))
                for aside in each_aside(place, temporary_name(entry)):
                    is_safe = partial(_is_safe_at, other.path, other.root, entry)
                    gone = _return_aside(journal, entry, aside, place, is_safe)
                    released = released or (gone and end == entry.intent.old)
                sync_folder(place.folder.fd)  # what is seen now is on the disk, including the work of a killed repair
    return released


def _return_aside(
    journal: Ledger, entry: Entry, aside: PathInFolder, place: PathInFolder, is_safe: Callable[[], bool]
) -> bool:
    """Return a file from our private folder to its name; return True if it was removed, because it is safe."""
    own, sha256 = temporary_name(entry), entry.intent.sha256
    if return_name(aside, place, own):
        return False
    is_link = aside.symlink_target() == entry.intent.target
    if not is_link and hash_file(aside) not in (None, sha256):
        put_back(aside, place, own)
        return False
    if is_link or (has_content(aside, sha256) and is_safe()):
        aside.remove()
        return True
    reason = f"another file has the name {place.path}, so the file waits in {aside.path}: rename the other one"
    if entry.reason != reason:
        journal.advance(entry.id, entry.state, reason=reason)
    raise MoveRefused(reason)


def _is_safe_at(path: str, root: str, entry: Entry) -> bool:
    """True if the content is at this path, and on the disk."""
    with suppress(OSError), open_place(path, root) as place:
        fd = place.open()
        try:
            sync(fd)
            sync_folder(place.folder.fd)
            return hash_fd(fd) == entry.intent.sha256
        finally:
            close(fd)
    return False


def _finish(journal: Ledger, entry: Entry, target: FileIdentity | None, held: ExitStack) -> None:
    sync_folder(held.enter_context(open_place(entry.intent.target, entry.intent.target_root)).folder.fd)
    try:
        source = held.enter_context(open_place(entry.intent.source, entry.intent.source_root))
    except FileNotFoundError:  # the source folder was deleted since
        pass
    else:
        sync_folder(source.folder.fd)
    _remove_leftover(entry)
    if entry.leaves_trash:
        discard_info(entry)
    journal.advance(entry.id, State.DONE, target_identity=target)


def _finish_tagging(journal: Ledger, entry: Entry, target: FileIdentity | None, held: ExitStack) -> None:
    place = held.enter_context(open_place(entry.intent.target, entry.intent.target_root))
    fd = place.open()
    held.callback(close, fd)
    sync(fd)
    found = place.look()
    if found is None or found.identity != target:
        raise MoveRefused("the file was changed just now")
    journal.advance(entry.id, State.DONE, target_identity=target)


def _release(journal: Ledger, entry: Entry, target: FileIdentity | None, held: ExitStack) -> None:
    source = held.enter_context(open_place(entry.intent.source, entry.intent.source_root))
    place = held.enter_context(open_place(entry.intent.target, entry.intent.target_root))
    fd = place.open()
    held.callback(close, fd)
    sync(fd)
    sync_folder(place.folder.fd)
    found = place.look()
    if found is None or found.identity != target:
        raise MoveRefused("the file at the target was changed just now")
    entry = journal.advance(entry.id, State.MOVED, target_identity=target)
    _remove_leftover(entry)
    release_source(journal, entry, source, place)


def _remove_leftover(entry: Entry) -> None:
    """Delete our own unfinished copy, or the second link that was left when it got its name."""
    if entry.intent.method is Method.COPY:
        with suppress(FileNotFoundError), open_place(entry.intent.target, entry.intent.target_root) as target:
            PathInFolder(target.folder, temporary_name(entry)).remove()
            sync_folder(target.folder.fd)  # recovery does not look for it once the entry is closed
