"""Keeps the model: loads it, retries a failed load, unloads it when idle and reloads it after an export."""

from __future__ import annotations

import logging
import math

from snapsortd.daemon.in_flight import InFlightImages
from snapsortd.pipeline.session import Session

log = logging.getLogger("snapsortd")

MODEL_RETRY_S = 60.0
"""Interval at which loading a failed model is retried, because its disk may become available again."""
POLL_INTERVAL_S = 0.05
"""Interval at which the state of a loading model is polled."""


class ModelKeeper:
    """Decides when the classifier is started and stopped. Times are monotonic seconds."""

    def __init__(self, session: Session, in_flight: InFlightImages, now: float) -> None:
        self._session = session
        self._in_flight = in_flight
        self._state_before = session.classifier.state
        self._used = now
        self._retry_due = now

    def mark_used(self, now: float) -> None:
        """Restart the idle period after which the model is unloaded."""
        self._used = now

    def update(self, now: float, *, wanted: bool) -> None:
        """Poll the classifier, then start, stop or reload it if that is due. `wanted`: a request waits for it."""
        classifier = self._session.classifier
        classifier.poll()
        if classifier.state == "failed":
            if self._state_before != "failed":
                self._retry_due = now + MODEL_RETRY_S
                log.error("the model cannot be used, so no images are filed: %s", classifier.error)
            elif now >= self._retry_due:
                self._retry_due = now + MODEL_RETRY_S
                classifier.start()
        elif classifier.state == "ready":
            if self._state_before != "ready":
                self.mark_used(now)
            elif now >= self._unload_due and not self._in_flight:
                classifier.stop()
        elif classifier.state == "stopped" and wanted:
            classifier.start()
        self._state_before = classifier.state
        self._session.learning.tend(now, classifier)
        if self._session.exporter.tend(now, classifier.model_info, self._session.config.model.threads):
            self._reload_exported()

    @property
    def next_due(self) -> float:
        """The time of the next necessary `update`, apart from polling a loading model; inf if nothing is scheduled."""
        match self._session.classifier.state:
            case "failed":
                due = self._retry_due
            case "ready":
                due = self._unload_due
            case _:
                due = math.inf
        return min(due, self._session.exporter.next_due, self._session.learning.next_due)

    @property
    def _unload_due(self) -> float:
        after = self._session.config.model.unload_after
        return math.inf if after is None else max(self._used, self._in_flight.used) + after

    def _reload_exported(self) -> None:
        """Reload the model, because the exported one may be faster; images in flight are classified again."""
        if self._session.classifier.state != "stopped":
            self._session.classifier.stop()
            self._session.classifier.start()
