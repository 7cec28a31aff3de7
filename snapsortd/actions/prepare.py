"""What an action means for one open file: the plan of it, with its folders held open."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from snapsortd.actions.plan import Plan
from snapsortd.actions.trash_folder import Trash, names_in_trash
from snapsortd.domain.decision import ActionKind, OnConflict, PlannedAction
from snapsortd.domain.entry import EntryKind, Intent, Method
from snapsortd.domain.errors import FileChanged, LeftAlone, MoveRefused
from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.domain.names import NameSeries
from snapsortd.files.folders import Folder, PathInFolder, make_folder, open_place
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
STAYS = frozenset(METHODS) - {ActionKind.MOVE, ActionKind.RENAME, ActionKind.TRASH}
"""The file keeps its place."""

_NOWHERE = FolderIdentity(0, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """A file that is held open, and why something is done with it."""

    fd: int
    identity: FileIdentity
    sha256: bytes
    place: PathInFolder
    rule: str
    batch: int
    decision: int | None = None
    follows: int | None = None

    def plan(
        self,
        kind: EntryKind,
        folder: Folder,
        names: Callable[[int], str],
        method: Method = Method.RENAME,
        keep_source: bool = False,
        detail: tuple[str, ...] = (),
    ) -> Plan:
        """To give it a name in `folder`."""
        return Plan(
            batch=self.batch,
            kind=kind,
            rule=self.rule,
            fd=self.fd,
            identity=self.identity,
            sha256=self.sha256,
            source=self.place,
            folder=folder,
            names=names,
            method=method,
            decision=self.decision,
            keep_source=keep_source,
            detail=detail,
            follows=self.follows,
        )


def open_source(path: str, root: str, held: ExitStack) -> PathInFolder:
    """The file's place. FileChanged: its folder is gone. MoveRefused: it can't be opened now."""
    try:
        return held.enter_context(open_place(path, root))
    except OSError as error:
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
        kind = FileChanged if gone else MoveRefused
        raise kind(f"its folder cannot be opened: {in_words(error)}") from error


def plan_action(item: Item, action: PlannedAction, trash: Trash, held: ExitStack) -> Plan:
    """The plan. MoveRefused: it can't be done now. LeftAlone: there is nothing to do."""
    match action.kind:
        case ActionKind.TAG:
            return _plan_tags(item, action)
        case ActionKind.TRASH:
            return plan_trash(item, trash, held)
        case ActionKind.RUN | ActionKind.NOTIFY:
            raise MoveRefused(f"{action.kind} changes no file")
    where = action.destination
    if where is None:
        raise MoveRefused(f"there is no destination for {action.kind}")
    if action.kind is ActionKind.RENAME:
        folder = item.place.folder
    else:
        try:
            folder = held.enter_context(make_folder(where.root, where.folders))
        except OSError as error:
            raise MoveRefused(f"the folder {where.folder} cannot be used: {in_words(error)}") from error
    kind, method, stays = EntryKind(action.kind), METHODS[action.kind], action.kind in STAYS
    return item.plan(kind, folder, _names(action, where.names), method, stays)


def plan_trash(item: Item, trash: Trash, held: ExitStack) -> Plan:
    """To throw it away. MoveRefused: there is no trash for it."""
    folder = held.enter_context(trash.open(item.place.folder))
    return item.plan(EntryKind.TRASH, folder, names_in_trash(item.place.name).nth)


def _plan_tags(item: Item, action: PlannedAction) -> Plan:
    missing = read_missing(item.fd, action.words)
    if not missing:
        raise LeftAlone("it has these tags already")
    name = item.place.name
    return item.plan(EntryKind.TAG, item.place.folder, lambda _: name, Method.TAG, keep_source=True, detail=missing)


def _names(action: PlannedAction, names: NameSeries) -> Callable[[int], str]:
    def name(number: int) -> str:
        if number > 1 and action.on_conflict is OnConflict.SKIP:
            raise LeftAlone(f"{action.describe()} is taken, and the rule says on_conflict: skip")
        return names.nth(number)

    return name


def shadow(
    *,
    path: str,
    identity: FileIdentity,
    sha256: bytes,
    action: PlannedAction,
    batch: int,
    decision: int | None,
    follows: int | None,
) -> Intent:
    """What would be journalled; nothing is looked at."""
    target = path
    if action.destination is not None:
        where = action.destination
        if action.kind is ActionKind.RENAME:
            where = replace(where, root=os.path.dirname(path) or "/", folders=())
        target = where.preferred_path
    return Intent(
        batch=batch,
        kind=EntryKind(action.kind),
        rule=action.rule,
        source=path,
        target=target,
        wanted=target,
        identity=identity,
        sha256=sha256,
        method=METHODS[action.kind],
        keep_source=action.kind in STAYS,
        source_folder=_NOWHERE,
        target_folder=_NOWHERE,
        decision=decision,
        detail=wanted_tags(action.words) if action.kind is ActionKind.TAG else action.words_at(path),
        follows=follows,
    )
