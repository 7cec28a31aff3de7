"""How one finished entry is taken back: what must still hold, and the way back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from snapsortd.actions.plan import Plan
from snapsortd.domain.entry import Entry, EntryKind, Method, State, deed
from snapsortd.domain.errors import NameTaken, UndoRefused
from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import Folder, PathInFolder, below, make_folder, open_folder, to_stat
from snapsortd.files.os_errors import in_words
from snapsortd.files.sync import sync_folder

_AGAIN = {
    EntryKind.COPY: Method.COPY,
    EntryKind.HARDLINK: Method.LINK,
    EntryKind.SYMLINK: Method.SYMLINK,
}
"""How what was taken away is made again."""


@contextmanager
def plan_reversal(entry: Entry, batch: int) -> Iterator[Plan]:
    """The plan that reverses `entry`, its files held open; a missing old folder is made again.

    UndoRefused: why there is none.
    """
    with ExitStack() as held:
        yield _Reversal(entry, held).plan(batch)


def check_reversal(entry: Entry) -> None:
    """UndoRefused if `entry` could not be reversed now; nothing is made or touched."""
    with ExitStack() as held:
        _Reversal(entry, held).check()


class _Reversal:
    def __init__(self, entry: Entry, held: ExitStack) -> None:
        self._entry = entry
        self._held = held
        self._identity = _standing_identity(entry)
        """Of what the entry left at its target."""

    def check(self) -> None:
        entry = self._entry
        if self._is_symlink_to_remove:
            self._open_link()
            self._open_folder(entry.source, entry.source_root, entry.source_folder)
            return
        self._open_target()
        if entry.method is Method.TAG:
            return
        if entry.keep_source:
            self._open_source()
        elif (folder := self._old_folder(make=False)) is not None:
            self._check_free(folder)

    def plan(self, batch: int) -> Plan:
        entry = self._entry
        if self._is_symlink_to_remove:
            kept = self._open_folder(entry.source, entry.source_root, entry.source_folder)
            return self._plan(batch, self._open_link(), None, self._identity, kept, Method.REMOVE, entry.identity)
        place, fd, identity = self._open_target()
        if entry.method is Method.TAG:
            return self._plan(batch, place, fd, identity, place.folder, Method.TAG)
        if entry.keep_source:
            original, _, standing = self._open_source()
            return self._plan(batch, place, fd, identity, original.folder, Method.REMOVE, standing)
        folder = self._made_folder()
        self._check_free(folder)
        method = _AGAIN[deed(entry)] if entry.method is Method.REMOVE else Method.RENAME
        return self._plan(batch, place, fd, identity, folder, method)

    def _plan(
        self,
        batch: int,
        place: PathInFolder,
        fd: int | None,
        identity: FileIdentity,
        folder: Folder,
        method: Method,
        original: FileIdentity | None = None,
    ) -> Plan:
        entry = self._entry
        return Plan(
            batch=batch,
            kind=EntryKind.REDO if entry.kind is EntryKind.UNDO else EntryKind.UNDO,
            rule=entry.rule,
            fd=fd,
            identity=identity,
            sha256=entry.sha256,
            source=place,
            folder=folder,
            names=_only(os.path.basename(entry.source)),
            method=method,
            reverses=entry.id,
            decision=entry.decision,
            original=original,
            keep_source=entry.method in (Method.REMOVE, Method.TAG),
            detail=entry.detail if method is Method.TAG else (deed(entry),),
            follows=entry.follows,
        )

    @property
    def _is_symlink_to_remove(self) -> bool:
        return self._entry.method is Method.SYMLINK

    def _open_link(self) -> PathInFolder:
        """The symlink, if it still leads where it led."""
        entry = self._entry
        folder = self._open_folder(entry.target, entry.target_root, entry.target_folder)
        place = PathInFolder(folder, os.path.basename(entry.target))
        found = place.look()
        if found is None:
            raise _gone(entry.target)
        if place.symlink_target() != entry.source:
            raise UndoRefused(f"{entry.target} was changed since")
        self._identity = found.identity
        return place

    def _open_target(self) -> tuple[PathInFolder, int, FileIdentity]:
        entry = self._entry
        return self._open(entry.target, entry.target_root, entry.target_folder, self._identity)

    def _open_source(self) -> tuple[PathInFolder, int, FileIdentity]:
        entry = self._entry
        return self._open(entry.source, entry.source_root, entry.source_folder, entry.identity)

    def _open(
        self, path: str, root: str, folder_identity: FolderIdentity, expected: FileIdentity
    ) -> tuple[PathInFolder, int, FileIdentity]:
        """The file at `path`, held open, if it still is what it was: the same version, or the same bytes."""
        folder = self._open_folder(path, root, folder_identity)
        place = PathInFolder(folder, os.path.basename(path))
        try:
            fd = place.open()
            self._held.callback(os.close, fd)
            identity = to_stat(os.fstat(fd)).identity
            if identity.same_version(expected):
                return place, fd, identity
            if identity.size == expected.size and hash_fd(fd) == self._entry.sha256:
                return place, fd, identity
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise _gone(path) from error
            raise UndoRefused(f"{path} cannot be read: {in_words(error)}") from error
        raise UndoRefused(f"{path} was changed since")

    def _open_folder(self, path: str, root: str, expected: FolderIdentity) -> Folder:
        """The folder that `path` is in, if it is the one that it was."""
        above = os.path.dirname(path)
        try:
            folder = self._held.enter_context(open_folder(above, root))
        except OSError as error:
            if error.errno == errno.ENOENT and deed(self._entry) is EntryKind.TRASH:  # all of the trash was removed
                raise _gone(path) from error
            raise UndoRefused(f"the folder {above} is not there: {in_words(error)}") from error
        _check_disk(folder.identity, expected, above)
        return folder

    def _made_folder(self) -> Folder:
        folder = self._old_folder(make=True)
        if folder is None:
            raise UndoRefused(f"the folder {os.path.dirname(self._entry.source)} could not be made again")
        return folder

    def _old_folder(self, *, make: bool) -> Folder | None:
        """The folder to go back to. A missing one is made again (or None) where its parent stands."""
        path = os.path.dirname(self._entry.source)
        expected = self._entry.source_folder
        try:
            folder = self._held.enter_context(open_folder(path, self._entry.source_root))
        except FileNotFoundError:
            return self._lost_folder(path, expected, make=make)
        except OSError as error:
            raise UndoRefused(f"the folder {path} cannot be opened: {in_words(error)}") from error
        _check_disk(folder.identity, expected, path)
        if make:
            self._sync_name(path)
        return folder

    def _sync_name(self, path: str) -> None:
        """Bring a folder's name to the disk, as `make_folder` does: perhaps we made it, and were killed."""
        with suppress(OSError), open_folder(*self._above(path)) as parent:
            sync_folder(parent.fd)

    def _above(self, path: str) -> tuple[str, str]:
        """The folder that `path` is in, and the root to reach it from."""
        above, root = os.path.dirname(path), self._entry.source_root
        return above, above if root in ("", path) else root  # else the watched folder itself is meant

    def _lost_folder(self, path: str, expected: FolderIdentity, *, make: bool) -> Folder | None:
        above, root = self._above(path)
        try:
            parent = self._held.enter_context(open_folder(above, root))
            if parent.identity.dev != expected.dev:  # the folder was another disk's own, or that disk is away
                raise UndoRefused(f"the disk with {path} is not there")
            return self._held.enter_context(make_folder(root, below(path, root))) if make else None
        except OSError as error:
            raise UndoRefused(f"the folder {path} is gone and cannot be made again: {in_words(error)}") from error

    def _check_free(self, folder: Folder) -> None:
        """Refuse early, without an entry in the journal; the rename decides again."""
        place = PathInFolder(folder, os.path.basename(self._entry.source))
        if place.look() is not None:
            raise _taken(place.path)


def _standing_identity(entry: Entry) -> FileIdentity:
    if entry.method is Method.CALL:
        what = "notification" if entry.kind is EntryKind.NOTIFY else "command"
        raise UndoRefused(f"a {what} cannot be taken back")
    if entry.reversed_by is not None:
        raise UndoRefused("already redone" if entry.kind is EntryKind.UNDO else "already undone")
    if entry.state is State.SHADOW:
        raise UndoRefused("nothing was moved: the rule is in shadow mode")
    if entry.state is State.FAILED:
        raise UndoRefused("nothing was moved: it failed")
    if entry.state is State.CONFLICT:
        raise UndoRefused(f"it ended in a conflict, to be looked at by hand: {entry.reason}")
    if entry.state is not State.DONE:
        raise UndoRefused("it is not finished yet")
    if entry.target_identity is None:  # what a symlink led to was gone before this was removed
        raise _gone(entry.target)
    return entry.target_identity


def _check_disk(found: FolderIdentity, expected: FolderIdentity, path: str) -> None:
    if not found.could_be(expected):
        raise UndoRefused(f"{path} is not the folder that it was: its disk is not there, or it is another one")


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
