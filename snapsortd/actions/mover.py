"""The only part that changes the user's files: it opens what a change needs and makes one change at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from snapsortd.actions.in_hand import InHand
from snapsortd.actions.ledger import Ledger
from snapsortd.actions.link import Link
from snapsortd.actions.move import Move
from snapsortd.actions.name_conflicts import find_duplicate, plan_displaced
from snapsortd.actions.plan import Plan
from snapsortd.actions.prepare import MADE_ONCE, METHODS, plan_action, plan_trash, shadow_intent
from snapsortd.actions.recovery_table import Resolution
from snapsortd.actions.remove_copy import RemoveCopy
from snapsortd.actions.resume import finish_interrupted, restore_name
from snapsortd.actions.reverse import check_reversal, plan_reversal
from snapsortd.actions.step import Step
from snapsortd.actions.tag import Tag
from snapsortd.actions.trash import MoveToTrash
from snapsortd.actions.trash_folder import NO_TRASH, Trash
from snapsortd.domain.decision import ActionKind, OnConflict, PlannedAction
from snapsortd.domain.entry import Cause, Entry, Method, State
from snapsortd.domain.errors import DurabilityError, FileChanged, Interrupted, LeftAlone, MoveRefused, UndoRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.files.identity import is_where_it_was_put, is_without_disk
from snapsortd.files.open_file import NOT_OPEN, OpenFile, reopen_folder
from snapsortd.files.os_errors import in_words
from snapsortd.files.sync import sync
from snapsortd.files.write_out import write_out


class Mover:
    """Carries out actions on files and reverses them. Threads may share it: each file is in the hands of one."""

    def __init__(self, journal: Ledger, trash: Trash = NO_TRASH) -> None:
        self._journal = journal
        self._trash = trash
        self.in_hand = InHand(journal)
        self._unconfirmed_devices: set[int] = set()

    def file(self, file: OpenFile, action: PlannedAction, cause: Cause) -> Entry:
        """Carry out `action`, any except run and notify.

        The entry is `done`, `shadow` or `conflict`; its kind is `trash` if the destination already held a file with the
        same content. If this rule made a copy or link of this version before, that entry is returned instead.

        Raise FileChanged if the file must be classified again, MoveRefused if the action is not possible now,
        LeftAlone if the file stays on purpose, DurabilityError if the disk is in doubt: nothing more is moved there
        until a restart.
        """
        if action.shadow:
            return self._journal.shadow(shadow_intent(file, action, cause))
        with self._watching_durability(), ExitStack() as held:
            self._check_no_unfinished_move(file)
            self._check_disk(action)
            if (made := self._existing_copy(file, action)) is not None:
                return made
            source = held.enter_context(reopen_folder(file))
            plan = plan_action(source, action, cause, self._trash, held)
            if action.on_conflict is OnConflict.DEDUPLICATE and action.destination is not None:
                plan = self._without_duplicate(plan, held)
            displaced = self._displace(plan, action, held)
            try:
                return self._carry_out(plan)
            except (FileChanged, MoveRefused, LeftAlone, Interrupted):
                if displaced is not None:
                    self._restore(displaced)
                raise

    def reverse(self, entry: Entry, batch: int, *, dry_run: bool = False, changed: bool = False) -> Entry | None:
        """Reverse a finished entry: move the file back to its exact old name, remove a copy, or redo an undo.

        Raise UndoRefused if this is not possible; then nothing was touched. `dry_run` only checks, and returns None.
        With `changed`, a moved file goes back as it is now.
        """
        with self._watching_durability():
            if dry_run:
                check_reversal(entry, self._journal, changed=changed)
                return None
            with plan_reversal(entry, batch, self._journal, changed=changed) as plan:
                return self._carry_out(plan)

    def restore_name(self, entry: Entry) -> bool:
        """Restore the name of a file whose removal was interrupted; return True if it is safely removed instead.

        Raise SnapsortError if that is not possible.
        """
        with self._resuming(entry):
            return restore_name(self._journal, entry)

    def finish_interrupted(self, entry: Entry, resolution: Resolution, target: FileIdentity | None) -> None:
        """Carry out the resolution of an open entry; `target` is the identity that was found at its target.

        Raise SnapsortError if that is not possible; the entry stays open.
        """
        with self._resuming(entry):
            finish_interrupted(self._journal, entry, resolution, target)

    @contextmanager
    def _resuming(self, entry: Entry) -> Iterator[None]:
        try:
            with self._watching_durability({entry.intent.source_folder.dev, entry.intent.target_folder.dev}):
                yield
        except OSError as error:
            raise MoveRefused(in_words(error)) from error

    def is_in_doubt(self, entry: Entry) -> bool:
        """True if a disk that the entry needs has failed to confirm a write since this process started."""
        return bool({entry.intent.source_folder.dev, entry.intent.target_folder.dev} & self._unconfirmed_devices)

    def _without_duplicate(self, plan: Plan, held: ExitStack) -> Plan:
        """Return a plan for the trash if a file with the same content exists. Raise LeftAlone for a copy action."""
        duplicate = find_duplicate(plan)
        if duplicate is None:
            return plan
        if plan.keep_source:
            raise LeftAlone(f"{duplicate} has the same content, and the rule says on_conflict: deduplicate")
        return replace(plan_trash(plan.source, plan.cause, self._trash, held), metadata=plan.metadata)

    def _displace(self, plan: Plan, action: PlannedAction, held: ExitStack) -> Entry | None:
        """Move the file with the wanted name out of the way, in an entry of its own; return None if it stays."""
        displaced = plan_displaced(plan, action, self._trash, held)
        if displaced is None or self._journal.open_entry_at(displaced.source.path) is not None:
            return None
        found = plan.source.place.look()
        if not plan.source.is_at(found):
            raise FileChanged("the file was changed or replaced")
        try:
            return self._carry_out(displaced)
        except (FileChanged, MoveRefused, LeftAlone):
            return None

    def _restore(self, displaced: Entry) -> None:
        """Move the displaced file back, because the new file did not arrive.

        This is done in the same batch, which distinguishes it from an undo by a person.
        """
        with (
            suppress(UndoRefused, FileChanged, MoveRefused, LeftAlone),
            plan_reversal(displaced, displaced.intent.cause.batch, self._journal) as plan,
        ):
            self._carry_out(plan)

    def _carry_out(self, plan: Plan) -> Entry:
        """Carry out the plan. Raise DurabilityError if a disk does not confirm a write, or did not earlier.

        A second fsync would succeed and prove nothing: by then the kernel has dropped the lost pages.
        """
        devices = {plan.source.place.folder.identity.dev, plan.folder.identity.dev}
        if devices & self._unconfirmed_devices:
            raise DurabilityError(
                "nothing is moved on this disk any more, because it did not confirm a write",
                "check the disk, then restart the computer",
            )
        step = _step(self._journal, plan)
        if plan.source.fd != NOT_OPEN:
            with self._watching_durability(devices):
                write_out(plan.source.fd)
                sync(plan.source.fd)
        try:
            with self._watching_durability(devices):
                return step.run(self.in_hand)
        except DurabilityError:
            if step.entry.state is State.CONFLICT:
                return step.entry
            raise

    @contextmanager
    def _watching_durability(self, devices: Iterable[int] = ()) -> Iterator[None]:
        """Remember the disk that did not confirm a write, or all `devices` if it is not known which one it was."""
        try:
            yield
        except DurabilityError as error:
            self._unconfirmed_devices.update(devices if error.device is None else (error.device,))
            raise

    def _check_no_unfinished_move(self, file: OpenFile) -> None:
        """Raise MoveRefused for a file whose last move is unfinished, until `repair` resolves it.

        Raise FileChanged if another thread is just moving the file, or has just put it there.
        """
        if file.path in self.in_hand.paths():
            raise FileChanged("snapsortd is moving it just now")
        entry = self._journal.open_entry_for(file.path)
        if entry is not None and entry.intent.sha256 == file.sha256:
            raise MoveRefused(f"its move to {entry.intent.target} is not finished: {entry.reason or 'interrupted'}")

    def _check_disk(self, action: PlannedAction) -> None:
        """Raise MoveRefused for a destination without its disk: files put there would be hidden once it is mounted."""
        if action.destination is None or action.kind is ActionKind.RENAME:
            return
        root = action.destination.root
        last = self._journal.last_entry_into(root)
        if last is None:
            return
        try:
            absent = is_without_disk(root, last.intent.target_disk)
        except OSError as error:
            raise MoveRefused(f"the folder {root} cannot be used: {in_words(error)}") from error
        if absent:
            raise MoveRefused(
                f"the disk that {root} was on is not mounted",
                "mount it; or, if it is elsewhere now, put any file there",
            )

    def _existing_copy(self, file: OpenFile, action: PlannedAction) -> Entry | None:
        """Return the entry of the copy or link that the same rule made before, if it exists unchanged.

        Raise MoveRefused if it can't be read, because each try would make another one.
        """
        if action.kind not in MADE_ONCE:
            return None
        method = METHODS[action.kind]
        made = self._journal.already_made(file.path, file.sha256, action.rule, action.describe(), method)
        try:
            return made if made is not None and is_where_it_was_put(made) else None
        except OSError as error:
            raise MoveRefused(f"what this rule made of it before cannot be read: {in_words(error)}") from error


def _step(journal: Ledger, plan: Plan) -> Step:
    match plan.method:
        case Method.REMOVE:
            return RemoveCopy(journal, plan)
        case Method.LINK | Method.SYMLINK:
            return Link(journal, plan)
        case Method.TAG:
            return Tag(journal, plan)
    return (MoveToTrash if plan.goes_to_trash else Move)(journal, plan)
