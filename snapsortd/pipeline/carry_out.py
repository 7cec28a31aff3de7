"""Carries out a decision: one action after the other, each for the image and for what belongs to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from snapsortd.domain.decision import ActionKind, Destination, PlannedAction
from snapsortd.domain.entry import Entry, EntryKind, State, has_moved
from snapsortd.domain.errors import CommandFailed, DurabilityError, FileChanged, LeftAlone, MoveRefused, SnapsortError
from snapsortd.domain.file import FileIdentity
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import below
from snapsortd.files.mounts import absent_disk
from snapsortd.files.open_file import OpenFile, open_image
from snapsortd.pipeline.companions import (
    _open_companion,
    companions,
    series_beside,
)
from snapsortd.rules.preview import for_name

CALLS = frozenset({ActionKind.RUN, ActionKind.NOTIFY})
TAKES_ALONG = frozenset({EntryKind.MOVE, EntryKind.COPY, EntryKind.RENAME, EntryKind.TRASH})


class Mover(Protocol):
    """Who changes files; see `mover.Mover.file`."""

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
        follows: int | None = None,
    ) -> Entry: ...


class ExternalActions(Protocol):
    """Who tells other programs; see `calls.Caller.call`."""

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
    ) -> Entry: ...


@dataclass(frozen=True, slots=True)
class Filed:
    """What was done with one image. `failure`: why the action after these entries was not."""

    entries: tuple[Entry, ...]
    reason: str = ""
    failure: SnapsortError | None = None


class Filing:
    """Carries out decisions. Not thread-safe."""

    def __init__(self, mover: Mover, external: ExternalActions) -> None:
        self._mover = mover
        self._caller = external

    def carry_out(
        self, image: OpenFile, sha256: bytes, actions: Sequence[PlannedAction], batch: int, decision: int
    ) -> Filed:
        """Every action in turn, each where the file lies by then; the first that can't be done ends it.

        Raises FileChanged if nothing was done yet: look at it anew.
        """
        entries: list[Entry] = []
        reasons: list[str] = []
        place = image
        with ExitStack() as opened:
            for action in actions:
                try:
                    current = for_name(action, os.path.basename(place.path))
                    made, notes = self._act(place, sha256, current, batch, decision)
                    entries.append(made)
                    reasons += notes
                    if made.state is State.CONFLICT or made.kind is EntryKind.TRASH:
                        break
                    if has_moved(made):
                        place = opened.enter_context(open_image(made.target, made.target_root))
                except LeftAlone as error:
                    reasons.append(str(error))
                except (CommandFailed, FileChanged, MoveRefused, DurabilityError) as error:
                    # What was moved is filed, whatever becomes of the actions after that.
                    if any(map(has_moved, entries)):
                        reasons.append(f"an action after the move was not done: {error}")
                        break
                    if isinstance(error, FileChanged):
                        raise
                    return Filed(tuple(entries), "; ".join(reasons), error)
        return Filed(tuple(entries), "; ".join(reasons))

    def _act(
        self, place: OpenFile, sha256: bytes, action: PlannedAction, batch: int, decision: int
    ) -> tuple[Entry, list[str]]:
        if action.kind in CALLS:
            called = self._caller.call(
                path=place.path,
                root=place.root,
                identity=place.identity,
                sha256=sha256,
                action=action,
                batch=batch,
                decision=decision,
            )
            return called, []
        if action.destination is not None:
            check_disk(action.destination.root)
        if action.shadow or EntryKind(action.kind) not in TAKES_ALONG:
            return self._file(place, sha256, action, batch, decision), []
        with ExitStack() as opened:
            belonging = [opened.enter_context(_open_companion(path, place.root)) for path in companions(place)]
            made = self._file(place, sha256, action, batch, decision)
            if made.batch != batch or made.state is not State.DONE:  # copied long ago, or in conflict
                return made, []
            return made, [note for each in belonging if (note := self._take_along(each, place, made))]

    def _take_along(self, companion: OpenFile, image: OpenFile, made: Entry) -> str:
        """What belongs to an image goes where that went, under its name; empty, or why it did not."""
        name = os.path.basename(companion.path)
        folder, new = os.path.split(made.target)
        trash = made.kind is EntryKind.TRASH
        names = series_beside(name, os.path.basename(image.path), new)
        root = made.target_root or folder
        action = PlannedAction(
            ActionKind(made.kind), made.rule, None if trash else Destination(root, below(folder, root), names)
        )
        try:
            along = self._file(companion, hash_fd(companion.fd), action, made.batch, made.decision, made.id)
        except (LeftAlone, FileChanged, MoveRefused, DurabilityError) as error:
            return f"{name} did not go along: {error.message}"
        return f"{name} did not go along: {along.reason}" if along.state is State.CONFLICT else ""

    def _file(
        self,
        place: OpenFile,
        sha256: bytes,
        action: PlannedAction,
        batch: int,
        decision: int | None,
        follows: int | None = None,
    ) -> Entry:
        return self._mover.file(
            fd=place.fd,
            path=place.path,
            root=place.root,
            identity=place.identity,
            sha256=sha256,
            action=action,
            batch=batch,
            decision=decision,
            follows=follows,
        )


def check_disk(root: str) -> None:
    """MoveRefused if the disk of a destination is not mounted: what is filed now would be hidden once it is."""
    if point := absent_disk(os.path.realpath(root)):
        raise MoveRefused(f"the disk at {point} is not mounted", "mount it, or change the rule")
