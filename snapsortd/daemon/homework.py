"""Learns, while nothing else is to do, from folders that the configuration names, and again after a change of model."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from snapsortd.daemon.workers import Workers
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.example import Example
from snapsortd.pipeline.hand_moves import MAX_LOOKED_AT
from snapsortd.pipeline.session import Session
from snapsortd.pipeline.teaching import Task
from snapsortd.watch.departures import Departures

log = logging.getLogger("snapsortd")

REVIEW_DELAY_S = 2.0
"""Time from a file's departure, or from the first image in a new folder, to the review: a person moves several."""


class Homework:
    """The images that are to be looked at for learning; one at a time, by a worker."""

    def __init__(self, session: Session, workers: Workers, wake: Callable[[], object]) -> None:
        """`wake` ends the loop's sleep; any thread may call it."""
        self._session = session
        self._workers = workers
        self._wake = wake
        self._departures = Departures(self._review_soon)
        self._listed: tuple[str, str] | None = None
        """The configuration and the checkpoint that the tasks were listed for."""
        self._tasks: deque[Task] = deque()
        self._is_busy = False
        self.next_due = 0.0
        """The time, in monotonic seconds, at which filed images are reviewed again."""

    def advance(self, now: float) -> bool:
        """Begin the next task, or list them after a change of configuration or model; False if there is nothing."""
        classifier = self._session.classifier
        if now >= self.next_due and not self._is_busy and self._workers.has_room:
            self.next_due, self._is_busy = now + self._session.config.rescan, True
            self._workers.run(self._review, self._take_moves)
            return True
        if self._is_busy or classifier.state != "ready" or not self._workers.has_room:
            return False
        wanted = self._session.config.fingerprint, classifier.checkpoint
        if self._listed != wanted:
            self._listed, self._is_busy = wanted, True
            self._workers.run(self._session.teaching.homework, self._take_list)
            return True
        if not self._tasks:
            return False
        task, self._is_busy = self._tasks.popleft(), True
        self._workers.run(partial(self._session.teaching.do, task), partial(self._take_end, task), task.path)
        return True

    def take_filed(self, entries: Iterable[Entry]) -> None:
        """Have the folders watched into which these entries filed an image."""
        if any(each.has_moved and not self._departures.is_watched(_folder(each)) for each in entries):
            self._review_soon()

    def end(self) -> None:
        """Watch nothing any more."""
        self._departures.stop()

    def _review_soon(self) -> None:
        self.next_due = min(self.next_due, time.monotonic() + REVIEW_DELAY_S)
        self._wake()

    def _review(self) -> list[Example]:
        is_told = self._session.config.learn_from_moves
        self._departures.watch(map(_folder, self._session.journal.filed_lately(MAX_LOOKED_AT)) if is_told else ())
        return self._session.teaching.review()

    def _take_list(self, outcome: Future[list[Task]]) -> None:
        self._is_busy = False
        self._tasks = deque(outcome.result() if outcome.exception() is None else ())

    def _take_moves(self, outcome: Future[list[Example]]) -> None:
        self._is_busy = False
        for each in outcome.result() if outcome.exception() is None else ():
            word = "what is not " if each.is_not else ""
            log.info("%s was moved by hand: it is an example of %s'%s' now", each.path, word, each.label)

    def _take_end(self, task: Task, outcome: Future[None]) -> None:
        self._is_busy = False
        error = outcome.exception()
        if isinstance(error, SnapsortError | OSError):
            log.warning("%s teaches nothing: %s", task.path, error)
        elif error is not None:
            log.error("%s teaches nothing", task.path, exc_info=error)


def _folder(entry: Entry) -> str:
    return os.path.dirname(entry.intent.target)
