"""Tells other programs of an image: runs a rule's command, or shows a notification. Neither can be taken back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Protocol

from snapsortd.actions.command import run
from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.actions.plan import Ledger
from snapsortd.domain.decision import ActionKind, PlannedAction
from snapsortd.domain.entry import Entry, EntryKind, Intent, Method, State
from snapsortd.domain.errors import CommandFailed, FileChanged, Interrupted, MoveRefused
from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.files.folders import open_place

_NOWHERE = FolderIdentity(0, 0)


class CallLedger(Ledger, Protocol):
    """What a call needs of the journal."""

    def shadow(self, intent: Intent) -> Entry: ...


class ExternalActions:
    """Carries out the actions `run` and `notify`. One thread uses it."""

    def __init__(self, journal: CallLedger, waiting: Callable[[], bool]) -> None:
        """`waiting` is called every second while a command runs; True: the command is to be ended."""
        self._journal = journal
        self._waiting = waiting

    def call(
        self,
        *,
        path: str,
        root: str,
        identity: FileIdentity,
        sha256: bytes,
        action: PlannedAction,
        batch: int,
        decision: int | None = None,
    ) -> Entry:
        """Do it for the file at `path`, below whose part `root` no symlink is followed.

        The entry is `done` or `shadow`; `failed` where a notification could not be shown, which is no fault of the
        image's. CommandFailed: the command could not be started, took too long or failed. FileChanged: look at it anew.
        MoveRefused: not possible now. Interrupted: the command was ended, because `waiting` said so.
        """
        words = action.words_at(path)
        folder = _NOWHERE if action.shadow else _check(path, root, identity)
        intent = Intent(
            batch=batch,
            kind=EntryKind(action.kind),
            rule=action.rule,
            source=path,
            target=path,
            wanted=path,
            identity=identity,
            sha256=sha256,
            method=Method.CALL,
            keep_source=True,
            source_folder=folder,
            target_folder=folder,
            decision=decision,
            source_root=root,
            target_root=root,
            detail=words,
        )
        if action.shadow:
            return self._journal.shadow(intent)
        entry = self._journal.begin(intent)
        if action.kind is ActionKind.NOTIFY:
            if notify_desktop(action.rule, words[0]):
                return self._journal.advance(entry.id, State.DONE)
            return self._journal.advance(entry.id, State.FAILED, reason="no desktop notification could be shown")
        try:
            run(words, action.seconds, self._waiting)
        except (CommandFailed, Interrupted) as error:
            self._journal.advance(entry.id, State.FAILED, reason=error.message)
            raise
        return self._journal.advance(entry.id, State.DONE)


def _check(path: str, root: str, identity: FileIdentity) -> FolderIdentity:
    """The file's folder. FileChanged if another file lies there by now, or none."""
    try:
        with open_place(path, root) as place:
            found = place.look()
            folder = place.folder.identity
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise FileChanged("the file is gone") from None
        raise MoveRefused(f"its folder cannot be opened: {os.strerror(error.errno or 0)}") from None
    if found is None or found.identity != identity:
        raise FileChanged("the file changed while it was looked at")
    return folder
