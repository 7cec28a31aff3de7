"""Carries out a decision: one action after the other, each for the image and its companions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from snapsortd.actions.mover import Mover
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import ActionKind, Destination, MetadataPolicy, PlannedAction
from snapsortd.domain.entry import Cause, Entry, EntryKind, State
from snapsortd.domain.errors import (
    CommandFailed,
    DurabilityError,
    FileChanged,
    Interrupted,
    LeftAlone,
    MoveRefused,
    SnapsortError,
)
from snapsortd.domain.names import COMPANION_SUFFIXES
from snapsortd.files.answering import Answering, reach
from snapsortd.files.folders import below
from snapsortd.files.mounts import absent_disk
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.files.os_errors import in_words
from snapsortd.pipeline.companions import companions, open_companion, refuse_if_written, series_beside
from snapsortd.pipeline.late_companions import Leader
from snapsortd.pipeline.leftovers import Leftovers
from snapsortd.pipeline.prune import EmptiedFolders
from snapsortd.pipeline.turns import Turns
from snapsortd.rules.preview import for_name

DESTINATION_PATIENCE_S = 10.0
"""Maximum time in seconds to wait for the disk of a destination, which may have to spin up."""
EXTERNAL = frozenset({ActionKind.RUN, ActionKind.NOTIFY})
TAKES_COMPANIONS = frozenset({EntryKind.MOVE, EntryKind.COPY, EntryKind.RENAME, EntryKind.TRASH})
"""Actions that also apply to the image's companions."""


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """The result of carrying out a decision for one image."""

    entries: tuple[Entry, ...]
    reason: str = ""
    failure: SnapsortError | None = None
    """The error because of which the action after these entries was not carried out, and the image stays."""
    incomplete: bool = False
    """True if the image was moved, and an action after that failed."""


class Executor:
    """Carries out decisions: one action after the other, each for the image and its companions."""

    def __init__(
        self, mover: Mover, external: ExternalActions, answering: Answering, leftovers: Leftovers | None = None
    ) -> None:
        """`leftovers` refuses folders in which each try would leave another unfinished copy."""
        self._mover = mover
        self._external = external
        self._answering = answering
        self._leftovers = leftovers
        self.turns = Turns()
        self.emptied: EmptiedFolders | None = None
        """Notes the folders from which files are moved."""
        self.companions: Sequence[str] = COMPANION_SUFFIXES
        """The suffixes of files that go with their image."""

    def carry_out(self, image: OpenFile, actions: Sequence[PlannedAction], batch: int, decision: int) -> CarriedOut:
        """Carry out the actions in turn, each at the path that the file then has; stop at the first failure.

        Raise FileChanged if the image must be classified again, Interrupted if snapsortd is to stop; nothing was moved
        then.
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
                except (CommandFailed, FileChanged, Interrupted, MoveRefused, DurabilityError) as error:
                    # An image that was moved is filed, whatever happens to the actions after the move.
                    if any(entry.has_moved for entry in entries):
                        reasons.append(f"an action after the move was not carried out: {error}")
                        return CarriedOut(tuple(entries), "; ".join(reasons), incomplete=True)
                    if isinstance(error, FileChanged | Interrupted):
                        raise
                    return CarriedOut(tuple(entries), "; ".join(reasons), error)
        return CarriedOut(tuple(entries), "; ".join(reasons))

    def _act(self, image: OpenFile, action: PlannedAction, cause: Cause) -> tuple[Entry, list[str]]:
        """Return the entry of the image, and a sentence for each companion that stayed behind."""
        if action.kind in EXTERNAL:
            return self._external.run(image, action, cause), []
        if action.destination is not None:
            root = action.destination.root
            self._answering.ask(root, partial(check_disk, root), patience=DESTINATION_PATIENCE_S)
            if self._leftovers is not None:
                self._leftovers.check(os.path.join(root, *action.destination.folders))
        if action.shadow or EntryKind(action.kind) not in TAKES_COMPANIONS:
            return self._mover.file(image, action, cause), []
        with ExitStack() as opened:
            files = [
                opened.enter_context(open_companion(path, image.root)) for path in companions(image, self.companions)
            ]
            made = self._mover.file(image, action, cause)
            self._note(made)
            is_new = made.intent.cause.batch == cause.batch  # else it is a copy that was made earlier
            if not is_new or made.state is not State.DONE:
                return made, []
            reasons = (self._file_companion(each, image, made, action.metadata) for each in files)
            return made, [reason for reason in reasons if reason]

    def follow(self, companion: OpenFile, leader: Leader) -> Entry:
        """File a companion that came later than its image. Raise as `Mover.file` does."""
        refuse_if_written(companion)
        root = leader.entry.intent.target_root
        self._answering.ask(root, partial(check_disk, root), patience=DESTINATION_PATIENCE_S)
        return self._place(companion, leader.name, leader.entry, MetadataPolicy.NOTE)

    def _place(self, companion: OpenFile, image: str, made: Entry, metadata: MetadataPolicy) -> Entry:
        """File a companion beside its image, which was called `image`, under the image's name."""
        done = made.intent
        folder, new = os.path.split(done.target)
        root = done.target_root or folder
        names = series_beside(companion.place.name, image, new)
        destination = None if done.kind is EntryKind.TRASH else Destination(root, below(folder, root), names)
        is_elsewhere = done.kind is EntryKind.RENAME and folder != os.path.dirname(companion.path)
        kind = ActionKind.MOVE if is_elsewhere else ActionKind(done.kind)
        action = PlannedAction(kind, done.cause.rule, destination, metadata=metadata)
        entry = self._mover.file(companion.hashed(), action, replace(done.cause, follows=made.id))
        self._note(entry)
        return entry

    def _note(self, made: Entry) -> None:
        if self.emptied is not None and made.has_moved:
            self.emptied.note(made.intent.source)

    def _file_companion(self, companion: OpenFile, image: OpenFile, made: Entry, metadata: MetadataPolicy) -> str:
        """File a companion beside its image. Return an empty text, or why it stayed behind."""
        name = companion.place.name
        try:
            entry = self._place(companion, image.place.name, made, metadata)
        except (LeftAlone, FileChanged, Interrupted, MoveRefused, DurabilityError) as error:
            return f"its companion {name} stayed behind: {error.message}"
        except OSError as error:
            return f"its companion {name} stayed behind: {in_words(error)}"
        return f"its companion {name} stayed behind: {entry.reason}" if entry.state is State.CONFLICT else ""


def check_disk(root: str) -> None:
    """Raise MoveRefused if the disk of a destination is not mounted: files put there would be hidden once it is.

    Never returns if it is mounted but does not answer.
    """
    if point := absent_disk(os.path.realpath(root)):
        raise MoveRefused(f"the disk at {point} is not mounted", "mount it, or change the rule")
    reach(root)
