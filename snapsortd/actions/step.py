"""The sequence that every change to one file has in common: intent, check, act, commit.

Each step leaves the file complete under at least one name, and the entry in a state that recovery resolves. An error
before the act closes the entry as `failed`; after it, the entry stays open.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from snapsortd.actions.in_hand import InHand
from snapsortd.actions.ledger import Ledger
from snapsortd.actions.plan import Plan
from snapsortd.domain.entry import OPEN_STATES, Entry, State
from snapsortd.domain.errors import (
    DurabilityError,
    FileChanged,
    Interrupted,
    JournalError,
    LeftAlone,
    LeftAside,
    MoveRefused,
    SnapsortError,
)
from snapsortd.domain.file import FileIdentity
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import PathInFolder
from snapsortd.files.identity import is_itself
from snapsortd.files.os_errors import in_words

MAX_NAMES = 100_000
"""The number of names that are tried for one file in one folder."""


class Step(ABC):
    """Carries out one plan."""

    def __init__(self, journal: Ledger, plan: Plan) -> None:
        self._journal = journal
        self._plan = plan
        self._number = 1
        self._acted = False
        self.entry: Entry
        """The entry as last committed, once `run` has begun."""

    def run(self, in_hand: InHand) -> Entry:
        """Carry out the plan. The entry is `done`, or `conflict` if, for example, another program has interfered.

        Raise FileChanged, MoveRefused or LeftAlone if nothing was touched. Raise DurabilityError if the disk is in
        doubt: the file is complete, and the entry stays open if it is not known what is on the disk. Raise Interrupted
        if snapsortd is to stop: nothing was touched, or the entry stays open, for `repair` to finish. Raise LeftAside,
        which also leaves it open, if the file could not get its name back.
        """
        with in_hand.begin(self._plan.intent(self._first_name())) as self.entry:
            return self._run()

    def _run(self) -> Entry:
        try:
            self._check_source()
            return self._act()
        except JournalError:
            raise
        except DurabilityError as error:
            self._record_doubt(error)
            raise
        except SnapsortError as error:
            if isinstance(error, LeftAside) or (self._acted and isinstance(error, Interrupted)):
                self._record_doubt(error)
                raise
            self._advance(State.FAILED, reason=error.message)
            raise
        except OSError as error:
            if self._acted:
                doubt = DurabilityError(f"it is not known whether it is complete: {in_words(error)}")
                self._record_doubt(doubt)
                raise doubt from error
            self._advance(State.FAILED, reason=in_words(error))
            raise MoveRefused(in_words(error)) from error

    @abstractmethod
    def _act(self) -> Entry: ...

    def _first_name(self) -> str:
        return self._free_name()

    def _record_doubt(self, error: SnapsortError) -> None:
        """Record why an open entry stays open: after a restart, `repair` checks what is on the disk."""
        if self.entry.state in OPEN_STATES:
            self._advance(self.entry.state, reason=error.message)

    def _check_source(self) -> None:
        """Raise FileChanged unless the name still leads to the file that was opened, and the file is unchanged."""
        source = self._plan.source
        found = source.place.look()
        if found is None:
            raise FileChanged("the file is gone")
        if not source.is_at(found):
            raise FileChanged("the file was changed or replaced")

    def _take_name(self, make: Callable[[], None]) -> None:
        """Call `make` to create the target's name; if it is taken, commit an intent with the next one and try again."""
        for _ in range(MAX_NAMES):
            try:
                make()
            except FileExistsError:
                self._leave_name()
                self._advance(State.INTENT, target=PathInFolder(self._plan.folder, self._free_name()).path)
            else:
                self._acted = True
                return
        raise MoveRefused(f"every name like {self._target.name} is taken")

    def _leave_name(self) -> None:  # noqa: B027 only the trash needs it
        """Remove what was created for a name that turned out to be taken."""

    def _free_name(self) -> str:
        """Return the next name that seems free. This is only a hint that saves commits: creating the name decides."""
        previous = ""
        while (name := self._plan.names(self._number)) != previous and self._number <= MAX_NAMES:
            if not self._is_taken(PathInFolder(self._plan.folder, name)):
                return name
            previous, self._number = name, self._number + 1
        raise MoveRefused(f"every name like {previous} is taken")

    def _is_taken(self, place: PathInFolder) -> bool:
        found = place.look()
        if found is None:
            return False
        # It may be the file itself: under another spelling, or through another mount.
        source = self._plan.source
        if is_itself(place, found, source.place, source.identity):
            raise LeftAlone("it is already at its destination")
        return True

    def _is_file(self, place: PathInFolder, identity: FileIdentity) -> bool:
        """True if the name leads to this file; inode numbers are different for another name on some file systems."""
        found = place.look()
        if found is None:
            return False
        return found.identity.is_same_file(identity) or hash_file(place) == self._plan.source.sha256

    @property
    def _target(self) -> PathInFolder:
        return PathInFolder(self._plan.folder, os.path.basename(self.entry.intent.target))

    def _advance(self, state: State, **changes: Any) -> Entry:
        self.entry = self._journal.advance(self.entry.id, state, **changes)
        return self.entry
