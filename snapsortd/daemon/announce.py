"""Announces events: to the log, to the API's subscribers and on the desktop."""

from __future__ import annotations

import logging
import os
import time

from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.daemon.events import Broadcast, Event
from snapsortd.daemon.logs import log_event
from snapsortd.domain.result import Outcome, Result
from snapsortd.pipeline.replies import iso, result_to_json

log = logging.getLogger("snapsortd")


class Announcer:
    """Publishes what happens, and keeps the latest event for `status`."""

    def __init__(self) -> None:
        self.events = Broadcast()
        self.last: Event | None = None

    def publish(self, name: str, facts: Event) -> None:
        """Write an event to the log and send it to every subscriber."""
        self.last = _event(name, facts)
        log_event(self.last)
        self.events.publish(self.last)

    def publish_result(self, result: Result, *, notify: bool) -> None:
        """Publish the outcome of an image, unless it was ignored; `notify` shows a filed one on the desktop too."""
        if result.outcome is Outcome.IGNORED:
            return
        event = result_to_json(result)
        self.publish(result.outcome, event)
        if notify and result.outcome is Outcome.FILED and result.classification is not None:
            text = f"{os.path.basename(result.path)} → {event['target']}"
            number = f"\nWrong? snapsortctl correct {result.entries[-1].id} LABEL" if result.entries else ""
            notify_desktop(f"Filed as {event['label']}", text + number)

    def publish_halt(self, state: str, reason: str) -> None:
        """Log as critical that filing halted, and send the new state to every subscriber."""
        log.critical("filing halted; no files were affected: %s", reason)
        self.events.publish(_event("state", {"state": state, "reason": reason}))


def _event(name: str, facts: Event) -> Event:
    return {"event": str(name), "at": iso(time.time()), **facts}


def status_line(state: str, reason: str, waiting: int) -> str:
    """Return the line that `systemctl status` shows."""
    if waiting:
        return f"{state}: {waiting} waiting"
    return f"{state}: {reason}" if reason else state
