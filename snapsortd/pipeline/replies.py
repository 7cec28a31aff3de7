"""Replies of the control API, JSON-ready, and parsing of its parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from snapsortd.domain.decision import Decision, PlannedAction
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.example import Example
from snapsortd.domain.image import Classification, FileFacts
from snapsortd.domain.image_text import ImageText
from snapsortd.domain.metadata import metadata_from_json
from snapsortd.domain.result import Result
from snapsortd.domain.text import truncate
from snapsortd.journal import Counts, Problem, Selection
from snapsortd.pipeline.undo import UndoResult
from snapsortd.rules.preview import preview_actions
from snapsortd.rules.text_values import text_values


def status_to_json(counts: Counts, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the journal's counts and problems, JSON-ready."""
    return {
        "state": "stopped",
        "queued": 0,
        "filed": counts.filed,
        "failed": counts.failed,
        "quarantined": counts.quarantined,
        "incomplete": counts.incomplete,
        "conflicts": counts.conflicts,
        "undone": counts.undone,
        "unfinished": counts.open,
        "problems": [
            {
                "path": each.path,
                "outcome": each.outcome,
                "reason": each.reason,
                "at": iso(each.at),
                "id": each.entry,
            }
            for each in problems
        ],
    }


def result_to_json(result: Result) -> dict[str, Any]:
    """Return one image's result, JSON-ready."""
    classification, decision = result.classification, result.decision
    planned = decision.actions[0] if decision and decision.actions else None
    return {
        "path": result.path,
        "outcome": result.outcome,
        "reason": result.reason,
        "label": classification.label if classification else None,
        "score": truncate(classification.score, 4) if classification else None,
        "margin": truncate(classification.margin, 4) if classification else None,
        "rule": planned.rule if planned else (decision.skipped or None) if decision else None,
        "target": _target(result, planned),
        "milliseconds": round(result.milliseconds, 1),
        "due": None if result.due is None else iso(result.due),
        "rules": rules_to_json(decision) if decision else [],
        "actions": [asdict(each) for each in preview_actions(result.path, decision.actions)] if decision else [],
    }


def _target(result: Result, planned: PlannedAction | None) -> str | None:
    """Return the path of the image, or of the last file made from it; if nothing was done, the planned path."""
    made = [each.intent.target for each in result.entries if each.intent.target != each.intent.source]
    if made or result.entries:
        return made[-1] if made else None
    return planned.describe() if planned else None


def parse_selection(
    ids: list[int] | None = None,
    paths: list[str] | None = None,
    burst: bool | None = None,
    batch: int | None = None,
    last: int | None = None,
    rule: str | None = None,
    since: str | None = None,
    until: str | None = None,
    all: bool | None = None,
) -> Selection:
    """Return a Selection from the API's parameters. Raise SnapsortError for an invalid time."""
    times = {"since": parse_time(since), "until": parse_time(until)}
    return Selection(
        tuple(ids or ()), tuple(paths or ()), bool(burst), batch=batch, last=last, rule=rule, all=bool(all), **times
    )


def parse_time(moment: str | None) -> float | None:
    """Return the seconds since 1970 of a time in ISO 8601. Raise SnapsortError if it is invalid."""
    try:
        return datetime.fromisoformat(moment).astimezone().timestamp() if moment else None
    except (ValueError, OverflowError):
        raise SnapsortError(f"{moment!r} is not a valid time", "write 2026-11-23 or 2026-11-23T14:30") from None


