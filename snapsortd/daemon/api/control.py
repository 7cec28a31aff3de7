"""What the API may ask of a running daemon; every call may come from a thread of the API's."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import snapsortd
from snapsortd.daemon.events import Broadcast
from snapsortd.domain.errors import JournalError
from snapsortd.journal import Counts
from snapsortd.pipeline.replies import standing

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon


class DaemonControl:
    """Reads answer at once from the journal; whatever touches files is done by the daemon's own thread."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    @property
    def events(self) -> Broadcast:
        """What happens, as it happens."""
        return self._daemon.events

    def status(self) -> dict[str, Any]:
        """The state of everything, in one object."""
        daemon = self._daemon
        session, classifier = daemon.session, daemon.session.classifier
        state, reason = daemon.state, daemon.reason
        try:
            found = session.history.status()
        except JournalError as error:  # what else is known is told all the same
            found = standing(Counts(0, 0, 0, 0, 0, 0), ())
            state, reason = "halted", str(error)
        return {
            **found,
            "state": state,
            "reason": reason,
            "pid": os.getpid(),
            "version": snapsortd.__version__,
            "uptime_s": round(time.monotonic() - daemon.started, 1),
            "queued": daemon.waiting,
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
            "last": daemon.last,
        }

    def log(self, **query: Any) -> dict[str, Any]:
        """Journal entries, newest first."""
        return self._daemon.session.history.log(**query)

    def explain(self, path: str) -> dict[str, Any]:
        """The story of one image."""
        return self._daemon.session.history.explain(path)

    def image(
        self,
        path: str,
        *,
        dry_run: bool,
        batch: int | None,
        tags: Sequence[str] = (),
        skip_tags: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Classify one image now, and file it unless `dry_run`; the tags choose the rules."""

        def work() -> dict[str, Any]:
            if self._daemon.halted and not dry_run:
                raise JournalError(f"filing has stopped: {self._daemon.halted}")
            return self._daemon.file_for(path, dry_run=dry_run, batch=batch, tags=tags, skip_tags=skip_tags)

        return self._daemon.jobs.ask(work, needs_model=True)

    def undo(self, **selection: Any) -> dict[str, Any]:
        """Take moves back."""
        return self._reversed("undone", **selection)

    def redo(self, **selection: Any) -> dict[str, Any]:
        """Take undos back."""
        return self._reversed("redone", **selection)

    def _reversed(self, event: str, **selection: Any) -> dict[str, Any]:
        session = self._daemon.session
        call = session.undo if event == "undone" else session.redo
        dry_run = bool(selection.pop("dry_run", False))
        found = self._daemon.jobs.ask(lambda: call(dry_run=dry_run, **selection))
        for each in found["results"]:
            if each["done"] and not dry_run:
                self._daemon.tell(event, {"path": each["from"], "target": each["to"], "id": each["id"]})
        return found

    def pause(self) -> dict[str, Any]:
        """File nothing until `resume`; new images wait."""
        return self._daemon.jobs.ask(lambda: self._daemon.pause(True))

    def resume(self) -> dict[str, Any]:
        """File again."""
        return self._daemon.jobs.ask(lambda: self._daemon.pause(False))

    def reload(self) -> dict[str, Any]:
        """Read the configuration again. Raises ConfigError; the last good one stays in force."""
        return self._daemon.jobs.ask(self._daemon.reload)

    def stop(self) -> dict[str, Any]:
        """Finish the move in hand and end."""
        self._daemon.signals.stop = True
        self._daemon.queue.wake()
        return {"state": "stopping"}
