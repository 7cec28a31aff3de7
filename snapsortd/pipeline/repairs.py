"""Repair and clean up what a crash, a failed change or a missing disk left behind."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from snapsortd.actions.recover import repair
from snapsortd.domain.result import Outcome
from snapsortd.files.answering import NotAnswering
from snapsortd.files.folders import lstat
from snapsortd.files.progress import reported_to
from snapsortd.pipeline.empty_folders import remove_emptied
from snapsortd.pipeline.history import MAX_PROBLEMS
from snapsortd.pipeline.leftovers import Leftovers

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session

log = logging.getLogger("snapsortd")

START_PATIENCE_S = 10.0
"""Maximum time in seconds to wait at the start for the repair of unfinished moves."""
UNFINISHED = "unfinished moves"
"""The thread in which they are repaired and cleaned up after, on whichever disks they are."""


class Repairs:
    """The repairs of a session."""

    def __init__(self, session: Session, leftovers: Leftovers) -> None:
        self._session = session
        self._journal = session.journal
        self._leftovers = leftovers
        self._repaired: frozenset[str] = frozenset()
        self._reported: frozenset[str] = frozenset()

    def repair(self) -> list[str]:
        """Finish or drop moves that a crash or a missing disk left open; return one sentence for each.

        Sentences that the previous call returned are left out.
        """
        sentences = repair(self._journal, self._session.mover)
        before, self._repaired = self._repaired, frozenset(sentences)
        return [sentence for sentence in sentences if sentence not in before]

    def clean(self) -> list[str]:
        """Remove what failed changes left behind; return one sentence for each thing that stays, only once."""
        self.remove_emptied_folders()
        self._session.emptied.prune()
        sentences = self._leftovers.clean()
        before, self._reported = self._reported, frozenset(sentences)
        return [sentence for sentence in sentences if sentence not in before]

    def remove_emptied_folders(self) -> None:
        """Remove the folders that became empty; see `empty_folders`."""
        remove_emptied(self._journal, [folder.path for folder in self._session.config.watch])

    def repair_at_start(self) -> None:
        """Repair before anything else is done; in the background after a while: a disk that this needs may be slow to
        read, or not answer, and a service that is not ready in time is killed and started again."""
        with suppress(NotAnswering):
            self._session.answering.ask(UNFINISHED, self._repair_and_log, patience=START_PATIENCE_S)

    def _repair_and_log(self) -> None:
        with reported_to(self._session.end_if_stopping):
            for sentence in self.repair():
                log.warning("%s", sentence)

    def forget_gone(self) -> None:
        """Forget images with a problem that no longer exist, because they need no attention any more."""
        for each in self._journal.problems(MAX_PROBLEMS):
            if each.outcome in (Outcome.FAILED, Outcome.QUARANTINED, Outcome.INCOMPLETE):
                with suppress(NotAnswering):
                    if self._session.answering.ask(self._session.root_of(each.path), partial(self._is_gone, each.path)):
                        self._journal.forget(each.path)

    def _is_gone(self, path: str) -> bool:
        """True if the file is missing and its disk is mounted: a missing folder or empty mount point proves nothing."""
        known = self._journal.history_of(path).known
        try:
            folder = os.stat(os.path.dirname(path))
        except OSError:
            return False
        return known is not None and folder.st_dev == known.identity.dev and lstat(path) is None
