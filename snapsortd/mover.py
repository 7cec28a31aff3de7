"""The only part that changes the user's files: it opens what a move needs and lets one happen at a time."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from snapsortd.copying import hash_fd
from snapsortd.errors import DurabilityError, FileChanged, LeftAlone, MoveRefused
from snapsortd.folders import lstat, make_folder, open_place
from snapsortd.models import (
    ActionKind,
    Entry,
    EntryKind,
    FileIdentity,
    FolderIdentity,
    Intent,
    Method,
    NameSeries,
    OnConflict,
    PlannedAction,
    State,
)
from snapsortd.plan import Ledger, Plan
from snapsortd.recovery import Resolution
from snapsortd.renames import sync
from snapsortd.reversal import check_reversal, plan_reversal
from snapsortd.settling import put_back_aside, settle
from snapsortd.transfer import Transfer, in_words

__all__ = ["FilingLedger", "Mover", "hash_fd"]

_NOWHERE = FolderIdentity(0, 0)


class FilingLedger(Ledger, Protocol):
    """What the mover needs of the journal."""

    def shadow(self, intent: Intent) -> Entry: ...

    def open_entry_for(self, path: str) -> Entry | None: ...

    def already_copied(self, source: str, identity: FileIdentity, rule: str, wanted: str) -> Entry | None: ...


class Mover:
    """Files images and takes them back; safe to call from several threads."""

    def __init__(self, journal: FilingLedger) -> None:
        self._journal = journal
        self._turn = threading.RLock()
        self._doubted: set[int] = set()

    def file(
        self,
        *,
        fd: int,
        path: str,
        root: str,
        identity: FileIdentity,
        sha256: bytes,
        action: PlannedAction,
        batch: int,
        decision: int | None = None,
    ) -> Entry:
        """Move or copy the file at `path`, open as `fd`. The entry is `done`, `shadow` or `conflict`.

        Below `root`, a part of `path`, no symlink is followed.

        A copy that this rule made of this version before is returned, not made again.
        FileChanged: look at it anew. MoveRefused: not possible now. LeftAlone: it stays on purpose.
        DurabilityError: the disk is in doubt and nothing more is moved there until a restart.
        """
        if action.shadow:
            return self._journal.shadow(_shadow(path, identity, sha256, action, batch, decision))
        with self.exclusively(), self._noting(), ExitStack() as held:
            self._check_no_unfinished_move(path, identity)
            copy = action.kind is ActionKind.COPY
            if copy and (made := self._standing_copy(path, identity, action)) is not None:
                return made
            try:
                source = held.enter_context(open_place(path, root))
            except OSError as error:
                gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
                kind = FileChanged if gone else MoveRefused
                raise kind(f"its folder cannot be opened: {in_words(error)}") from error
            where = action.destination
            if where is None:
                raise MoveRefused(f"there is no destination for {action.kind}")
            try:
                folder = held.enter_context(make_folder(where.root, where.folders))
            except OSError as error:
                raise MoveRefused(f"the folder {where.folder} cannot be used: {in_words(error)}") from error
            plan = Plan(
                batch=batch,
                kind=EntryKind.COPY if copy else EntryKind.MOVE,
                rule=action.rule,
                fd=fd,
                identity=identity,
                sha256=sha256,
                source=source,
                folder=folder,
                names=_names(action, where.names),
                method=Method.COPY if copy else Method.RENAME,
                decision=decision,
                keep_source=copy,
            )
            return self._carry_out(plan)

    def take_back(self, entry: Entry, batch: int, *, dry_run: bool = False) -> Entry | None:
        """Reverse a finished entry: move it back to its exact old name, remove a copy, redo an undo.

        UndoRefused: why this one can't be, nothing was touched. `dry_run` only looks, and returns None.
        """
        with self.exclusively(), self._noting():
            if dry_run:
                check_reversal(entry)
                return None
            with plan_reversal(entry, batch) as plan:
                return self._carry_out(plan)

    def put_back(self, entry: Entry) -> None:
        """Give its name back to a file that was being removed when the end came. SnapsortError: it could not be."""
        with self._settling(entry):
            put_back_aside(entry)

    def settle(self, entry: Entry, resolution: Resolution, target: FileIdentity | None) -> None:
        """Carry out what `recovery` decided about an open entry; `target` is what was seen there.

        SnapsortError: it could not be; the entry stays open.
        """
        with self._settling(entry):
            settle(self._journal, entry, resolution, target)

    @contextmanager
    def _settling(self, entry: Entry) -> Iterator[None]:
        try:
            with self.exclusively(), self._noting({entry.source_folder.dev, entry.target_folder.dev}):
                yield
        except OSError as error:
            raise MoveRefused(in_words(error)) from error

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """No move is under way in this block, nor begins: what is open then is truly unfinished."""
        with self._turn:
            yield

    def doubts(self, entry: Entry) -> bool:
        """True if a disk that the entry needs did not confirm a write since the start."""
        return bool({entry.source_folder.dev, entry.target_folder.dev} & self._doubted)

    def _carry_out(self, plan: Plan) -> Entry:
        """Do it. DurabilityError where a disk does not confirm a write, or did not before.

        A second fsync would succeed and prove nothing: the kernel has forgotten the lost pages by then.
        """
        devices = {plan.source.folder.identity.dev, plan.folder.identity.dev}
        if devices & self._doubted:
            raise DurabilityError(
                "moving on this disk has stopped, because it did not confirm a write",
                "check the disk, then restart the computer",
            )
        transfer = Transfer(self._journal, plan)
        with self._noting(devices):
            sync(plan.fd)
        try:
            with self._noting(devices):
                return transfer.run()
        except DurabilityError:
            if transfer.entry.state is State.CONFLICT:
                return transfer.entry
            raise

    @contextmanager
    def _noting(self, devices: Iterable[int] = ()) -> Iterator[None]:
        """Remember the disk that did not confirm a write, or `devices` where it isn't known which one it was."""
        try:
            yield
        except DurabilityError as error:
            self._doubted.update(devices if error.device is None else (error.device,))
            raise

    def _check_no_unfinished_move(self, path: str, identity: FileIdentity) -> None:
        """A file whose last move waits for its disk is left to `repair`."""
        entry = self._journal.open_entry_for(path)
        if entry is not None and entry.identity.same_version(identity):
            raise MoveRefused(f"its move to {entry.target} is not finished: {entry.reason or 'interrupted'}")

    def _standing_copy(self, path: str, identity: FileIdentity, action: PlannedAction) -> Entry | None:
        made = self._journal.already_copied(path, identity, action.rule, action.shown())
        if made is None or made.target_identity is None:
            return None
        found = lstat(made.target, made.target_root)
        return made if found is not None and found.identity.same_version(made.target_identity) else None


def _names(action: PlannedAction, names: NameSeries) -> Callable[[int], str]:
    def name(number: int) -> str:
        if number > 1 and action.on_conflict is OnConflict.SKIP:
            raise LeftAlone(f"{action.shown()} is taken, and the rule says on_conflict: skip")
        return names.nth(number)

    return name


def _shadow(
    path: str, identity: FileIdentity, sha256: bytes, action: PlannedAction, batch: int, decision: int | None
) -> Intent:
    copy = action.kind is ActionKind.COPY
    return Intent(
        batch=batch,
        kind=EntryKind.COPY if copy else EntryKind.MOVE,
        rule=action.rule,
        source=path,
        target=action.shown(),
        wanted=action.shown(),
        identity=identity,
        sha256=sha256,
        method=Method.COPY if copy else Method.RENAME,
        keep_source=copy,
        source_folder=_NOWHERE,
        target_folder=_NOWHERE,
        decision=decision,
    )