def iso(seconds: float) -> str:
    """Return the local time with its offset, to the second."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(timespec="seconds")


def decision_to_json(
    facts: FileFacts,
    classification: Classification,
    decision: Decision,
    milliseconds: float,
    told: str = "",
    answered_by: str = "",
) -> str:
    """Return the decision as JSON text for the journal, which `explain` shows. What the image shows is not in it, nor
    what is written there: that is stored where it can be forgotten.

    `told` is the label that a person gave the image, by which the rules were applied; empty for the model's own.
    `answered_by` is as in `Classifier`.
    """
    image, before = classification.image, classification.zero_shot
    content: dict[str, Any] = {
        "label": classification.label,
        "score": truncate(classification.score, 4),
        "margin": truncate(classification.margin, 4),
        "scores": {name: truncate(score, 4) for name, score in classification.scores.items()},
        "scores_by_prompts": {name: truncate(score, 4) for name, score in classification.scores_by_prompts.items()},
        **({"told": told} if told else {}),
        **({"zero_shot": {name: truncate(each, 4) for name, each in before.items()}} if before else {}),
        "model": classification.model,
        "answered_by": answered_by,
        "has_noun": bool(classification.noun),
        "milliseconds": round(milliseconds, 1),
        "rules": rules_to_json(decision),
        "facts": {
            "format": facts.format,
            "size": facts.identity.size,
            "width": image.width,
            "height": image.height,
            "frames": image.frames,
            "alpha": image.has_alpha,
            "camera": image.camera,
            "exif": dict(image.exif),
            "urls": list(facts.urls),
            "added": facts.added.isoformat(timespec="seconds") if facts.added else None,
            "birth_known": facts.is_birth_known,
            "created": facts.created.isoformat(timespec="seconds"),
            "modified": facts.modified.isoformat(timespec="seconds"),
            "taken": image.taken.isoformat(timespec="seconds") if image.taken else None,
            "taken_from": image.taken_from,
            "dates": {source: date.isoformat() for source, date in image.dates.items()},
        },
    }
    return json.dumps(content)


def rules_to_json(decision: Decision) -> list[dict[str, Any]]:
    """Return the reasons of every rule that was evaluated, JSON-ready."""
    return [
        {"rule": each.rule, "matched": each.matched, "reasons": list(each.reasons)}
        | ({"near": asdict(each.near)} if each.near else {})
        for each in decision.rules
    ]


def entry_to_json(entry: Entry, decided: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry with the decision that led to it, JSON-ready."""
    intent, cause = entry.intent, entry.intent.cause
    return {
        "id": entry.id,
        "batch": cause.batch,
        "kind": intent.kind,
        "action": intent.action,
        "rule": cause.rule,
        "source": intent.source,
        "target": intent.target,
        "state": entry.state,
        "method": intent.method,
        "reason": entry.reason,
        "at": iso(entry.at),
        "tags": list(intent.tags),
        "arguments": list(intent.arguments),
        "follows": cause.follows,
        "reverses": intent.reverses,
        "reversed_by": entry.reversed_by,
        "lost": list(metadata_from_json(entry.metadata).words),
        **{key: decided.get(key) for key in ("label", "score", "margin", "milliseconds")},
    }


def undo_to_json(results: Sequence[UndoResult], withdrawn: Sequence[Example] = ()) -> dict[str, Any]:
    """Return the items that were undone or redone, and those that were refused, JSON-ready.

    `withdrawn` are examples of images that were not moved.
    """
    done = sum(each.done for each in results)
    return {
        "results": [
            {
                "id": each.entry.id,
                "kind": each.entry.intent.kind,
                "action": each.entry.intent.action,
                "done": each.done,
                "from": each.source,
                "to": each.target,
                "tags": list(each.entry.intent.tags),
                "reason": each.reason,
            }
            for each in results
        ]
        + [_withdrawn_to_json(each) for each in withdrawn],
        "done": done + len(withdrawn),
        "refused": len(results) - done,
    }


def _withdrawn_to_json(example: Example) -> dict[str, Any]:
    """Return an example that was withdrawn, in the form of an item that was undone."""
    return {
        "id": example.id,
        "kind": "example",
        "action": "example",
        "done": True,
        "from": example.path,
        "to": example.label,
        "tags": [],
        "reason": "",
    }


def example_to_json(example: Example) -> dict[str, Any]:
    """Return an example, JSON-ready."""
    return {
        "path": example.path,
        "label": example.label,
        "is_not": example.is_not,
        "source": example.source,
        "at": iso(example.at),
        "sha256": example.sha256.hex(),
    }


def text_to_json(text: ImageText) -> dict[str, Any]:
    """Return how many lines an image has, and its title, date and amount where there are any; never the text itself."""
    found = {name.removeprefix("text."): str(value) for name, value in text_values(text).items() if value}
    return {"lines": len(text.lines), **found}
