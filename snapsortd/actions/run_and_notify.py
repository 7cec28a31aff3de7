"""Run a rule's command for an image, or show a desktop notification. Neither can be undone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from snapsortd.actions.command import POLL_INTERVAL_S, run
from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.actions.in_hand import InHand
from snapsortd.actions.ledger import Ledger
from snapsortd.actions.prepare import shadow_intent
from snapsortd.domain.decision import ActionKind, PlannedAction
from snapsortd.domain.entry import Cause, Entry, State
from snapsortd.domain.errors import CommandFailed, FileChanged, Interrupted, MoveRefused
from snapsortd.domain.file import FolderIdentity
from snapsortd.files.open_file import OpenFile, reopen_folder
from snapsortd.files.os_errors import in_words
from snapsortd.files.progress import report


class ExternalActions:
    """Carries out the actions `run` and `notify`. Threads may share it: one command runs at a time."""

    def __init__(self, journal: Ledger, should_end: Callable[[], bool], in_hand: InHand | None = None) -> None:
        """Call `should_end` every second while a command runs; if it returns True, the command is ended."""
        self._journal = journal
        self._should_end = should_end
        self._in_hand = in_hand or InHand(journal)
        self._running = threading.Lock()
        self.notify: Callable[[str, str], bool] = notify_desktop
        """Shows title and body; returns False if they were not shown."""

    def run(self, file: OpenFile, action: PlannedAction, cause: Cause) -> Entry:
        """Carry out `action` for the file.

        The entry is `done` or `shadow`, or `failed` if a notification could not be shown, which has nothing to do with
        the image. Raise CommandFailed if the command could not be started, took too long or failed, FileChanged if the
        file must be classified again, MoveRefused if it is not possible now, Interrupted if the command was ended.
        """
        intent = shadow_intent(file, action, cause)
        if action.shadow:
            return self._journal.shadow(intent)
        folder = _check(file)
        intent = replace(
            intent, source_folder=folder, target_folder=folder, source_root=file.root, target_root=file.root
        )
        with self._alone(), self._in_hand.begin(intent) as entry:
            return self._carry_out(entry, action)

    def _carry_out(self, entry: Entry, action: PlannedAction) -> Entry:
        if action.kind is ActionKind.NOTIFY:
            if self.notify(action.rule, entry.intent.arguments[0]):
                return self._journal.advance(entry.id, State.DONE)
            return self._journal.advance(entry.id, State.FAILED, reason="no desktop notification could be shown")
        try:
            run(entry.intent.arguments, action.seconds, self._is_to_end)
        except (CommandFailed, Interrupted) as error:
            self._journal.advance(entry.id, State.FAILED, reason=error.message)
            raise
        return self._journal.advance(entry.id, State.DONE)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other thread runs a command: the programs of rules need not stand being run side by side."""
        while not self._running.acquire(timeout=POLL_INTERVAL_S):
            if self._is_to_end():
                raise Interrupted("snapsortd was asked to stop before the command was run")
        try:
            yield
        finally:
            self._running.release()

    def _is_to_end(self) -> bool:
        report("running a command for")
        return self._should_end()


def _check(file: OpenFile) -> FolderIdentity:
    """Return the file's folder. Raise FileChanged if its path now leads to another file, or to none."""
    with reopen_folder(file) as reopened:
        try:
            found = reopened.place.look()
        except OSError as error:
            raise MoveRefused(f"it cannot be inspected: {in_words(error)}") from error
        if found is None:
            raise FileChanged("the file is gone")
        if not file.is_at(found):
            raise FileChanged("the file changed while it was classified")
        return reopened.place.folder.identity
