"""Carries out a decision: one action after the other, each for the image and for what belongs to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from snapsortd.actions.mover import Mover
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import ActionKind, Destination, PlannedAction
from snapsortd.domain.entry import Cause, Entry, EntryKind, State
from snapsortd.domain.errors import CommandFailed, DurabilityError, FileChanged, LeftAlone, MoveRefused, SnapsortError
from snapsortd.files.folders import below
from snapsortd.files.mounts import absent_disk
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.pipeline.companions import companions, open_companion, series_beside
from snapsortd.rules.preview import for_name

EXTERNAL = frozenset({ActionKind.RUN, ActionKind.NOTIFY})
TAKES_ALONG = frozenset({EntryKind.MOVE, EntryKind.COPY, EntryKind.RENAME, EntryKind.TRASH})


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What was done with one image."""

    entries: tuple[Entry, ...]
    reason: str = ""
    failure: SnapsortError | None = None
    """Why the action after these entries was not carried out."""


class Executor:
    """Carries out decisions: one action after the other, each for the image and its companions. Not thread-safe."""

    def __init__(self, mover: Mover, external: ExternalActions) -> None:
        self._mover = mover
        self._external = external

    def carry_out(self, image: OpenFile, actions: Sequence[PlannedAction], batch: int, decision: int) -> CarriedOut:
        """Carry out every action in turn, each where the file is by then; the first failure ends it.

        Raise FileChanged if nothing was done yet: the image must be classified again.
        """
        entries: list[Entry] = []
        reasons: list[str] = []
        current = image
        with ExitStack() as opened:
            for action in actions:
                cause = Cause(action.rule, batch, decision)
                try:
                    made, notes = self._act(current, for_name(action, current.place.name), cause)
                    entries.append(made)
                    reasons += notes
                    if made.state is State.CONFLICT or made.intent.kind is EntryKind.TRASH:
                        break
                    if made.has_moved:
                        moved = opened.enter_context(open_file(made.intent.target, made.intent.target_root))
                        current = replace(moved, sha256=image.sha256)
                except LeftAlone as error:
                    reasons.append(str(error))
                except (CommandFailed, FileChanged, MoveRefused, DurabilityError) as error:
                    # What was moved is filed, whatever becomes of the actions after that.
                    if any(entry.has_moved for entry in entries):
                        reasons.append(f"an action after the move was not carried out: {error}")
                        break
                    if isinstance(error, FileChanged):
                        raise
                    return CarriedOut(tuple(entries), "; ".join(reasons), error)
        return CarriedOut(tuple(entries), "; ".join(reasons))

    def _act(self, image: OpenFile, action: PlannedAction, cause: Cause) -> tuple[Entry, list[str]]:
        """Return the entry of the image, and a sentence for each companion that stayed behind."""
        if action.kind in EXTERNAL:
            return self._external.run(image, action, cause), []
        if action.destination is not None:
            check_disk(action.destination.root)
        if action.shadow or EntryKind(action.kind) not in TAKES_ALONG:
            return self._mover.file(image, action, cause), []
        with ExitStack() as opened:
            belonging = [opened.enter_context(open_companion(path, image.root)) for path in companions(image)]
            made = self._mover.file(image, action, cause)
            is_new = made.intent.cause.batch == cause.batch  # else a copy that was made long ago
            if not is_new or made.state is not State.DONE:
                return made, []
            return made, [note for each in belonging if (note := self._take_along(each, image, made))]

    def _take_along(self, companion: OpenFile, image: OpenFile, made: Entry) -> str:
        """Have a companion follow its image, under the image's name; empty, or why it did not."""
        name = companion.place.name
        done = made.intent
        folder, new = os.path.split(done.target)
        root = done.target_root or folder
        names = series_beside(name, image.place.name, new)
        destination = None if done.kind is EntryKind.TRASH else Destination(root, below(folder, root), names)
        action = PlannedAction(ActionKind(done.kind), done.cause.rule, destination)
        try:
            along = self._mover.file(companion.hashed(), action, replace(done.cause, follows=made.id))
        except (LeftAlone, FileChanged, MoveRefused, DurabilityError) as error:
            return f"{name} did not go along: {error.message}"
        return f"{name} did not go along: {along.reason}" if along.state is State.CONFLICT else ""


def check_disk(root: str) -> None:
    """MoveRefused if the disk of a destination is not mounted: what is filed now would be hidden once it is."""
    if point := absent_disk(os.path.realpath(root)):
        raise MoveRefused(f"the disk at {point} is not mounted", "mount it, or change the rule")
