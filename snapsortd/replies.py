"""What the control API answers, JSON-ready, and what it is asked for in its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from snapsortd.domain.decision import PlannedAction
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.result import Result
from snapsortd.journal import Counts, Problem, Selection
from snapsortd.rules.preview import foretell
from snapsortd.story import rules_told


def standing(counts: Counts, problems: Sequence[Problem]) -> dict[str, Any]:
    """How things stand, JSON-ready."""
    return {
        "state": "stopped",
        "queued": 0,
        "filed": counts.filed,
        "failed": counts.failed,
        "quarantined": counts.quarantined,
        "conflicts": counts.conflicts,
        "undone": counts.undone,
        "unfinished": counts.open,
        "problems": [
            {"path": each.path, "outcome": each.outcome, "reason": each.reason, "at": iso(each.at)} for each in problems
        ],
    }


def result_told(result: Result) -> dict[str, Any]:
    """One image's result, JSON-ready."""
    sight, decision = result.sight, result.decision
    planned = decision.actions[0] if decision and decision.actions else None
    return {
        "path": result.path,
        "outcome": result.outcome,
        "reason": result.reason,
        "label": sight.label if sight else None,
        "score": round(sight.score, 4) if sight else None,
        "margin": round(sight.margin, 4) if sight else None,
        "rule": planned.rule if planned else (decision.skipped or None) if decision else None,
        "target": _target(result, planned),
        "milliseconds": round(result.milliseconds, 1),
        "rules": rules_told(decision) if decision else [],
        "actions": [asdict(each) for each in foretell(result.path, decision.actions)] if decision else [],
    }


def _target(result: Result, planned: PlannedAction | None) -> str | None:
    """Where the image, or what was made of it, lies now; or would, where nothing was done."""
    made = [each.target for each in result.entries if each.target != each.source]
    if made or result.entries:
        return made[-1] if made else None
    return planned.shown() if planned else None


def selected(
    ids: list[int] | None = None,
    batch: int | None = None,
    last: int | None = None,
    rule: str | None = None,
    since: str | None = None,
    until: str | None = None,
    all: bool | None = None,
) -> Selection:
    """A Selection from the API's words. Raises SnapsortError for a time that can't be read."""
    return Selection(tuple(ids or ()), batch, last, rule, seconds(since), seconds(until), bool(all))


def seconds(moment: str | None) -> float | None:
    """Seconds since 1970 of a time in ISO 8601. Raises SnapsortError."""
    try:
        return datetime.fromisoformat(moment).astimezone().timestamp() if moment else None
    except (ValueError, OverflowError):
        raise SnapsortError(f"{moment!r} is no time", "write it like 2026-11-23 or 2026-11-23T14:30") from None


def iso(seconds: float) -> str:
    """Local time with its offset, to the second."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(timespec="seconds")
