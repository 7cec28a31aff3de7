"""The daemon's loop: files one image after the other, and carries out requests, reloads and rescans in between.

What touches images is done by workers; the loop itself never waits for their file system.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from snapsortd.config import load_config
from snapsortd.daemon.announce import Announcer, status_line
from snapsortd.daemon.due import DueImages
from snapsortd.daemon.grown import GrowthChecks
from snapsortd.daemon.guard import guarded
from snapsortd.daemon.halt import Halt
from snapsortd.daemon.homework import Homework
from snapsortd.daemon.in_flight import InFlightImages
from snapsortd.daemon.jobs import JobQueue
from snapsortd.daemon.logs import log_refused_config
from snapsortd.daemon.model_keeper import POLL_INTERVAL_S, ModelKeeper
from snapsortd.daemon.pauses import Pauses
from snapsortd.daemon.saved_config import SavedConfig
from snapsortd.daemon.signals import Signals
from snapsortd.daemon.systemd import ServiceNotifier
from snapsortd.daemon.watched_folders import WatchedFolders
from snapsortd.daemon.workers import Workers
from snapsortd.domain.errors import ConfigError, JournalError
from snapsortd.domain.result import Result
from snapsortd.pipeline.after_filing import FiledLately
from snapsortd.pipeline.session import Session
from snapsortd.watch.watcher import Watcher

log = logging.getLogger("snapsortd")

ANSWER_TIMEOUT_S = 0.1
"""Maximum wait for the classifier's answer before the loop attends to everything else."""
MAX_PAUSE_S = 3600.0
"""Maximum length of one sleep, whatever the configuration says."""
END_S = 3.5
"""How long the end waits for what workers are doing: they finish the move in hand, or drop a copy."""


