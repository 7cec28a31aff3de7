"""What a person who looks at unsure images does with them: list them, have them filed, mark them as reviewed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import SnapsortError, TemplateError
from snapsortd.domain.example import Source
from snapsortd.domain.result import Known, Outcome
from snapsortd.domain.text import suggestion
from snapsortd.journal.unsure_images import UnsureImage
from snapsortd.pipeline.corrected import from_its_place
from snapsortd.pipeline.doubt import asks_for_label
from snapsortd.pipeline.replay import Past, facts_of
from snapsortd.pipeline.replies import iso
from snapsortd.pipeline.teaching import locate, origin_of
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.preview import preview_actions
from snapsortd.rules.rule import without_shadow

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session

MAX_IMAGES = 500
MAX_LABELS = 9
"""Labels of an image that are listed, the likeliest first: as many as have a key of their own."""
IN_PLACE = frozenset({Outcome.FILED, Outcome.COPIED, Outcome.DONE, Outcome.INCOMPLETE})


class Reviewing:
    """The operations of a session for a person who looks at images."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal

    def unsure(
        self, kind: str | None = None, rule: str | None = None, before: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return the groups of unsure images, and the newest images of the group that is named, JSON-ready.

        `before` is the number of an image: those that come after it in the list.
        """
        groups = [asdict(each) for each in self._journal.unsure.groups()]
        if kind is None:
            return {"groups": groups, "images": []}
        found = self._journal.unsure.images(kind, rule or "", before, min(limit, MAX_IMAGES))
        return {"groups": groups, "images": [self._to_json(each) for each in found]}

    def _to_json(self, image: UnsureImage) -> dict[str, Any]:
        known, decided = image.known, json.loads(image.decision or "{}")
        return {
            "number": image.number,
            "path": known.path,
            "outcome": known.outcome,
            "reason": known.reason,
            "at": iso(known.at),
            **{key: decided.get(key) for key in ("label", "score", "margin", "told")},
            "rules": decided.get("rules", []),
            "labels": list(self._labels(known, decided)),
        }

    def _labels(self, known: Known, decided: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the likeliest labels, each with its score and what the rules would do with an image of it."""
        scores = decided.get("scores")
        if not scores or not decided.get("facts"):
            return
        config, rules = self._session.config, without_shadow(self._session.config.rules)
        origin = origin_of(self._journal, known.path) if known.outcome in IN_PLACE else known.path
        caption, text = self._journal.captions.newest(known.sha256), self._journal.texts.of(known.sha256)
        past = Past(origin, known.sha256, known.at, decided, False, caption, text)
        for label in sorted(scores, key=lambda name: -scores[name])[:MAX_LABELS]:
            told = {name: float(name == label) for name in scores}
            try:
                decision = evaluate(rules, facts_of(past, told, config.negatives))
                actions = from_its_place(decision, known.path, origin).actions
            except TemplateError:
                actions = ()
            planned = next(preview_actions(known.path, actions), None)
            yield {
                "label": label,
                "score": scores[label],
                "rule": planned.rule if planned else "",
                "target": planned.target if planned else "",
            }

    def accept(self, path: str, label: str = "", batch: int | None = None) -> dict[str, Any]:
        """File an image as a person who looked at it says: by `label`, or if that is empty, as the rules suggest.

        Rules in shadow mode act, too. Raise NotKnown, SnapsortError.
        """
        session, place = self._session, locate(self._journal, path, None)
        history = self._journal.history_of(place.path)
        decided = json.loads(history.decision or "{}")
        seen, doubt = decided.get("label", ""), self._journal.unsure.doubt_about(place.path)
        if not label and not (seen and (not doubt or asks_for_label(doubt, session.config.rules))):
            result = session.image(place.path, batch=batch, reviewed=True)
            self._journal.unsure.mark([result["target"] or place.path], reviewed=True)
            return result
        known_labels = session.classifier.labels
        if label and label not in known_labels:
            raise SnapsortError(f"there is no label '{label}'{suggestion(label, sorted(known_labels))}")
        source = Source.CONFIRMED if label in ("", seen) else Source.CORRECTED
        is_in_place = history.known is not None and history.known.outcome in IN_PLACE and source is Source.CONFIRMED
        batch = session.teaching.batch(batch)
        return session.teaching.learn(place, source, label or seen, batch, files=not is_in_place, reviewed=True)

    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> dict[str, Any]:
        """Mark images as reviewed, so that they are not listed again, or take that back."""
        return {"reviewed": self._journal.unsure.mark(paths, reviewed=reviewed)}
