"""What is done where the wanted name is taken: what has it makes room, or the new file is one too many.

Only a regular file that can be read is ever displaced, opened and checked like any other; whatever else has the name
keeps it, and the new file gets the next one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

from snapsortd.actions.plan import Plan
from snapsortd.actions.prepare import Item, plan_trash
from snapsortd.actions.step import MAX_NAMES
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.decision import OnConflict, PlannedAction
from snapsortd.domain.entry import EntryKind, Method
from snapsortd.domain.errors import LeftAlone, MoveRefused
from snapsortd.domain.file import Stat
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import PathInFolder, to_stat


def plan_displaced(plan: Plan, action: PlannedAction, trash: Trash, held: ExitStack) -> Plan | None:
    """How what has the wanted name makes room for `plan`; None if nothing has it, or it is nothing to be displaced.

    LeftAlone: the file itself has a name of the series.
    """
    if action.on_conflict not in (OnConflict.RENAME_EXISTING, OnConflict.TRASH) or action.destination is None:
        return None
    for _, found in _taken(plan):
        _check_itself(plan, found)
    place = PathInFolder(plan.folder, plan.names(1))
    existing = _open(place, plan, held)
    if existing is None:
        return None
    if action.on_conflict is OnConflict.RENAME_EXISTING:
        return existing.plan(EntryKind.RENAME, plan.folder, lambda number: plan.names(number + 1))
    try:
        return plan_trash(existing, trash, held)
    except MoveRefused:
        return None


def find_twin(plan: Plan) -> str | None:
    """The path of a file with the same content among the taken names. LeftAlone: the file itself has one of them."""
    taken = list(_taken(plan))
    for _, found in taken:
        _check_itself(plan, found)
    for place, found in taken:
        if found.is_regular and found.identity.size == plan.identity.size and _hash(place) == plan.sha256:
            return place.path
    return None


def _taken(plan: Plan) -> Iterator[tuple[PathInFolder, Stat]]:
    """What has the names of the series, up to the first that is free."""
    previous = ""
    for number in range(1, MAX_NAMES + 1):
        place = PathInFolder(plan.folder, plan.names(number))
        found = place.look()
        if found is None or place.name == previous:
            return
        if plan.method is Method.SYMLINK and place.symlink_target() == plan.source.path:
            raise LeftAlone("the link is there already")
        yield place, found
        previous = place.name


def _check_itself(plan: Plan, found: Stat) -> None:
    if (found.identity.dev, found.identity.ino) == (plan.identity.dev, plan.identity.ino):
        raise LeftAlone("it is in its place already")


def _open(place: PathInFolder, plan: Plan, held: ExitStack) -> Item | None:
    """The file at `place`; None if it is no regular one, or can't be read, or is spelled otherwise."""
    try:
        fd = place.open()
        held.callback(os.close, fd)
        # Where case is folded, the name it would come back to is not quite its own.
        if place.name not in os.listdir(place.folder.fd):
            return None
        return Item(fd, to_stat(os.fstat(fd)).identity, hash_fd(fd), place, plan.rule, plan.batch, plan.decision)
    except OSError:
        return None


def _hash(place: PathInFolder) -> bytes | None:
    try:
        fd = place.open()
        try:
            return hash_fd(fd)
        finally:
            os.close(fd)
    except OSError:
        return None
