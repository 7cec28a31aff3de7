"""Move a file to its new name: by a rename, or by copy + verify + unlink to another file system."""

from __future__ import annotations

import errno
import os
from functools import partial

from snapsortd.actions.ledger import Ledger
from snapsortd.actions.step import Step
from snapsortd.actions.trashinfo import discard_info
from snapsortd.domain.decision import MetadataPolicy
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import DurabilityError, FileChanged, MoveRefused, SnapsortError
from snapsortd.domain.file import FileIdentity
from snapsortd.files.copy import copy_file, hash_file
from snapsortd.files.folders import PathInFolder
from snapsortd.files.os_errors import in_words
from snapsortd.files.remove import (
    has_content,
    is_being_written,
    is_same_file,
    publish,
    remove_exactly,
    rename_exactly,
)
from snapsortd.files.sync import sync_folder


class Move(Step):
    """Moves or copies a file."""

    def _act(self) -> Entry:
        if self._plan.keep_source:
            return self._copy()
        try:
            self._take_name(partial(self._rename, self._plan.source.place, self._plan.source.identity))
        except OSError as error:
            if error.errno != errno.EXDEV:  # decides reliably: device numbers may be equal across a bind mount
                raise
            self._advance(State.INTENT, method=Method.COPY)
            return self._copy()
        return self._conclude_rename()

    def _conclude_rename(self) -> Entry:
        found = self._target.look()
        if found is None or not self._is_file(self._target, self._plan.source.identity):
            return self._advance(State.CONFLICT, reason="another file replaced it during the move")
        sync_folder(self._plan.folder.fd)
        if self._plan.folder.identity != self._plan.source.place.folder.identity:
            sync_folder(self._plan.source.place.folder.fd)
        if self.entry.leaves_trash:
            discard_info(self.entry)
        return self._advance(State.DONE, target_identity=found.identity)

    def _copy(self) -> Entry:
        plan = self._plan
        if not plan.keep_source and os.fstat(plan.source.fd).st_nlink > 1:
            raise MoveRefused("the file has other hard links, and moving it to another file system would break them")
        if not plan.keep_source and is_being_written(plan.source.fd):
            raise MoveRefused("another program has the file open for writing", "it is tried again later")
        temporary = PathInFolder(plan.folder, temporary_name(self.entry))
        made, lost = copy_file(
            plan.source.fd,
            temporary,
            plan.source.sha256,
            keep_all=plan.metadata is MetadataPolicy.KEEP,
            restored=plan.restored,
        )
        try:
            self._check_source()
            if lost or plan.restored:  # recovery must know them once the copy has its name
                self._advance(State.INTENT, metadata=lost.to_json(), target_identity=made)
            self._take_name(partial(self._rename, temporary, made))
        except BaseException:
            if not self._acted:
                temporary.remove()
                sync_folder(plan.folder.fd)
            raise
        found = self._target.look()
        if found is None or not self._is_file(self._target, made):
            return self._advance(State.CONFLICT, reason="another file replaced the copy; the original stays")
        self._sync_copy()
        if plan.keep_source:
            return self._advance(State.DONE, target_identity=found.identity)
        self._advance(State.MOVED, target_identity=found.identity)
        return self._release()

    def _sync_copy(self) -> None:
        try:
            sync_folder(self._plan.folder.fd)
        except DurabilityError:
            self._advance(State.CONFLICT, reason="the disk did not confirm the copy; original and copy both stay")
            raise

    def _release(self) -> Entry:
        try:
            return release_source(self._journal, self.entry, self._plan.source.place, self._target)
        except OSError as error:
            self._withdraw_copy(error)
            raise MoveRefused(f"the original cannot be removed: {in_words(error)}") from error

    def _withdraw_copy(self, error: OSError) -> None:
        """Remove the copy, because the original can't be deleted: otherwise each later try would leave another copy.

        Raise `error`, which leaves the entry open, unless both files are still as they were.
        """
        original = self._plan.source.place.look()
        if original is None or original.identity != self._plan.source.identity:
            raise error
        sha256 = self._plan.source.sha256
        if not remove_exactly(self._target, temporary_name(self.entry), lambda copy: has_content(copy, sha256)):
            raise error
        sync_folder(self._plan.folder.fd)
        self._acted = False

    def _rename(self, start: PathInFolder, identity: FileIdentity) -> None:
        """Rename to the target. Raise OSError if its name is taken or it is on another file system."""
        own = temporary_name(self.entry)
        try:
            if start.name == own:
                publish(start, self._target, own)
            elif not rename_exactly(start, self._target, own, lambda place: self._is_file(place, identity)):
                raise FileChanged("the file was changed or replaced")
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.EXDEV):
                raise
            raise self._why_not_renamed(start, identity, error) from error

    def _why_not_renamed(self, start: PathInFolder, identity: FileIdentity, error: OSError) -> SnapsortError:
        if self._is_file(start, identity):
            return MoveRefused(in_words(error))
        if error.errno == errno.ENOENT:
            return FileChanged("the file is gone")
        self._acted = True
        return DurabilityError(f"it is not known whether the file was moved: {in_words(error)}")


def release_source(journal: Ledger, entry: Entry, source: PathInFolder, target: PathInFolder) -> Entry:
    """Remove the old name of a file that is safe at its new one, unless another version has the name by now.

    Raise OSError if nothing was removed.
    """

    def is_unused(old: PathInFolder) -> bool:
        sha256, safe = entry.intent.sha256, target.look()
        if safe is None or (safe.identity != entry.target_identity and hash_file(target) != sha256):
            return False
        return is_same_file(old, target) or has_content(old, sha256)

    if not remove_exactly(source, temporary_name(entry), is_unused):
        return journal.advance(
            entry.id, State.CONFLICT, reason="it changed, or was opened for writing, during the move; both files stay"
        )
    sync_folder(source.folder.fd)
    if entry.leaves_trash:
        discard_info(entry)
    return journal.advance(entry.id, State.DONE)
