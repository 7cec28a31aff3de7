"""Resume an interrupted move: carry out its resolution."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress

from snapsortd.actions.ledger import Ledger
from snapsortd.actions.move import release_source
from snapsortd.actions.recovery_table import Act, Resolution
from snapsortd.actions.trashinfo import discard_info
from snapsortd.domain.entry import Entry, Method, State, aside_name, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import PathInFolder, open_place
from snapsortd.files.remove import put_back
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


def restore_name(entry: Entry) -> None:
    """Restore the name of a file whose removal was interrupted.

    Raise OSError as the system reports it, DurabilityError if the name could not be restored.
    """
    ends = (
        (entry.intent.source, entry.intent.source_root, entry.intent.source_folder),
        (entry.intent.target, entry.intent.target_root, entry.intent.target_folder),
    )
    for path, root, folder in ends:
        with suppress(FileNotFoundError, NotADirectoryError), open_place(path, root) as place:
            if place.folder.identity.could_be(folder):
                put_back(PathInFolder(place.folder, aside_name(entry)), place)
                sync_folder(place.folder.fd)  # what is seen now is on the disk, including the work of a killed repair


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
    held.callback(os.close, fd)
    sync(fd)
    found = place.look()
    if found is None or found.identity != target:
        raise MoveRefused("the file was changed just now")
    journal.advance(entry.id, State.DONE, target_identity=target)


def _release(journal: Ledger, entry: Entry, target: FileIdentity | None, held: ExitStack) -> None:
    source = held.enter_context(open_place(entry.intent.source, entry.intent.source_root))
    old = None
    with suppress(FileNotFoundError):
        old = source.open()
        held.callback(os.close, old)
    place = held.enter_context(open_place(entry.intent.target, entry.intent.target_root))
    fd = place.open()
    held.callback(os.close, fd)
    sync(fd)
    sync_folder(place.folder.fd)
    found = place.look()
    if found is None or found.identity != target:
        raise MoveRefused("the file at the target was changed just now")
    entry = journal.advance(entry.id, State.MOVED, target_identity=target)
    _remove_leftover(entry)
    release_source(journal, entry, source, old)


def _remove_leftover(entry: Entry) -> None:
    """Delete our own unfinished copy, or the second link that was left when it got its name."""
    if entry.intent.method is Method.COPY:
        with suppress(FileNotFoundError), open_place(entry.intent.target, entry.intent.target_root) as target:
            PathInFolder(target.folder, temporary_name(entry)).remove()
            sync_folder(target.folder.fd)  # recovery does not look for it once the entry is closed
