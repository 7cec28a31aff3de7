"""What was told about images becomes a learnt layer: when to fit it, to what, and with what result."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from snapsortd.domain.embedding import cosine, sketch, unit_vector
from snapsortd.domain.errors import JournalError
from snapsortd.domain.example import Example
from snapsortd.journal import Journal
from snapsortd.pipeline.replies import example_to_json
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.learner import POLL_INTERVAL_S, Layer, Learner, Model, Told

MAX_PER_LABEL = 200
"""Examples of a label that are learnt from, the newest; and as many of what is not of it. The others are kept."""
MAX_EXAMPLES = 2000
"""Examples that are learnt from, as many of each label: a fit takes seconds then."""
MAX_ANCHORS = 100
"""Images that nobody told anything about, and whose scores should stay as they are."""
ALIKE = 0.97
"""Cosine from which two images with different labels contradict each other."""
ALIKE_BITS = 20
"""Most bits in which the sketches of two such images differ, which is quicker to compare: 5 on average."""
CHECK_S = 1.0
"""Minimum interval between two looks at whether anything was told."""

Labels = Mapping[str, Sequence[str]]
"""Each label's prompts."""


class Learning:
    """Keeps the learnt layer up to date with the examples in the journal. Times are monotonic seconds."""

    def __init__(self, journal: Journal, learner: Learner) -> None:
        self._journal = journal
        self._learner = learner
        self._settled = ("", "")
        """The layer's name and the version of the examples that it was fitted to."""
        self._waiting = ("", "")
        """The same of what is to be fitted next, since `_changed`."""
        self._changed = 0.0
        self._next_check = 0.0
        self.next_due = math.inf
        """The time at which `tend` should be called again."""

    def layer(self, labels: Labels, info: Mapping[str, Any]) -> Layer | None:
        """Return the stored layer for a loaded model, described as in `Classifier.model_info`."""
        model = model_of(info, labels)
        return self._learner.layer(model) if model is not None else None

    def tend(self, now: float, classifier: Classifier) -> None:
        """Have a layer fitted if something was told since the last one, and use it once that is done. Never block."""
        self.next_due = math.inf
        if self._learner.has_ended():
            classifier.use_learnt()
        if self._learner.is_running:
            self.next_due = now + POLL_INTERVAL_S
        elif now < self._next_check:
            self.next_due = self._next_check
        elif (model := model_of(classifier.model_info, classifier.labels)) is not None:
            self._next_check = now + CHECK_S
            try:
                self._fit_if_due(now, model, classifier)
            except JournalError:  # it is reported where filing needs the journal
                return

    def _fit_if_due(self, now: float, model: Model, classifier: Classifier) -> None:
        state = model.key, self._journal.examples.version(model.checkpoint)
        if (state == self._settled and not self._learner.damage) or self._is_fitted(model, state[1]):
            self._settled = state
            return
        if state != self._waiting:
            self._waiting, self._changed = state, now
        self.next_due = self._learner.due(self._changed)
        if now >= self.next_due:
            self._start(now, model, classifier)
            self.next_due = now + POLL_INTERVAL_S

    def _is_fitted(self, model: Model, version: str) -> bool:
        layer = self._learner.layer(model)
        return layer["version"] == version if layer is not None else not self._journal.examples.in_effect()

    def _start(self, now: float, model: Model, classifier: Classifier) -> None:
        told = self._told(model)
        self._settled = model.key, told.version
        if told.examples:
            self._learner.start(now, model, told)
        else:
            self._learner.remove(model)
            classifier.use_learnt()

    def _told(self, model: Model) -> Told:
        """Return what was told last of each label, of images that have an embedding by this model."""
        version = self._journal.examples.version(model.checkpoint)

        def embedding_of(example: Example) -> bytes | None:
            found = self._journal.embeddings.of(example.sha256, model.checkpoint)
            is_usable = found is not None and len(found) == 2 * model.dim  # an import may have stored another length
            return found if is_usable else None

        told = [each for each in self._journal.examples.in_effect() if each.label in model.labels]
        examples = [(each.label, each.is_not, embedding) for each, embedding in newest(told, embedding_of)]
        untold = self._journal.embeddings.of_untold(model.checkpoint, MAX_ANCHORS)
        anchors = [embedding for embedding in untold if len(embedding) == 2 * model.dim]
        return Told(version, examples, anchors)

    def stop(self) -> None:
        """Kill a fit that runs; it is repeated later."""
        self._learner.stop()

    def learn_now(self, classifier: Classifier) -> None:
        """Fit and wait for it, if something was told that no layer has learnt: for commands without a daemon."""
        model = model_of(classifier.model_info, classifier.labels)
        if model is not None and not self._is_fitted(model, self._journal.examples.version(model.checkpoint)):
            self._start(0.0, model, classifier)
            self._learner.wait()

    def forget(self, hashes: Collection[bytes] | None, classifier: Classifier) -> None:
        """Delete examples of these images, or of all, and every layer that was fitted to them.

        Then, `Erasure.finish` has to delete what else is known about them.
        """
        self._learner.forget()
        self._journal.erasure.begin(hashes)
        self._settled = ("", "")
        classifier.use_learnt()

    def report(self, classifier: Classifier) -> dict[str, Any]:
        """Return what was told and what became of it, JSON-ready, as `snapsortctl learned` shows it."""
        examples = self._journal.examples.in_effect()
        layer = self.layer(classifier.labels, classifier.model_info)
        version = self._journal.examples.version(classifier.checkpoint)
        found = layer["report"] if layer is not None else {"labels": {}, "all": {}}
        is_empty = not any(each.label in classifier.labels for each in examples)
        return {
            "examples": len(examples),
            "damage": self._learner.damage,
            "up_to_date": not self._learner.is_running
            and (is_empty or (layer is not None and layer["version"] == version)),
            "labels": [
                {
                    "label": label,
                    "sources": dict(Counter(each.source for each in mine if not each.is_not)),
                    "denied": sum(each.is_not for each in mine),
                    "known": label in classifier.labels,
                    **found["labels"].get(label, {"verdict": None, "examples": 0, "before": 0, "after": 0}),
                }
                for label, mine in _by_label(examples, classifier.labels).items()
            ],
            "all": found["all"],
            "contradictions": self._contradictions(examples[-MAX_EXAMPLES:], classifier.checkpoint),
        }

    def _contradictions(self, examples: Sequence[Example], checkpoint: str) -> list[dict[str, Any]]:
        """Return pairs of images that look alike and were given different labels."""
        seen: list[tuple[Example, tuple[float, ...], int]] = []
        found = []
        for each in examples:
            embedding = self._journal.embeddings.of(each.sha256, checkpoint)
            if embedding is None or each.is_not:
                continue
            own = unit_vector(embedding)
            bits = sketch(own)
            for other, values, others in seen:
                if (
                    other.label != each.label
                    and (bits ^ others).bit_count() <= ALIKE_BITS
                    and cosine(values, embedding) >= ALIKE
                ):
                    found.append({"paths": [other.path, each.path], "labels": [other.label, each.label]})
            seen.append((each, own, bits))
        return found

    def about(self, path: str, checkpoint: str) -> dict[str, Any]:
        """Return what was told about the image that is, or was, at `path`, and the examples that look most like it."""
        history = self._journal.history_of(path)
        hashes = [entry.intent.sha256 for entry in history.entries]
        if history.known is not None and history.known.sha256:
            hashes.insert(0, history.known.sha256)
        if not hashes:
            return {}
        told = self._journal.examples.about(hashes[0])
        return {
            "example": None if told is None else example_to_json(told),
            "nearest": self.nearest(hashes[0], checkpoint),
        }

    def nearest(self, sha256: bytes, checkpoint: str, limit: int = 2) -> list[dict[str, Any]]:
        """Return the examples that look most like an image, nearest first, without the image itself."""
        embedding = self._journal.embeddings.of(sha256, checkpoint)
        values = unit_vector(embedding) if embedding is not None else ()
        if not values:
            return []
        compared = [
            (cosine(values, other), each)
            for each in self._journal.examples.in_effect()
            if each.sha256 != sha256 and (other := self._journal.embeddings.of(each.sha256, checkpoint)) is not None
        ]
        compared.sort(key=lambda pair: -pair[0])
        return [
            {"path": each.path, "label": each.label, "is_not": each.is_not, "cosine": round(likeness, 3)}
            for likeness, each in compared[:limit]
        ]


