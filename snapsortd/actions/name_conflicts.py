"""Resolve a name conflict: move the existing file aside, or discard the new one as a duplicate.

Only a regular, readable file is ever displaced, opened and checked like any other; anything else keeps its name, and
the new file gets the next one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from snapsortd.actions.plan import Plan
from snapsortd.actions.prepare import plan_trash
from snapsortd.actions.step import MAX_NAMES
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.decision import OnConflict, PlannedAction
from snapsortd.domain.entry import EntryKind, Method
from snapsortd.domain.errors import LeftAlone, MoveRefused
from snapsortd.domain.file import Stat
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import PathInFolder, close
from snapsortd.files.identity import is_itself
from snapsortd.files.open_file import OpenFile


def plan_displaced(plan: Plan, action: PlannedAction, trash: Trash, held: ExitStack) -> Plan | None:
    """Return the plan to move the file with the wanted name out of the way of `plan`, or None if it keeps its name.

    Raise LeftAlone if one of the names belongs to the source file itself.
    """
    if action.on_conflict not in (OnConflict.RENAME_EXISTING, OnConflict.TRASH) or action.destination is None:
        return None
    for place, found in _taken(plan):
        _check_itself(plan, place, found)
    existing = _open(PathInFolder(plan.folder, plan.names(1)), held)
    if existing is None:
        return None
    cause = replace(plan.cause, follows=None)
    if action.on_conflict is OnConflict.RENAME_EXISTING:
        rename = EntryKind.RENAME
        return Plan(existing, cause, rename, rename, plan.folder, lambda number: plan.names(number + 1))
    try:
        return replace(plan_trash(existing, cause, trash, held), metadata=plan.metadata)
    except MoveRefused:
        return None


def find_duplicate(plan: Plan) -> str | None:
    """Return the path of a file with the same content among the taken names, or None.

    Raise LeftAlone if one of the names belongs to the source file itself.
    """
    taken = list(_taken(plan))
    for place, found in taken:
        _check_itself(plan, place, found)
    for place, found in taken:
        same_size = found.is_regular and found.identity.size == plan.source.identity.size
        if same_size and hash_file(place) == plan.source.sha256:
            return place.path
    return None


def _taken(plan: Plan) -> Iterator[tuple[PathInFolder, Stat]]:
    """Yield the taken names of the series, up to the first free one."""
    previous = ""
    for number in range(1, MAX_NAMES + 1):
        place = PathInFolder(plan.folder, plan.names(number))
        found = place.look()
        if found is None or place.name == previous:
            return
        if plan.method is Method.SYMLINK and place.symlink_target() == plan.source.path:
            raise LeftAlone("the link already exists")
        yield place, found
        previous = place.name


def _check_itself(plan: Plan, place: PathInFolder, found: Stat) -> None:
    if is_itself(place, found, plan.source.place, plan.source.identity):
        raise LeftAlone("it is already at its destination")


def _open(place: PathInFolder, held: ExitStack) -> OpenFile | None:
    """Return the file that has the name; None if it is not regular, can't be read or is spelled differently."""
    try:
        fd = place.open()
        held.callback(close, fd)
        # On a case-insensitive file system, an undo would restore a name that is spelled differently.
        if place.name not in os.listdir(place.folder.fd):
            return None
        return OpenFile(place, fd, os.fstat(fd)).hashed()
    except OSError:
        return None
