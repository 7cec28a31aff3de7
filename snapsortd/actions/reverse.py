"""Reverse a finished entry: check what must still hold, and plan the way back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from snapsortd.actions.ledger import Ledger
from snapsortd.actions.plan import Plan
from snapsortd.domain.entry import End, Entry, EntryKind, Method, State
from snapsortd.domain.errors import NameTaken, UndoRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.metadata import metadata_from_json
from snapsortd.files.folders import Folder, PathInFolder, below, close, make_folder, open_folder
from snapsortd.files.identity import is_folder_of, is_on_disk, is_version
from snapsortd.files.open_file import NOT_OPEN, OpenFile
from snapsortd.files.os_errors import in_words
from snapsortd.files.sync import sync_folder

_REDO_METHODS = {
    EntryKind.COPY: Method.COPY,
    EntryKind.HARDLINK: Method.LINK,
    EntryKind.SYMLINK: Method.SYMLINK,
}
"""The method that makes a removed copy or link again."""


@contextmanager
def plan_reversal(entry: Entry, batch: int, journal: Ledger, *, changed: bool = False) -> Iterator[Plan]:
    """Yield the plan that reverses `entry`, with its files held open; a missing old folder is created again.

    With `changed`, a file that was moved may have been edited since: it is moved back as it is now.

    Raise UndoRefused with the reason if there is none.
    """
    with ExitStack() as held:
        yield _Reversal(entry, held, journal, changed=changed).plan(batch)


def check_reversal(entry: Entry, journal: Ledger, *, changed: bool = False) -> None:
    """Raise UndoRefused if `entry` can't be reversed now; nothing is created or changed."""
    with ExitStack() as held:
        _Reversal(entry, held, journal, changed=changed).check()


