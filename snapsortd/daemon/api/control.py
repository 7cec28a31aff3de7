"""The operations of a running daemon that the API offers; each may be called from any of the API's threads."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import snapsortd
from snapsortd.daemon.api.reviewing import DaemonReviewing
from snapsortd.daemon.api.searching import DaemonSearching
from snapsortd.daemon.api.teaching import DaemonTeaching
from snapsortd.daemon.events import Broadcast
from snapsortd.domain.errors import JournalError, NotKnown
from snapsortd.journal import Counts
from snapsortd.pipeline.replies import iso, status_to_json

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon


MAX_HELD = 100
"""Maximum number of files that are held back in one status."""


class DaemonControl:
    """Answers queries directly from the journal; everything else is done when the daemon's loop says so."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self.teaching = DaemonTeaching(daemon)
        self.reviewing = DaemonReviewing(daemon)
        self.searching = DaemonSearching(daemon)

    @property
    def events(self) -> Broadcast:
        """The stream of events."""
        return self._daemon.announcer.events

    def status(self) -> dict[str, Any]:
        """Return the state of the daemon, its model, folders and configuration."""
        daemon = self._daemon
        session, classifier = daemon.session, daemon.session.classifier
        state, reason = daemon.state, daemon.reason
        try:
            found = session.history.status(session.mover.in_hand.paths())
        except JournalError as error:  # everything else is still reported
            found = status_to_json(Counts(0, 0, 0, 0, 0, 0, 0), ())
            state, reason = "halted", str(error)
        grown = [
            {
                "path": each.entry.intent.target,
                "outcome": "grown",
                "reason": each.reason,
                "at": iso(each.entry.at),
                "id": None,
            }
            for each in daemon.filed_lately.grown
        ]
        return {
            **found,
            "problems": [*found["problems"], *grown],
            "state": state,
            "reason": reason,
            "pid": os.getpid(),
            "version": snapsortd.__version__,
            "uptime_s": round(time.monotonic() - daemon.started, 1),
            "queued": daemon.waiting,
            "held_back": [
                {"path": path, "reason": reason, "seconds": round(seconds, 1)}
                for path, reason, seconds in daemon.folders.held_back()[:MAX_HELD]
            ],
            "working": [task.to_json() for task in daemon.workers.overdue],
            "model": {
                "name": session.config.model.name,
                "state": classifier.state,
                "error": str(classifier.error) if classifier.error else None,
                "engine": classifier.model_info.get("engine"),
                "engine_reason": classifier.model_info.get("engine_reason"),
                "exporting": daemon.session.exporter.pid is not None,
            },
            "classifier_pid": classifier.pid,
            "folders": [{"path": path, "state": state} for path, state in daemon.watcher.states().items()],
            "config": {
                "path": session.config.path,
                "error": daemon.reload_error or None,
                "fingerprint": session.config.fingerprint,
            },
            "last": daemon.announcer.last,
            "thresholds": [{"rule": each.rule, "why": each.sentence} for each in session.teaching.advice],
        }

    def log(self, **query: Any) -> dict[str, Any]:
        """Return journal entries, newest first."""
        return self._daemon.session.history.log(**query)

    def stats(self, **query: Any) -> dict[str, Any]:
        """Return how many images were filed and taken back."""
        return self._daemon.session.history.stats(**query)

    def dismiss(self, path: str | None = None) -> dict[str, Any]:
        """Take a problem, or all of them, off the list of `status`."""
        grown = self._daemon.filed_lately.dismiss(path)
        if grown and path is not None:
            return {"dismissed": grown}
        found = self._daemon.session.history.dismiss(path)
        return {"dismissed": found["dismissed"] + grown}

    def explain(self, path: str) -> dict[str, Any]:
        """Return what is known of one image, and why."""
        folders, session = self._daemon.folders, self._daemon.session
        held = folders.queue.held_back.reason_of(path, time.monotonic())
        if held is not None:
            return session.explain(path, *held)
        try:
            return session.explain(path)
        except NotKnown:
            return session.explain(path, *folders.why_not_filed(path))

    def image(
        self,
        path: str,
        *,
        dry_run: bool,
        batch: int | None,
        tags: Sequence[str] = (),
        skip_tags: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Classify one image now, and file it unless `dry_run`; the tags select the rules."""

        def work() -> dict[str, Any]:
            if self._daemon.halt and not dry_run:
                raise JournalError(f"filing is halted: {self._daemon.halt.reason}")
            return self._daemon.file_for(path, dry_run=dry_run, batch=batch, tags=tags, skip_tags=skip_tags)

        return self._daemon.jobs.submit(work, needs_model=True, path=path)

    def undo(self, **selection: Any) -> dict[str, Any]:
        """Undo the selected moves."""
        return self._reversed("undone", **selection)

    def redo(self, **selection: Any) -> dict[str, Any]:
        """Redo the selected undone moves."""
        return self._reversed("redone", **selection)

    def _reversed(self, event: str, **selection: Any) -> dict[str, Any]:
        session = self._daemon.session
        reverse = session.undoing.undo if event == "undone" else session.undoing.redo
        dry_run = bool(selection.pop("dry_run", False))
        found = self._daemon.jobs.submit(lambda: reverse(dry_run=dry_run, **selection), touches_files=True)
        for each in found["results"]:
            if each["done"] and not dry_run:
                self._daemon.announcer.publish(event, {"path": each["from"], "target": each["to"], "id": each["id"]})
        return found

    def abandon(self, number: int, *, dry_run: bool) -> dict[str, Any]:
        """Give up an unfinished entry that can't be resolved, or only explain what that means."""
        session = self._daemon.session
        return self._daemon.jobs.submit(lambda: session.undoing.abandon(number, dry_run=dry_run), touches_files=True)

    def pause(self, seconds: int | None = None) -> dict[str, Any]:
        """Stop filing for so many seconds, or until `resume`; new images wait."""
        return self._daemon.jobs.submit(lambda: self._daemon.pause(True, math.inf if seconds is None else seconds))

    def resume(self) -> dict[str, Any]:
        """Continue filing."""
        return self._daemon.jobs.submit(lambda: self._daemon.pause(False))

    def reload(self) -> dict[str, Any]:
        """Reload the configuration. Raises ConfigError; the last valid one then stays in effect."""
        return self._daemon.jobs.submit(self._daemon.reload)

    def stop(self) -> dict[str, Any]:
        """Finish the current move and shut down."""
        self._daemon.stop()
        return {"state": "stopping"}
