"""Have files checked that were filed lately: they may have grown since."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from functools import partial

from snapsortd.daemon.workers import Workers
from snapsortd.pipeline.after_filing import FiledLately, Grown, find_grown

log = logging.getLogger("snapsortd")


class GrowthChecks:
    """The checks, done by workers. Times are monotonic seconds."""

    def __init__(self, filed_lately: FiledLately, workers: Workers) -> None:
        self._filed_lately = filed_lately
        self._workers = workers

    @property
    def next_due(self) -> float | None:
        """The time of the next check; None if there is none, or no worker for it."""
        return self._filed_lately.next_due if self._workers.has_room else None

    def update(self, now: float) -> None:
        """Have the files checked that are due."""
        if self._workers.has_room and (due := self._filed_lately.take_due(now)):
            self._workers.run(partial(find_grown, due), self._take, due[0].intent.target)

    def _take(self, outcome: Future[list[Grown]]) -> None:
        for grown in outcome.result():
            log.warning("%s: %s", grown.entry.intent.target, grown.reason)
        self._filed_lately.note(outcome.result())