class _Reversal:
    def __init__(self, entry: Entry, held: ExitStack, journal: Ledger, *, changed: bool) -> None:
        self._entry = entry
        self._journal = journal
        self._done = entry.intent
        self._held = held
        self._changed = changed
        self._result = _identity_of_result(entry)

    def check(self) -> None:
        done = self._done
        if self._is_symlink_to_remove:
            self._open_link()
            self._open_folder(done.old)
            return
        self._open_target()
        if done.method is Method.TAG:
            return
        if done.keep_source:
            self._open_source()
        elif (folder := self._old_folder(make=False)) is not None:
            self._check_free(folder)

    def plan(self, batch: int) -> Plan:
        done = self._done
        if self._is_symlink_to_remove:
            kept = self._open_folder(done.old)
            return self._plan(batch, self._open_link(), kept, Method.REMOVE, done.identity)
        file = self._open_target()
        if done.method is Method.TAG:
            return self._plan(batch, file, file.place.folder, Method.TAG)
        if done.keep_source:
            original = self._open_source()
            return self._plan(batch, file, original.place.folder, Method.REMOVE, original.identity)
        folder = self._made_folder()
        self._check_free(folder)
        method = _REDO_METHODS[done.action] if done.method is Method.REMOVE else Method.RENAME
        return self._plan(batch, file, folder, method)

    def _plan(
        self, batch: int, file: OpenFile, folder: Folder, method: Method, original: FileIdentity | None = None
    ) -> Plan:
        done = self._done
        return Plan(
            source=file if file.sha256 else replace(file, sha256=done.sha256),
            cause=replace(done.cause, batch=batch),
            kind=EntryKind.REDO if done.kind is EntryKind.UNDO else EntryKind.UNDO,
            action=done.action,
            folder=folder,
            names=_only(os.path.basename(done.source)),
            method=method,
            keep_source=done.method in (Method.REMOVE, Method.TAG),
            reverses=self._entry.id,
            original=original,
            tags=done.tags,
            restored=metadata_from_json(self._entry.metadata),
        )

    @property
    def _is_symlink_to_remove(self) -> bool:
        return self._done.method is Method.SYMLINK

    def _open_link(self) -> OpenFile:
        """Return the symlink. Raise UndoRefused if its target has changed."""
        done = self._done
        folder = self._open_folder(done.new)
        place = PathInFolder(folder, os.path.basename(done.target))
        try:
            found = os.stat(place.name, dir_fd=folder.fd, follow_symlinks=False)
        except FileNotFoundError as error:
            raise _gone(done.target) from error
        if place.symlink_target() != done.source:
            raise UndoRefused(f"{done.target} was changed since")
        return OpenFile(place, NOT_OPEN, found)

    def _open_target(self) -> OpenFile:
        return self._open(self._done.new, self._result, may_change=not self._done.keep_source)

    def _open_source(self) -> OpenFile:
        return self._open(self._done.old, self._done.identity, may_change=False)

    def _open(self, end: End, expected: FileIdentity, *, may_change: bool) -> OpenFile:
        """Return the file at this end. Raise UndoRefused unless it is the same version or has the same bytes.

        One that `may_change` is moved back whatever it contains, if that is asked for: then it is hashed.
        """
        path = end.path
        place = PathInFolder(self._open_folder(end), os.path.basename(path))
        try:
            fd = place.open()
            self._held.callback(close, fd)
            file = OpenFile(place, fd, os.fstat(fd))
            if is_version(fd, expected, self._done.sha256):
                return file
            if may_change and self._changed:
                return file.hashed()
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise _gone(path) from error
            raise UndoRefused(f"{path} cannot be read: {in_words(error)}") from error
        hint = "; `snapsortctl undo --changed` moves it back as it is now"
        can_go_back = may_change and self._done.kind is not EntryKind.UNDO
        raise UndoRefused(f"{path} was changed since{hint if can_go_back else ''}")

    def _open_folder(self, end: End) -> Folder:
        """Return the folder of this end. Raise UndoRefused unless it is the same folder as before."""
        above = os.path.dirname(end.path)
        try:
            folder = self._held.enter_context(open_folder(above, end.root))
        except OSError as error:
            if error.errno == errno.ENOENT and self._done.action is EntryKind.TRASH:  # the whole trash was removed
                raise _gone(end.path) from error
            raise UndoRefused(f"the folder {above} cannot be opened: {in_words(error)}") from error
        _check_disk(folder, end)
        return folder

    def _made_folder(self) -> Folder:
        folder = self._old_folder(make=True)
        if folder is None:
            raise UndoRefused(f"the folder {os.path.dirname(self._done.source)} could not be created again")
        return folder

    def _old_folder(self, *, make: bool) -> Folder | None:
        """Return the folder to move back to.

        If it is missing and its parent exists, or we removed that too, create it, or return None without `make`.
        """
        path = os.path.dirname(self._done.source)
        try:
            folder = self._held.enter_context(open_folder(path, self._done.source_root))
        except FileNotFoundError:
            return self._lost_folder(path, make=make)
        except OSError as error:
            raise UndoRefused(f"the folder {path} cannot be opened: {in_words(error)}") from error
        _check_disk(folder, self._done.old)
        if make:
            self._sync_name(path)
        return folder

    def _sync_name(self, path: str) -> None:
        """Sync a folder's name to the disk, as `make_folder` does: we may have created it before we were killed."""
        with suppress(OSError), open_folder(*self._above(path)) as parent:
            sync_folder(parent.fd)

    def _above(self, path: str) -> tuple[str, str]:
        """Return the folder that `path` is in, and the root to reach it from."""
        above, root = os.path.dirname(path), self._done.source_root
        inside = f"{above}/".startswith(f"{root.rstrip('/')}/")
        return above, root if root and inside else above  # `path` may be the watched folder itself

    def _lost_folder(self, path: str, *, make: bool) -> Folder | None:
        gone = path
        while self._journal.has_removed_folder(os.path.dirname(gone)):
            gone = os.path.dirname(gone)
        above, root = self._above(gone)
        try:
            parent = self._held.enter_context(open_folder(above, root))
            if not is_on_disk(
                parent, self._done.source_folder.dev, self._done.source_disk
            ):  # the folder was a mount point, or its disk is not mounted
                raise UndoRefused(f"the disk with {path} is not mounted")
            return self._held.enter_context(make_folder(root, below(path, root))) if make else None
        except OSError as error:
            raise UndoRefused(f"the folder {path} is gone and cannot be created again: {in_words(error)}") from error

    def _check_free(self, folder: Folder) -> None:
        """Raise NameTaken early, without an entry in the journal; the rename checks again."""
        place = PathInFolder(folder, os.path.basename(self._done.source))
        if place.look() is not None:
            raise _taken(place.path)


def _identity_of_result(entry: Entry) -> FileIdentity:
    """Return the identity of the file that the entry left at its target. Raise UndoRefused if it can't be reversed."""
    if entry.intent.method is Method.CALL:
        what = "notification" if entry.intent.kind is EntryKind.NOTIFY else "command"
        raise UndoRefused(f"a {what} cannot be undone")
    if entry.reversed_by is not None:
        raise UndoRefused("already redone" if entry.intent.kind is EntryKind.UNDO else "already undone")
    if entry.state is State.SHADOW:
        raise UndoRefused("nothing was moved: the rule is in shadow mode")
    if entry.state is State.FAILED:
        raise UndoRefused("nothing was moved: it failed")
    if entry.state is State.CONFLICT:
        raise UndoRefused(f"it ended in a conflict that a person must resolve: {entry.reason}")
    if entry.state is not State.DONE:
        raise UndoRefused("it is not finished yet")
    if entry.target_identity is None:  # the target of a symlink was gone before the symlink was removed
        raise _gone(entry.intent.target)
    return entry.target_identity


def _check_disk(folder: Folder, end: End) -> None:
    if not is_folder_of(end, folder):
        raise UndoRefused(
            f"{folder.path} is not the same folder as before: its disk is not mounted, or it was replaced"
        )


def _only(name: str) -> Callable[[int], str]:
    def names(number: int) -> str:
        if number > 1:
            raise _taken(name)
        return name

    return names


def _gone(path: str) -> UndoRefused:
    return UndoRefused(f"{path} is gone: it was moved, renamed or deleted since")


def _taken(name: str) -> NameTaken:
    return NameTaken(f"the old name {name} is taken by another file")
