"""The contents of the journal, JSON-ready, for `status`, `log` and `explain`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from snapsortd.domain.entry import Entry, State
from snapsortd.domain.errors import NotKnown
from snapsortd.domain.result import FINAL, Known
from snapsortd.journal import Journal
from snapsortd.pipeline.replies import entry_to_json, iso, status_to_json

MAX_ENTRIES = 1000
MAX_PROBLEMS = 20


class History:
    """Reads the journal; safe to use from any thread."""

    def __init__(self, journal: Journal, is_watched: Callable[[str], bool] = lambda _path: True) -> None:
        """`is_watched` returns True for a path that the daemon comes across by itself."""
        self._journal = journal
        self._is_watched = is_watched

    def status(self, in_hand: Collection[str] = ()) -> dict[str, Any]:
        """Return the journal's counts, and the problems that need a person's attention.

        An open entry of a file that is `in_hand` is not one of them.
        """
        problems = self._journal.problems(MAX_PROBLEMS)
        left = self._journal.left_images
        return {
            **status_to_json(
                self._journal.counts(),
                [each for each in problems if each.outcome != "open" or each.path not in in_hand],
            ),
            "waits": [
                {"path": each.path, "until": iso(each.due or 0.0), "reason": each.reason}
                for each in self._journal.waiting(MAX_PROBLEMS)
            ],
            "left": {"existing": len(left.existing()), "offered": len(left.offered())},
        }

    def log(
        self,
        limit: int = 50,
        before: int | None = None,
        rule: str | None = None,
        path: str | None = None,
        shadow: bool = False,
    ) -> dict[str, Any]:
        """Return journal entries, newest first; with `shadow`, only those of rules in shadow mode."""
        state = State.SHADOW if shadow else None
        limit = max(1, min(limit, MAX_ENTRIES))
        found = self._journal.entries(limit=limit, before=before, rule=rule, path=path, state=state)
        return {"entries": [self._to_json(entry) for entry in found]}

    def explain(self, path: str, waits: str = "", seconds: float | None = None) -> dict[str, Any]:
        """Return all that is known about the image that is, or was, at `path`. Raise NotKnown if that is nothing.

        `waits` is why the file that is there now is not filed as it is, `seconds` for how long it has waited.
        """
        history = self._journal.history_of(path)
        if waits:
            entries = [self._to_json(entry) for entry in history.entries]
            return {
                "path": path,
                "outcome": "waiting",
                "reason": waits,
                "at": None,
                "seconds": None if seconds is None else round(seconds, 1),
                "entries": entries,
            }
        if history.known is None and not history.entries:
            raise NotKnown(
                f"nothing is known about {path}", "it has not been seen yet, or is not an image; try `snapsortctl sim`"
            )
        known = history.known
        return {
            "path": path,
            "outcome": known.outcome if known else None,
            "reason": known.reason if known else "",
            "at": iso(known.at if known else history.entries[0].at),
            "due": self._due(known),
            **(json.loads(history.decision) if history.decision else {}),
            "entries": [self._to_json(entry) for entry in history.entries],
        }

    def _due(self, known: Known | None) -> str | None:
        """Return when the rules are to be applied again, or None."""
        if known is None or known.due is None or known.outcome not in FINAL or not self._is_watched(known.path):
            return None
        return iso(known.due)

    def _to_json(self, entry: Entry) -> dict[str, Any]:
        decision = entry.intent.cause.decision
        text = self._journal.decision(decision) if decision is not None else None
        return entry_to_json(entry, json.loads(text) if text else {})