class Daemon:
    """One running instance. Only the thread in `run` has something done; the API's threads submit to `jobs`."""

    def __init__(self, session: Session, signals: Signals, service: ServiceNotifier) -> None:
        """`session` must have been opened with callbacks of these `signals` and `service`."""
        self.session = session
        self.signals = signals
        self.service = service
        self.announcer = Announcer()
        self.started = time.monotonic()
        self.folders = WatchedFolders(session, self.started)
        self.queue = self.folders.queue
        self.due = DueImages(session, self.folders)
        self._tend = guarded(self.folders.tend, None)
        session.wake = self.queue.wake
        self.workers = Workers(self.queue.wake, lambda: signals.stop)
        self.jobs = JobQueue(self.queue.wake, lambda job, path: self.workers.run(job, lambda _: None, path))
        self.halt = Halt()
        self.reload_error = ""
        self.filed_lately = FiledLately()
        self._growth_checks = GrowthChecks(self.filed_lately, self.workers)
        self._pauses = Pauses(session.locations.state_dir, session.clock)
        self.saved_config = SavedConfig(session.config.path, self._reload_soon)
        self._in_flight = InFlightImages(
            session,
            self.queue,
            self.workers,
            should_not_wait=self._should_not_wait,
            on_result=self._take_result,
            on_blocked=lambda error: self._halt(error, time.monotonic()),
        )
        self._homework = Homework(session, self.workers, self.queue.wake)
        self._model = ModelKeeper(session, self._in_flight, self.started)

    @property
    def state(self) -> str:
        """One of running, loading, paused, halted and stopping."""
        if self.signals.stop:
            return "stopping"
        if self.halt:
            return "halted"
        if self._pauses:
            return "paused"
        return "loading" if self.session.classifier.state in ("loading", "failed") else "running"

    @property
    def reason(self) -> str:
        """The reason why filing is halted or the model cannot be used, or until when it pauses; empty otherwise."""
        error = self.session.classifier.error
        return self.halt.reason or (str(error) if error else "") or self._pauses.reason

    @property
    def waiting(self) -> int:
        """Number of images that wait for their turn or for the classifier's answer."""
        return len(self.queue) + len(self._in_flight)

    @property
    def watcher(self) -> Watcher:
        """The watcher of the folders in the current configuration."""
        return self.folders.watcher

    def run(self, watching: Callable[[], object] = lambda: None) -> None:
        """File until a signal or the API requests shutdown. `watching` is called once the folders are watched."""
        with self.signals.caught(self.queue.wake):
            try:
                self.session.classifier.start()  # the model is loaded while the folders are scanned
                self.watcher.start()
                self.workers.run(self.session.forgetting.resume, lambda _: None)
                self.service.ready()
                watching()
                while not self.signals.stop:
                    self.step(time.monotonic())
            finally:
                self.service.stopping()
                self._in_flight.requeue_all()
                self.workers.end(END_S)
                self._homework.end()
                self.jobs.close()
                self.watcher.stop()

    def step(self, now: float) -> None:
        """Run one iteration: a pending reload, whatever is due, one request and one image; sleep if there was none."""
        if self._pauses.take_end():
            self._announce_pause()
        if self._pauses.update(now, self.session.config):
            self._announce_pause()
        if self.signals.take_reload():
            self._reload_on_signal()
        self._model.update(now, wanted=self.jobs.wants_model)
        watcher_due = self._tend()
        if self.halt.end_if_due(now):
            self.folders.rescan_soon()
        if not self.halt:
            try:
                if not self._pauses:
                    self.due.update(now)
                self.folders.update(now, rescan=not self._pauses)
            except JournalError as error:
                self._halt(error, now)
        if self.halt:
            self.queue.end_scans()
        worked = self.workers.finish()
        self._growth_checks.update(now)
        worked = self._run_job() or worked
        worked = self._advance() or worked
        if not self.waiting:
            self.announcer.tell_offered()
        worked = worked or (not self.waiting and not self.halt and not self._pauses and self._homework.advance(now))
        self.service.watchdog()
        self.service.status(status_line(self.state, self.reason, self.waiting))
        # The queue's update above may have consumed a signal's wake-up; what the signal requested must not wait.
        if not worked and not self.signals.stop and not self.signals.reload:
            self._sleep(watcher_due)

    def _run_job(self) -> bool:
        model_ready = self.session.classifier.state != "loading"
        return self.jobs.run_next(model_ready=model_ready, has_room=self.workers.has_room)

    def _advance(self) -> bool:
        """Begin an image if there is one and room for it, and file one that is classified. True if either was done."""
        classifier = self.session.classifier
        if self._pauses or self.halt or classifier.state == "failed":
            self._in_flight.requeue_all()
            return False
        if self._in_flight.offer_again():
            self.folders.rescan_soon()
        if self._in_flight.await_answers and classifier.state == "stopped":
            classifier.start()  # it died; images in flight are classified again
        is_new = self.queue.has_new
        path = self.queue.pop() if self._may_file() and self._in_flight.has_room(is_new=is_new) else None
        if path is not None:
            self._in_flight.begin(path, is_new=is_new)
        return self._in_flight.finish() or path is not None

    def _sleep(self, watcher_due: float | None) -> None:
        """Sleep until something is due, offered or requested; while images are in flight, until an answer arrives."""
        classifier = self.session.classifier
        if self._in_flight.await_answers and classifier.state == "ready":
            classifier.poll(ANSWER_TIMEOUT_S)
            return
        if classifier.state == "loading":
            self.queue.wait(POLL_INTERVAL_S)
            return
        now = time.monotonic()
        due = [now + MAX_PAUSE_S, self.halt.next_due, self._model.next_due]
        if (turn := self.workers.next_due) > now:
            due.append(turn)
        due += [each for each in (watcher_due, self._growth_checks.next_due) if each is not None]
        if not self.halt and not self._pauses:
            due += [self.folders.rescan_due, self.due.next_check, self._homework.next_due]
        if self._may_file() and self.workers.has_room and (queue_due := self.queue.next_due(now)) is not None:
            due.append(queue_due)
        due.append(self._pauses.next_check(now))
        if self.service.watchdog_interval:
            due.append(now + self.service.watchdog_interval / 2)
        self.queue.wait(max(0.0, min(due) - now))

    def _may_file(self) -> bool:
        ready = self.session.classifier.state in ("ready", "stopped")
        return ready and not self._pauses and not self.halt

    def _should_not_wait(self) -> bool:
        """True on shutdown and while the model loads, when the loop must answer requests and feed the watchdog."""
        return self.signals.stop or self.session.classifier.state == "loading"

    def _take_result(self, result: Result) -> None:
        """Take in the result for an image, which is news."""
        self.due.check_soon()
        self.announcer.publish_result(result, self.session.config)
        self.filed_lately.add(result.entries, time.monotonic())
        self._homework.take_filed(result.entries)

    def file_for(
        self, path: str, *, dry_run: bool, batch: int | None, tags: Sequence[str] = (), skip_tags: Sequence[str] = ()
    ) -> dict[str, Any]:
        """File one image on an API request."""
        try:
            reply = self.session.image(path, dry_run=dry_run, batch=batch, tags=tags, skip_tags=skip_tags)
        except JournalError as error:
            self._halt(error, time.monotonic())
            raise
        finally:
            self._model.mark_used(time.monotonic())
        if not dry_run:
            self.due.check_soon()
            self.announcer.publish(reply["outcome"], reply)
        return reply

    def pause(self, paused: bool, seconds: float = math.inf) -> dict[str, Any]:
        """Stop filing, for so many seconds, and close every open folder; or continue with what arrived meanwhile."""
        if paused:
            self._pauses.begin(seconds)
        else:
            self._pauses.end()
        self._announce_pause()
        return {"state": self.state, "reason": self.reason}

    def _announce_pause(self) -> None:
        """Publish that a pause began or ended; what arrived meanwhile is found."""
        if self._pauses:
            self.queue.end_scans()
        self.folders.rescan_soon()
        self.announcer.publish("state", {"state": self.state, "reason": self.reason})

    def stop(self) -> None:
        """Request shutdown; callable from any thread."""
        self.signals.stop = True
        self.queue.wake()

    def reload(self) -> dict[str, Any]:
        """Reload the configuration. Raises ConfigError; the last valid one then stays in effect."""
        self.saved_config.loaded()
        try:
            config = load_config(self.session.config.path, os.environ, self.session.locations.config_cache)
        except ConfigError as error:
            self.reload_error = str(error)
            raise
        self.reload_error = ""
        self._in_flight.requeue_all()
        self.folders.stop()
        self.session.use(config)
        self._pauses.check_soon()
        self.session.classifier.start()
        self.folders.restart()
        self.announcer.publish("state", {"state": self.state, "reason": "the configuration was reloaded"})
        return {"state": self.state, "left": len(self.session.journal.left_images.outdated(config.fingerprint))}

    def _reload_on_signal(self) -> None:
        self.service.reloading()
        try:
            self.reload()
        except ConfigError as error:
            log_refused_config(error)
            reason = f"{error}; the last valid one stays in effect: `snapsortctl check`"
            self.announcer.publish("state", {"state": self.state, "reason": reason})
            if self.session.config.notify and self.announcer.notifications is not None:
                self.announcer.notifications.add_text("The new configuration is not used", reason)
        self.service.ready()

    def _reload_soon(self) -> None:
        self.signals.reload = True
        self.queue.wake()

    def _halt(self, error: JournalError, now: float) -> None:
        """Halt filing, which is news. Callable from any thread."""
        self.halt.begin(error, now)
        self.announcer.publish_halt(self.state, self.halt.reason)
