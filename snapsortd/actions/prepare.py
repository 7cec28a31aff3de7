"""Prepare an action on one open file: its plan, with its folders held open."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from snapsortd.actions.destination import names_in, open_destination
from snapsortd.actions.plan import Plan
from snapsortd.actions.trash_folder import Trash, names_in_trash
from snapsortd.domain.decision import ActionKind, OnConflict, PlannedAction
from snapsortd.domain.entry import Cause, EntryKind, Intent, Method
from snapsortd.domain.errors import LeftAlone, MoveRefused
from snapsortd.domain.file import FolderIdentity
from snapsortd.files.open_file import OpenFile
from snapsortd.files.os_errors import in_words
from snapsortd.files.tags import read_missing, wanted_tags

METHODS = {
    ActionKind.MOVE: Method.RENAME,
    ActionKind.COPY: Method.COPY,
    ActionKind.RENAME: Method.RENAME,
    ActionKind.TRASH: Method.RENAME,
    ActionKind.HARDLINK: Method.LINK,
    ActionKind.SYMLINK: Method.SYMLINK,
    ActionKind.TAG: Method.TAG,
    ActionKind.RUN: Method.CALL,
    ActionKind.NOTIFY: Method.CALL,
}
MADE_ONCE = frozenset({ActionKind.COPY, ActionKind.HARDLINK, ActionKind.SYMLINK})
"""Actions that are not repeated for a version of a file if their result still exists."""
KEEPS_SOURCE = frozenset(METHODS) - {ActionKind.MOVE, ActionKind.RENAME, ActionKind.TRASH}
"""Actions after which the file stays at its path."""

_NOWHERE = FolderIdentity(0, 0)


def plan_action(file: OpenFile, action: PlannedAction, cause: Cause, trash: Trash, held: ExitStack) -> Plan:
    """Return the plan of `action`. Raise MoveRefused if it is not possible now, LeftAlone if there is nothing to do."""
    match action.kind:
        case ActionKind.TAG:
            return _plan_tags(file, action, cause)
        case ActionKind.TRASH:
            return plan_trash(file, cause, trash, held)
        case ActionKind.RUN | ActionKind.NOTIFY:
            raise MoveRefused(f"{action.kind} changes no file")
    where = action.destination
    if where is None:
        raise MoveRefused(f"there is no destination for {action.kind}")
    if action.kind is ActionKind.RENAME:
        folder = file.place.folder
    else:
        try:
            folder = open_destination(where, held)
        except OSError as error:
            raise MoveRefused(f"the folder {where.folder} cannot be used: {in_words(error)}") from error
    return Plan(
        source=file,
        cause=cause,
        kind=EntryKind(action.kind),
        action=EntryKind(action.kind),
        folder=folder,
        names=_names(action, names_in(folder, where.names)),
        wanted="" if action.kind is ActionKind.RENAME else where.preferred_path,
        method=METHODS[action.kind],
        keep_source=action.kind in KEEPS_SOURCE,
        metadata=action.metadata,
    )


def plan_trash(file: OpenFile, cause: Cause, trash: Trash, held: ExitStack) -> Plan:
    """Return the plan to move the file to the trash. Raise MoveRefused if there is no trash for it."""
    folder = held.enter_context(trash.open(file.place.folder))
    return Plan(file, cause, EntryKind.TRASH, EntryKind.TRASH, folder, names_in_trash(file.place.name).nth)


def _plan_tags(file: OpenFile, action: PlannedAction, cause: Cause) -> Plan:
    missing = read_missing(file.fd, action.words)
    if not missing:
        raise LeftAlone("it already has these tags")
    return Plan(
        source=file,
        cause=cause,
        kind=EntryKind.TAG,
        action=EntryKind.TAG,
        folder=file.place.folder,
        names=lambda _: file.place.name,
        method=Method.TAG,
        keep_source=True,
        tags=missing,
    )


def _names(action: PlannedAction, nth: Callable[[int], str]) -> Callable[[int], str]:
    def name(number: int) -> str:
        if number > 1 and action.on_conflict is OnConflict.SKIP:
            raise LeftAlone(f"{action.describe()} is taken, and the rule says on_conflict: skip")
        return nth(number)

    return name


def shadow_intent(file: OpenFile, action: PlannedAction, cause: Cause) -> Intent:
    """Return the intent that a rule in shadow mode records, without inspecting the destination."""
    target = file.path
    if action.destination is not None:
        where = action.destination
        if action.kind is ActionKind.RENAME:
            where = replace(where, root=os.path.dirname(file.path) or "/", folders=())
        target = where.preferred_path
    return Intent(
        cause=cause,
        kind=EntryKind(action.kind),
        action=EntryKind(action.kind),
        source=file.path,
        target=target,
        wanted=target,
        identity=file.identity,
        sha256=file.sha256,
        method=METHODS[action.kind],
        keep_source=action.kind in KEEPS_SOURCE,
        source_folder=_NOWHERE,
        target_folder=_NOWHERE,
        tags=wanted_tags(action.words) if action.kind is ActionKind.TAG else (),
        arguments=action.words_at(file.path) if action.kind is not ActionKind.TAG else (),
    )
