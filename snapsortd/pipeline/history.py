"""The contents of the journal, JSON-ready, for `status`, `log` and `explain`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import NotKnown
from snapsortd.domain.result import FINAL, Known
from snapsortd.journal import Journal, LogQuery
from snapsortd.pipeline.by_hand import MOVED_BY_HAND
from snapsortd.pipeline.known_names import check_label, check_rule
from snapsortd.pipeline.replies import entry_to_json, iso, parse_time, status_to_json, text_to_json

MAX_ENTRIES = 1000
MAX_PROBLEMS = 20


class History:
    """Reads the journal; safe to use from any thread."""

    def __init__(
        self,
        journal: Journal,
        is_watched: Callable[[str], bool] = lambda _path: True,
        rules: Callable[[], Iterable[str]] = tuple,
        labels: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`is_watched` returns True for a path that the daemon comes across by itself, `rules` the names of rules."""
        self._journal = journal
        self._is_watched = is_watched
        self._rules = rules
        self._labels = labels

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
        after: int | None = None,
        since: str | None = None,
        until: str | None = None,
        **filters: Any,
    ) -> dict[str, Any]:
        """Return journal entries, newest first, and how many there are; see `LogQuery` for the filters.

        Raise NotKnown for a rule or a label that does not exist, SnapsortError for an invalid time.
        """
        check_rule(self._journal, self._rules(), filters.get("rule"))
        check_label(self._journal, self._labels(), filters.get("label"))
        query = LogQuery(since=parse_time(since), until=parse_time(until), **filters)
        found, total = self._journal.log.read(query, max(1, min(limit, MAX_ENTRIES)), before, after)
        return {"entries": [self._to_json(entry) for entry in found], "total": total}

    def stats(self, since: str | None = None, until: str | None = None) -> dict[str, Any]:
        """Return how many images were filed and taken back, by rule, label and day, JSON-ready."""
        found = self._journal.statistics(parse_time(since), parse_time(until))
        groups = {"rules": found.rules, "labels": found.labels, "days": found.days}
        return found.total._asdict() | {
            group: [{"name": name, **tally._asdict()} for name, tally in tallies.items()]
            for group, tallies in groups.items()
        }

    def dismiss(self, path: str | None = None) -> dict[str, Any]:
        """Take a problem, or all of them, off the list of `status`. Raise NotKnown if the path has none."""
        number = self._journal.dismiss(path)
        if path is not None and not number:
            raise NotKnown(f"{path} is not on the list", "`snapsortctl status` shows what needs attention")
        return {"dismissed": number}

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
            "by_hand": known.reason if known and known.reason.startswith(MOVED_BY_HAND) else "",
            "at": iso(known.at if known else history.entries[0].at),
            "due": self._due(known),
            **(json.loads(history.decision) if history.decision else {}),
            **self._told_by(known, history.entries),
            "entries": [self._to_json(entry) for entry in history.entries],
        }

    def _told_by(self, known: Known | None, entries: Sequence[Entry]) -> dict[str, Any]:
        """Return what was found in the text of the image, if that was read, and its description, if it has one."""
        sha256 = (known.sha256 if known else b"") or (entries[0].intent.sha256 if entries else b"")
        text, caption = self._journal.texts.of(sha256), self._journal.captions.newest(sha256)
        found = {} if text is None else {"text": text_to_json(text)}
        return found | ({"caption": caption} if caption else {})

    def _due(self, known: Known | None) -> str | None:
        """Return when the rules are to be applied again, or None."""
        if known is None or known.due is None or known.outcome not in FINAL or not self._is_watched(known.path):
            return None
        return iso(known.due)

    def _to_json(self, entry: Entry) -> dict[str, Any]:
        decision = entry.intent.cause.decision
        text = self._journal.decision(decision) if decision is not None else None
        return entry_to_json(entry, json.loads(text) if text else {})
