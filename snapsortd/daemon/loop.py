"""The loop that files images one after the other, and minds the model, the folders and what people ask for."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.config import check_folders, load_config
from snapsortd.daemon.events import Broadcast, Event
from snapsortd.daemon.in_flight import InFlightImages
from snapsortd.daemon.jobs import JobQueue
from snapsortd.daemon.logs import log_event
from snapsortd.daemon.signals import Signals
from snapsortd.daemon.systemd import ServiceNotifier
from snapsortd.domain.errors import ConfigError, JournalBlocked, JournalError
from snapsortd.domain.file import Stat
from snapsortd.domain.result import Outcome, Result
from snapsortd.files.folders import lstat
from snapsortd.pipeline.replies import iso, result_to_json
from snapsortd.pipeline.session import Session
from snapsortd.watch.candidates import wanted_in
from snapsortd.watch.queue import WorkQueue
from snapsortd.watch.scan import scan
from snapsortd.watch.watcher import Watcher

log = logging.getLogger("snapsortd")

MODEL_RETRY_S = 60.0
"""A model that could not be loaded is tried again this often: the disk may come back."""
JOURNAL_RETRY_S = 60.0
"""So long filing rests after the journal could not be written: space may be made."""
GLANCE_S = 0.2
"""How often the loop looks at a model that is loading."""
ANSWER_S = 0.1
"""So long at most the loop waits for an answer about an image before it looks at what else there is to do."""
LONGEST_PAUSE_S = 3600.0
"""The loop sleeps no longer than this at a time, whatever the configuration says."""


class Daemon:
    """One instance at work. `run` is the only thread that files; the API's threads come in by the desk."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.events = Broadcast()
        self.queue = WorkQueue(
            self._look, lambda path, stat: self.session.pipeline.is_already_processed(path, stat.identity)
        )
        self.jobs = JobQueue(self.queue.wake)
        self.signals = Signals(self.queue.wake)
        self.service = ServiceNotifier()
        self.started = time.monotonic()
        self.halted = ""
        self.reload_error = ""
        self.last: Event | None = None
        self._paused = False
        self._in_flight = InFlightImages(
            session,
            self.queue,
            should_not_wait=self._should_not_wait,
            on_result=self._tell_result,
            on_blocked=self._halt,
        )
        self._unhalt_due = math.inf
        self._model_due = self.started
        self._model_was = session.classifier.state
        self._rescan_due = self.started
        self.watcher = self._watch()

    @property
    def state(self) -> str:
        """running, loading, paused, halted or stopping."""
        if self.signals.stop:
            return "stopping"
        if self.halted:
            return "halted"
        if self._paused:
            return "paused"
        return "loading" if self.session.classifier.state in ("loading", "failed") else "running"

    @property
    def reason(self) -> str:
        """Why nothing is filed, where nothing is."""
        error = self.session.classifier.error
        return self.halted or (str(error) if error else "")

    @property
    def waiting(self) -> int:
        """Images that wait for their turn, or for the answer about them."""
        return len(self.queue) + len(self._in_flight)

    def run(self, watching: Callable[[], object] = lambda: None) -> None:
        """File until a signal or the API says stop. `watching` is called once the folders are watched."""
        with self.signals.caught():
            try:
                self.session.classifier.start()  # it loads the model while the folders are looked through
                self.watcher.start()
                self.service.ready()
                watching()
                while not self.signals.stop:
                    self.step(time.monotonic())
            finally:
                self.service.stopping()
                self.jobs.close()
                self._in_flight.let_go()
                self.watcher.stop()

    def step(self, now: float) -> None:
        """One turn: what was asked for, what is due, one image begun, one filed, or a wait until something comes."""
        if self.signals.reload:
            self.signals.reload = False
            self._reload_or_say()
        self._manage_model(now)
        tend_due = self.watcher.tend(now)
        if now >= self._unhalt_due:
            self._unhalt_due, self._rescan_due, self.halted = math.inf, 0.0, ""
        if not self.halted:
            try:
                self._gather(now)
            except JournalError as error:
                self._halt(error)
        worked = self.jobs.work(model_ready=self.session.classifier.state not in ("loading",))
        worked = self._advance() or worked
        self.service.watchdog()
        self.service.status(self._sentence())
        # A signal's wake may have been taken in by the look above; what it asked for must not wait.
        if not worked and not self.signals.stop and not self.signals.reload:
            self._wait(tend_due)

    def _wait(self, tend_due: float | None) -> None:
        if self._in_flight and self.session.classifier.state == "ready":
            self.session.classifier.poll(ANSWER_S)
        else:
            self.queue.wait(self._pause(time.monotonic(), tend_due))

    def _gather(self, now: float) -> None:
        """Start a scan that is due, and look at what waits. Raises JournalError: it tells what is known already."""
        if now >= self._rescan_due and not self._paused:
            self._rescan_due = now + self.session.config.rescan
            self.rescan()
        self.queue.look(now)
        if self.queue.overflowed():
            self._rescan_due = now

    @property
    def _unload_due(self) -> float:
        after = self.session.config.model.unload_after
        return math.inf if after is None else self._in_flight.used + after

    def _may_file(self) -> bool:
        ready = self.session.classifier.state in ("ready", "stopped")
        return ready and not self._paused and not self.halted

    def _manage_model(self, now: float) -> None:
        """Take in whether the model is loaded; try a failed one again; end an idle one if the user wants that."""
        classifier = self.session.classifier
        classifier.poll()
        if classifier.state == "failed":
            if self._model_was != "failed":
                self._model_due = now + MODEL_RETRY_S
                log.error("the model cannot be used, nothing is filed: %s", classifier.error)
            elif now >= self._model_due:
                self._model_due = now + MODEL_RETRY_S
                classifier.start()
        elif classifier.state == "ready":
            if self._model_was != "ready":
                self._in_flight.used = now
            elif now >= self._unload_due and not self._in_flight:
                classifier.stop()
        elif classifier.state == "stopped" and self.jobs.wants_model:
            classifier.start()
        self._model_was = classifier.state
        if self.session.exporter.tend(now, classifier.model_info, self.session.config.model.threads):
            self._reload_exported()

    def _reload_exported(self) -> None:
        """Have the model loaded again: it was exported, and may be faster now. What is in flight is looked at then."""
        if self.session.classifier.state != "stopped":
            self.session.classifier.stop()
            self.session.classifier.start()

    def _pause(self, now: float, tend_due: float | None) -> float:
        """Seconds to wait at most: until the next thing is due."""
        if self.session.classifier.state == "loading":
            return GLANCE_S
        due = [now + LONGEST_PAUSE_S, self._unhalt_due, self.session.exporter.next_due]
        if not self.halted and not self._paused:
            due.append(self._rescan_due)
        if tend_due is not None:
            due.append(tend_due)
        if (next_due := self.queue.next_due(now)) is not None and self._may_file():
            due.append(next_due)
        if self.session.classifier.state == "failed":
            due.append(self._model_due)
        if self.session.classifier.state == "ready":
            due.append(self._unload_due)
        if self.service.watchdog_interval:
            due.append(now + self.service.watchdog_interval / 2)
        return max(0.0, min(due) - now)

    def rescan(self) -> None:
        """Look through every watched folder again; what is known is passed over quickly."""
        for sentence in self.session.repair():
            log.warning("%s", sentence)
        self.session.forget_gone()
        folders = self.session.config.watch
        for folder in folders:
            self.queue.offer_many(folder.path, scan(folder, [each.path for each in folders]), folder.settle)

    def _watch(self) -> Watcher:
        """Say what is wrong with the folders, and make the watcher for those of the configuration."""
        for problem in check_folders(self.session.config):
            log.warning("%s", problem)
        return Watcher(self.session.config.watch, self.queue.offer, self._rescan_soon)

    def _rescan_soon(self, _folder: str) -> None:
        self._rescan_due = 0.0
        self.queue.wake()

    def _advance(self) -> bool:
        """Begin an image, if there is one and room for it, and file one that is answered; False if neither could be."""
        classifier = self.session.classifier
        if self._paused or self.halted or classifier.state == "failed":
            self._in_flight.let_go()
            return False
        if self._in_flight and classifier.state == "stopped":
            classifier.start()  # it died, and what was in flight is looked at again
        is_new = self.queue.has_new
        path = self.queue.pop() if self._may_file() and self._in_flight.has_room(is_new=is_new) else None
        if path is not None:
            self._in_flight.begin(path, is_new=is_new)
        return self._in_flight.finish() or path is not None

    def _look(self, path: str) -> Stat | None:
        """What is at `path` now; nothing, where no watched folder wants it or only a symlink leads there."""
        folder = wanted_in(path, self.session.config.watch)
        return None if folder is None else lstat(path, folder.path)

    def _should_not_wait(self) -> bool:
        """True if the image in hand goes back to the queue: the end has come, or the model has to be loaded first.

        The loop minds the model while it loads, and answers and feeds the watchdog meanwhile.
        """
        return self.signals.stop or self.session.classifier.state == "loading"

    def file_for(
        self, path: str, *, dry_run: bool, batch: int | None, tags: Sequence[str] = (), skip_tags: Sequence[str] = ()
    ) -> dict[str, Any]:
        """One image that a person asked for, through the API."""
        try:
            told = self.session.image(path, dry_run=dry_run, batch=batch, tags=tags, skip_tags=skip_tags)
        except JournalError as error:
            self._halt(error)
            raise
        finally:
            self._in_flight.used = time.monotonic()
        if not dry_run:
            self.tell(told["outcome"], told)
        return told

    def _tell_result(self, result: Result) -> None:
        if result.outcome is Outcome.IGNORED:
            return
        event = result_to_json(result)
        self.tell(result.outcome, event)
        if self.session.config.notify and result.outcome is Outcome.FILED:
            notify_desktop(f"Filed as {event['label']}", f"{os.path.basename(result.path)} → {event['target']}")

    def tell(self, name: str, facts: Event) -> None:
        """Tell the log and all who listen."""
        event = {"event": str(name), "at": iso(time.time()), **facts}
        self.last = event
        log_event(event)
        self.events.tell(event)

    def _halt(self, error: JournalError) -> None:
        """File nothing more; try again later where that can help, else a person has to see to it."""
        self.halted = reason = str(error)
        self.queue.end_scans()
        if isinstance(error, JournalBlocked):
            self._unhalt_due = time.monotonic() + JOURNAL_RETRY_S
        log.critical("filing stops, nothing was lost: %s", reason)
        self.events.tell({"event": "state", "state": self.state, "reason": reason, "at": iso(time.time())})

    def pause(self, paused: bool) -> dict[str, Any]:
        """File nothing, and hold no folder open, or file again what came meanwhile."""
        self._paused = paused
        if paused:
            self.queue.end_scans()
        self._rescan_due = 0.0
        self.tell("state", {"state": self.state})
        return {"state": self.state}

    def reload(self) -> dict[str, Any]:
        """Work by the configuration as it is now in its file. Raises ConfigError; then the last good one stays."""
        try:
            config = load_config(self.session.config.path, os.environ, self.session.locations.config_memory)
        except ConfigError as error:
            self.reload_error = str(error)
            raise
        self.reload_error = ""
        self._in_flight.let_go()
        self.watcher.stop()
        self.queue.clear()
        self.session.use(config)
        self.session.classifier.start()
        self.watcher = self._watch()
        self.watcher.start()
        self._rescan_due = 0.0
        self.tell("state", {"state": self.state, "reason": "the configuration was read again"})
        return {"state": self.state}

    def _reload_or_say(self) -> None:
        self.service.reloading()
        try:
            self.reload()
        except ConfigError as error:
            log.error("the new configuration is not used, the last good one stays: %s", error)
            for problem in error.problems:
                log.error("%s", problem)
        self.service.ready()

    def _sentence(self) -> str:
        """What `systemctl status` shows."""
        waiting = self.waiting
        return (
            f"{self.state}: {waiting} waiting"
            if waiting
            else f"{self.state}{': ' + self.reason if self.reason else ''}"
        )
