"""Ask which past decisions would be different with other rules, thresholds or scores. No image is opened."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from snapsortd.domain.caption import Caption
from snapsortd.domain.errors import SnapsortError, TemplateError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.domain.image_text import ImageText
from snapsortd.domain.text import suggestion
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts, LabelFilter
from snapsortd.rules.rule import Rule

THRESHOLDS = ("min_score", "min_margin")
NO_RULE = ""

Scores = Mapping[str, float]
"""The score of each label."""


@dataclass(frozen=True, slots=True)
class Past:
    """A stored decision: the image's path and content, the time of the wall clock, and the decision as JSON."""

    path: str
    sha256: bytes
    at: float
    content: Mapping[str, Any]
    regretted: bool
    """True if what was done was undone since, or the label corrected."""
    caption: str = ""
    """The description of the image, if it has one."""
    text: ImageText | None = None
    """The text in the image, if it was read and is asked for."""


@dataclass(frozen=True, slots=True)
class Change:
    """An image that another rule would have filed; NO_RULE for none."""

    path: str
    before: str
    after: str
    regretted: bool


def scores_then(past: Past) -> Scores:
    """Return the scores by which it was decided."""
    scores: Scores = past.content["scores"]
    return scores


def zero_shot_scores(past: Past) -> Scores:
    """Return the scores without what was learnt."""
    return past.content.get("zero_shot") or scores_then(past)


@dataclass(frozen=True, slots=True)
class Basis:
    """The rules and scores that decide, and the labels that mean "leave the file alone"."""

    rules: Sequence[Rule]
    negatives: frozenset[str]
    scores: Callable[[Past], Scores] = scores_then


def with_thresholds(rules: Sequence[Rule], settings: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules with other thresholds, each given as `RULE.min_score=0.7`. Raise SnapsortError."""
    changed = list(rules)
    for text in settings:
        head, _, value = text.partition("=")
        name, _, key = head.rpartition(".")
        if not name or not value:
            raise SnapsortError(f"'{text}' is not a threshold", "write 'RULE.min_score=0.7'")
        places = [place for place, rule in enumerate(changed) if rule.name == name]
        if not places:
            near = suggestion(name, [rule.name for rule in rules])
            raise SnapsortError(f"there is no rule '{name}'{near}", "write 'RULE.min_score=0.7'")
        changed[places[0]] = _with_threshold(changed[places[0]], key, value)
    return tuple(changed)


def _with_threshold(rule: Rule, key: str, value: str) -> Rule:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if key not in THRESHOLDS or not 0 <= number <= 1:
        raise SnapsortError(f"'{key}={value}' is not a threshold", "write min_score or min_margin, from 0 to 1")
    if not any(isinstance(each, LabelFilter) for each in rule.filters):
        raise SnapsortError(f"rule '{rule.name}' has no filter 'label', so it has no {key}")
    filters = (_with(each, key, number) if isinstance(each, LabelFilter) else each for each in rule.filters)
    return replace(rule, filters=tuple(filters))


def _with(asked: LabelFilter, key: str, number: float) -> LabelFilter:
    return replace(asked, min_score=number) if key == "min_score" else replace(asked, min_margin=number)


def replay(past: Iterable[Past], before: Basis, after: Basis) -> list[Change]:
    """Return the images for which `after` decides differently from `before`.

    Both are asked now, so that only the difference between them counts. What filters on duplicates wanted to know is
    not known any more.
    """
    changes = []
    for each in past:
        old, new = (winner(of.rules, facts_of(each, of.scores(each), of.negatives)) for of in (before, after))
        if old != new:
            changes.append(Change(each.path, old, new, each.regretted))
    return changes


def winner(rules: Sequence[Rule], facts: Facts) -> str:
    """Return the name of the first rule that files the image, or NO_RULE."""
    try:
        decision = evaluate(rules, facts)
    except TemplateError:
        return NO_RULE
    return decision.actions[0].rule if decision.actions else NO_RULE


def facts_of(past: Past, scores: Scores, negatives: frozenset[str]) -> Facts:
    """Return what is known about an image by the decision on it."""
    found = past.content["facts"]
    taken = datetime.fromisoformat(found["taken"]) if found.get("taken") else None
    image = ImageFacts(
        width=found["width"],
        height=found["height"],
        taken=taken,
        frames=found["frames"],
        has_alpha=found["alpha"],
        exif=found["exif"],
        taken_from=found.get("taken_from", ""),
    )
    file = FileFacts(
        path=past.path,
        root=os.path.dirname(past.path),
        identity=FileIdentity(0, 0, found["size"], 0),
        created=datetime.fromisoformat(found["created"]),
        modified=datetime.fromisoformat(found["modified"]),
        format=found["format"],
        urls=tuple(found["urls"]),
        added=datetime.fromisoformat(found["added"]) if found.get("added") else None,
        is_birth_known=found.get("birth_known", True),
    )
    now = datetime.fromtimestamp(past.at, UTC).astimezone()
    classification = Classification(scores, b"", image, past.content.get("model", ""))
    caption = Caption(past.caption, "it was not described then")
    return Facts(file, classification, negatives, now, text=past.text, caption=caption)


def summary(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return for each rule how many images it would gain and lose, and how many of those were regretted since."""
    counts: dict[str, Counter[str]] = {}
    for each in changes:
        for rule, way in ((each.after, "gained"), (each.before, "lost")):
            if rule != NO_RULE:
                counts.setdefault(rule, Counter())[way] += 1
                counts[rule][f"{way}_regretted"] += each.regretted
    ways = ("gained", "gained_regretted", "lost", "lost_regretted")
    return [{"rule": rule, **{way: found[way] for way in ways}} for rule, found in counts.items()]


def replay_to_json(images: int, changes: Sequence[Change]) -> dict[str, Any]:
    """Return the number of images that were asked about, the rules' numbers, and every change."""
    return {"images": images, "rules": summary(changes), "changes": [asdict(each) for each in changes]}


def past_of(rows: Iterable[tuple[str, bytes, float, str, bool, str]]) -> list[Past]:
    """Return the decisions of an image by its label; those by what a person told are left out."""
    found = (
        Past(path, sha256, at, json.loads(text), regretted, caption)
        for path, sha256, at, text, regretted, caption in rows
    )
    return [
        past
        for past in found
        if past.content.get("scores") and past.content.get("facts") and not past.content.get("told")
    ]