def newest(examples: Sequence[Example], embedding_of: Callable[[Example], bytes | None]) -> list[tuple[Example, bytes]]:
    """Return the examples that are learnt from, with their embeddings: the newest of each label.

    `examples` are all, oldest first; those without an embedding are left out.
    """
    used: Counter[tuple[str, bool]] = Counter()
    ranked = []
    for each in reversed(examples):
        kind = each.label, each.is_not
        if used[kind] < MAX_PER_LABEL and (embedding := embedding_of(each)) is not None:
            ranked.append((used[kind], (each, embedding)))
            used[kind] += 1
    ranked.sort(key=lambda pair: pair[0])
    return [pair for _, pair in reversed(ranked[:MAX_EXAMPLES])]


def model_of(info: Mapping[str, Any], labels: Labels) -> Model | None:
    """Return the loaded model with its labels; None while nothing is known of it."""
    if not {"digest", "source", "dim", "logit_scale"} <= info.keys():
        return None
    return Model(info["digest"], info["source"], info["dim"], info["logit_scale"], labels, info.get("kinds", 0))


def _by_label(examples: Sequence[Example], labels: Labels) -> dict[str, list[Example]]:
    """Return the examples by label: those of the configuration in its order, then those that it no longer has."""
    found: dict[str, list[Example]] = defaultdict(list)
    for each in examples:
        found[each.label].append(each)
    order = [*(name for name in labels if name in found), *sorted(found.keys() - labels.keys())]
    return {name: found[name] for name in order}
