"""One file's way to its new name, step by step: intent, act, commit.

Each step leaves the file whole under at least one name, and the journal one of the states that `recovery`
resolves. What is raised before the act closes the entry as `failed`; after it the entry stays open.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from snapsortd.copying import copy_file
from snapsortd.errors import DurabilityError, FileChanged, JournalError, LeftAlone, MoveRefused, SnapsortError
from snapsortd.folders import Place, to_stat
from snapsortd.models import OPEN_STATES, Entry, FileIdentity, Method, State
from snapsortd.plan import Ledger, Plan, aside_name, temporary_name
from snapsortd.removal import is_being_written, remove_exactly
from snapsortd.renames import rename_noreplace, sync, sync_folder

MAX_NAMES = 100_000
"""Names tried for one file in one folder."""


class Transfer:
    """Carries out one plan."""

    def __init__(self, journal: Ledger, plan: Plan) -> None:
        self._journal = journal
        self._plan = plan
        self._number = 1
        self._acted = False
        self.entry: Entry
        """Where the journal stands, once `run` has begun."""

    def run(self) -> Entry:
        """Do it. The entry is `done`, or `conflict` with its reason, such as that someone else came in between.

        FileChanged, MoveRefused, LeftAlone: nothing was touched. DurabilityError: the disk is in doubt; the
        file is whole, and the entry stays open where it isn't known what the disk holds.
        """
        name = self._plan.names(1) if self._plan.method is Method.REMOVE else self._free_name()
        self.entry = self._journal.begin(self._plan.intent(name))
        try:
            self._check_source()
            return self._act()
        except JournalError:
            raise
        except DurabilityError as error:
            self._note(error)
            raise
        except SnapsortError as error:
            self._advance(State.FAILED, reason=error.message)
            raise
        except OSError as error:
            if self._acted:
                doubt = DurabilityError(f"it is not known whether the move is complete: {in_words(error)}")
                self._note(doubt)
                raise doubt from error
            self._advance(State.FAILED, reason=in_words(error))
            raise MoveRefused(in_words(error)) from error

    def _note(self, error: DurabilityError) -> None:
        """Say why the entry stays open, unless it was closed: `repair` looks what the disk holds, after a restart."""
        if self.entry.state in OPEN_STATES:
            self._advance(self.entry.state, reason=error.message)

    def _act(self) -> Entry:
        if self._plan.method is Method.REMOVE:
            return self._remove()
        if self._plan.keep_source:
            return self._copy()
        try:
            self._give_name(self._plan.source, self._plan.identity)
        except OSError as error:
            if error.errno != errno.EXDEV:  # the only judge: device numbers may be equal over a bind mount
                raise
            self._advance(State.INTENT, method=Method.COPY)
            return self._copy()
        return self._conclude_rename()

    def _conclude_rename(self) -> Entry:
        found = self._target.look()
        if found is None or found.identity.ino != self._plan.identity.ino:
            return self._advance(State.CONFLICT, reason="another file came to its place during the move")
        sync_folder(self._plan.folder.fd)
        if self._plan.folder.identity != self._plan.source.folder.identity:
            sync_folder(self._plan.source.folder.fd)
        return self._advance(State.DONE, target_identity=found.identity)

    def _copy(self) -> Entry:
        plan = self._plan
        if not plan.keep_source and os.fstat(plan.fd).st_nlink > 1:
            raise MoveRefused("the file has another hard link, which a move to another disk would tear off")
        if not plan.keep_source and is_being_written(plan.fd):
            raise MoveRefused("another program has the file open for writing", "it is tried again later")
        temporary = Place(plan.folder, temporary_name(self.entry))
        made = copy_file(plan.fd, temporary, plan.sha256, keep_all=not plan.keep_source)
        try:
            self._check_source()
            self._give_name(temporary, made)
        except BaseException:
            if not self._acted:
                temporary.remove()
                sync_folder(plan.folder.fd)
            raise
        found = self._target.look()
        if found is None or found.identity.ino != made.ino:
            return self._advance(State.CONFLICT, reason="another file came to the copy's place; the original stays")
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
            return release_source(self._journal, self.entry, self._plan.source, self._plan.fd)
        except OSError as error:
            self._withdraw_copy(error)
            raise MoveRefused(f"the original cannot be removed: {in_words(error)}") from error

    def _withdraw_copy(self, error: OSError) -> None:
        """The original can't be deleted: without this, each later try would leave one more copy.

        Only while both are seen to stand as they were; else `error` is raised, and the entry stays open.
        """
        original, copy = self._plan.source.look(), self._target.look()
        if original is None or original.identity != self._plan.identity:
            raise error
        if copy is None or copy.identity != self.entry.target_identity:
            raise error
        if not remove_exactly(self._target, aside_name(self.entry), _is(self.entry.target_identity)):
            raise error
        sync_folder(self._plan.folder.fd)

    def _remove(self) -> Entry:
        """Take a copy away, while its original is seen to stand, on the disk too: it may have been saved just now."""
        with suppress(FileNotFoundError):
            self._sync_target()
        original = self._target.look()
        if original is None or original.identity != self._plan.original:
            raise FileChanged("the original is not there unchanged")
        if not remove_exactly(self._plan.source, aside_name(self.entry), _is(self._plan.identity)):
            return self._advance(State.CONFLICT, reason="the copy was changed just then; it stays")
        self._acted = True
        sync_folder(self._plan.source.folder.fd)
        return self._advance(State.DONE, target_identity=original.identity)

    def _sync_target(self) -> None:
        fd = self._target.open()
        try:
            sync(fd)
        finally:
            os.close(fd)
        sync_folder(self._plan.folder.fd)

    def _check_source(self) -> None:
        """The name still leads to the file that was looked at, and that is still as it was."""
        found = self._plan.source.look()
        if found is None:
            raise FileChanged("the file is gone")
        if not found.identity == to_stat(os.fstat(self._plan.fd)).identity == self._plan.identity:
            raise FileChanged("the file was changed or replaced")

    def _give_name(self, start: Place, identity: FileIdentity) -> None:
        """Rename `start` to the target; a taken name costs a new intent with the next one."""
        for _ in range(MAX_NAMES):
            try:
                rename_noreplace(start.folder.fd, start.name, self._plan.folder.fd, self._target.name)
            except FileExistsError:
                name = self._free_name()
                self._advance(State.INTENT, target=Place(self._plan.folder, name).path)
            except OSError as error:
                if error.errno == errno.EXDEV:
                    raise
                raise self._why_not_renamed(start, identity, error) from error
            else:
                self._acted = True
                return
        raise MoveRefused(f"every name like {self._target.name} is taken")

    def _why_not_renamed(self, start: Place, identity: FileIdentity, error: OSError) -> SnapsortError:
        found = start.look()
        if found is not None and found.identity.ino == identity.ino:
            return MoveRefused(in_words(error))
        if error.errno == errno.ENOENT:
            return FileChanged("the file is gone")
        self._acted = True
        return DurabilityError(f"it is not known whether the file was moved: {in_words(error)}")

    def _free_name(self) -> str:
        """The next name that looks free. Only a hint, to spare commits: the rename itself decides."""
        previous = ""
        while (name := self._plan.names(self._number)) != previous and self._number <= MAX_NAMES:
            found = Place(self._plan.folder, name).look()
            if found is None:
                return name
            # Also where the file system folds case: then it is the file itself under another spelling.
            if (found.identity.dev, found.identity.ino) == (self._plan.identity.dev, self._plan.identity.ino):
                raise LeftAlone("it is in its place already")
            previous, self._number = name, self._number + 1
        raise MoveRefused(f"every name like {previous} is taken")

    @property
    def _target(self) -> Place:
        return Place(self._plan.folder, os.path.basename(self.entry.target))

    def _advance(self, state: State, **changes: Any) -> Entry:
        self.entry = self._journal.advance(self.entry.id, state, **changes)
        return self.entry


def release_source(journal: Ledger, entry: Entry, source: Place, fd: int | None) -> Entry:
    """Remove the old name of a file that is safe at its new one, unless another version has the name by now.

    `fd`: the file, if it is there. OSError: nothing was removed.
    """

    def may_go(place: Place) -> bool:
        found = place.look()
        if found is None or fd is None or not found.identity.same_version(entry.identity):
            return False
        return entry.method is Method.RENAME or not is_being_written(fd)

    if not remove_exactly(source, aside_name(entry), may_go):
        return journal.advance(
            entry.id, State.CONFLICT, reason="it changed, or was opened for writing, during the move; both files stay"
        )
    sync_folder(source.folder.fd)
    return journal.advance(entry.id, State.DONE)


def _is(identity: FileIdentity | None) -> Callable[[Place], bool]:
    def holds(place: Place) -> bool:
        found = place.look()
        return found is not None and found.identity == identity

    return holds


def in_words(error: OSError) -> str:
    """Why the system refused, for people."""
    known = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "no permission",
        errno.EPERM: "not permitted",
        errno.EIO: "the disk reports an error",
        errno.ENOTDIR: "a symlink or a file stands where a folder should be",
        errno.ENAMETOOLONG: "the name is too long for the disk",
    }
    return known.get(error.errno or 0, os.strerror(error.errno or errno.EIO).lower())
