"""Announces events: to the log, to the API's subscribers and on the desktop."""

from __future__ import annotations

import logging
import time

from snapsortd.config import Config
from snapsortd.daemon.events import Broadcast, Event
from snapsortd.daemon.logs import log_event
from snapsortd.daemon.notifications import Note, Notifications
from snapsortd.domain.entry import Method, State
from snapsortd.domain.result import Outcome, Result
from snapsortd.pipeline.replies import iso, result_to_json

log = logging.getLogger("snapsortd")

FAILURES = frozenset({Outcome.FAILED, Outcome.QUARANTINED, Outcome.INCOMPLETE})


class Announcer:
    """Publishes what happens, and keeps the latest event for `status`."""

    def __init__(self) -> None:
        self.events = Broadcast()
        self.last: Event | None = None
        self.notifications: Notifications | None = None
        """Shows what happens on the desktop; None if there is no use for that, as in tests."""
        self._offered = 0

    def publish(self, name: str, facts: Event) -> None:
        """Write an event to the log and send it to every subscriber."""
        self.last = _event(name, facts)
        log_event(self.last)
        self.events.publish(self.last)

    def publish_result(self, result: Result, config: Config) -> None:
        """Publish the outcome of an image, unless it was ignored; on the desktop too if the configuration says so."""
        if result.outcome is Outcome.IGNORED:
            return
        self._offered += result.outcome is Outcome.OFFERED
        event = result_to_json(result)
        self.publish(result.outcome, event)
        if self.notifications is not None and (note := note_of(result, event, config)) is not None:
            self.notifications.add(note)

    def tell_offered(self) -> None:
        """Log how many images that were left alone match the rules since these were changed."""
        if self._offered:
            match = "1 image that was" if self._offered == 1 else f"{self._offered} images that were"
            log.info("%s left alone would be filed by your rules now: `snapsortctl sort --left`", match)
            self._offered = 0

    def publish_halt(self, state: str, reason: str) -> None:
        """Log as critical that filing halted, and send the new state to every subscriber."""
        log.critical("filing halted; no files were affected: %s", reason)
        self.events.publish(_event("state", {"state": state, "reason": reason}))


def note_of(result: Result, event: Event, config: Config) -> Note | None:
    """Return what to show on the desktop about an image; None if nothing is to be shown."""
    if result.outcome in FAILURES and result.attempts <= 1:
        return Note(result.path, failure=result.reason) if config.notify else None
    rule = event["rule"] or ""
    own = next((each.notify for each in config.rules if each.name == rule), None)
    if result.outcome is not Outcome.FILED or not (config.notify is True if own is None else own):
        return None
    done = (entry for entry in result.entries if entry.state is State.DONE and entry.intent.method is not Method.CALL)
    ids = tuple(entry.id for entry in done)
    return Note(result.path, event["target"] or "", event["label"] or "", rule, ids=ids)


def _event(name: str, facts: Event) -> Event:
    return {"event": str(name), "at": iso(time.time()), **facts}


def status_line(state: str, reason: str, waiting: int) -> str:
    """Return the line that `systemctl status` shows."""
    if waiting:
        return f"{state}: {waiting} waiting"
    return f"{state}: {reason}" if reason else state
