"""What a person tells about images: corrections, confirmations and folders of examples."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snapsortd.domain.entry import Entry, EntryKind
from snapsortd.domain.errors import FileChanged, NotKnown, SnapsortError
from snapsortd.domain.example import Example, Source
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.domain.text import suggestion
from snapsortd.files.folders import lstat
from snapsortd.journal import Journal, Selection
from snapsortd.pipeline.hand_moves import HandMoves
from snapsortd.pipeline.imported import read_example
from snapsortd.pipeline.replay import (
    Basis,
    past_of,
    replay,
    replay_to_json,
    scores_then,
    with_thresholds,
    zero_shot_scores,
)
from snapsortd.pipeline.replies import example_to_json, result_to_json
from snapsortd.pipeline.terms import Lesson, Terms
from snapsortd.pipeline.tuning import Advice, advise

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session

MAX_REPLAYED = 10_000
"""Images whose newest decision is asked again."""
MAX_MOVES = 20
"""Moves of one image that are followed, forwards and back."""
RELOCATING = frozenset({EntryKind.MOVE, EntryKind.RENAME, EntryKind.REDO})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is, and where it was before it was filed."""

    path: str
    origin: str


@dataclass(frozen=True, slots=True)
class Task:
    """An image to learn from: as an example of `label`, or, if that is empty, as one that is an example already."""

    path: str
    label: str


class Teaching:
    """The operations of a session that tell it about images."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal
        self._hand_moves = HandMoves(session.journal, session.answering)
        self.advice: list[Advice] = []
        """Thresholds that were too low, when `review` was last called."""
        self._reviewed: tuple[object, ...] = ()

    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> dict[str, Any]:
        """Remember an image as an example, and if it was corrected, file it as the rules say for its label.

        The image is the one that is, or was, at `path`, or that the journal's entry `number` is about. `source` is one
        of `Source`; a confirmed image keeps the label that it has. Raise NotKnown, SnapsortError.
        """
        session = self._session
        place = locate(self._journal, path, number)
        label = label or self._label_of(place.path)
        known = session.classifier.labels
        if label not in known:
            raise SnapsortError(f"there is no label '{label}'{suggestion(label, sorted(known))}", _names(known))
        files = source == Source.CORRECTED
        return self.learn(place, Source(source), label, self.batch(batch), files=files)

    def learn(
        self, place: Place, source: Source, label: str, batch: int, *, files: bool = False, reviewed: bool = False
    ) -> dict[str, Any]:
        """Remember an image as an example of a label, and file it if `files`; `reviewed` is as in `Terms`."""
        session = self._session
        lesson = Lesson(label, source, place.origin, session.root_of(place.origin), files)
        terms = Terms(requested=True, urgent=True, batch=batch, lesson=lesson, reviewed=reviewed)
        try:
            root = session.root_of(place.path)
            result = session.pipeline.process(place.path, root, session.may_stop, terms)
        except FileChanged as error:
            raise FileChanged(f"{place.path}: {error.message}") from None
        if result.classification is None:  # it is no image, cannot be read, or belongs to one
            raise SnapsortError(f"{place.path}: {result.reason}")
        return {**result_to_json(result), "batch": batch, "label": label, "source": source}

    def batch(self, batch: int | None) -> int:
        """Return the batch, or a new one for None. Raise SnapsortError if there is no such batch."""
        if batch is None:
            return self._journal.new_batch()
        if not self._journal.has_begun(batch):
            raise SnapsortError(f"there is no batch {batch}", "leave it out, and a new one begins")
        return batch

    def homework(self) -> list[Task]:
        """Return what is to be learnt without being told: images in the folders of labels, and examples that have no
        embedding by this model yet and are still where they were."""
        told = {(each.path, each.label) for each in self._journal.examples.in_effect() if each.source is Source.TAUGHT}
        tasks = [
            Task(path, label.name)
            for label in self._session.config.labels
            if label.examples
            for path in images_below(label.examples)
            if (path, label.name) not in told
        ]
        missing = self._journal.examples.without_embedding(self._session.classifier.checkpoint)
        return tasks + [
            Task(path, "") for each in missing if (path := self._journal.place_of(each.sha256) or each.path)
        ]

    def review(self) -> list[Example]:
        """Look at what a person has done to filed images since: return what `see_moves` does, and renew `advice`."""
        found = self.see_moves()
        config = self._session.config
        state = config.fingerprint, self._journal.examples.version(""), self._journal.counts().undone
        if state != self._reviewed:
            past = past_of(self._journal.past_decisions(MAX_REPLAYED))
            self.advice, self._reviewed = advise(past, config.rules, config.negatives), state
        return found

    def see_moves(self) -> list[Example]:
        """Remember what a person has told by moving filed images, and return it."""
        if not self._session.config.learn_from_moves:
            return []
        found = self._hand_moves.notice(self._session.config.rules, self._filed_as)
        if found:
            self._journal.examples.add(found)
        return found

    def _filed_as(self, entry: Entry) -> str:
        number = self._journal.first_of(entry).intent.cause.decision
        decided = json.loads((self._journal.decision(number) if number is not None else None) or "{}")
        return str(decided.get("told") or decided.get("label") or "")

    def do(self, task: Task) -> None:
        """Do one task of `homework`. Raise SnapsortError if the image cannot be read or is gone."""
        if task.label:
            self.learn(Place(task.path, task.path), Source.TAUGHT, task.label, batch=0)
        else:
            self._session.pipeline.embed(task.path, self._session.root_of(task.path), self._session.may_stop)

    def _label_of(self, path: str) -> str:
        """Return the label that an image was given. Raise NotKnown if it has none."""
        decided = json.loads(self._journal.history_of(path).decision or "{}")
        label = decided.get("told") or decided.get("label")
        if not label:
            raise NotKnown(
                f"{path} was not classified yet, so there is nothing to confirm",
                "name its label: `snapsortctl correct FILE LABEL`",
            )
        return str(label)

    def examples(self) -> dict[str, Any]:
        """Return all examples in effect with their embeddings, JSON-ready, to be taken to another computer."""
        checkpoint = self._session.classifier.checkpoint
        found = []
        for each in self._journal.examples.in_effect():
            embedding = self._journal.embeddings.of(each.sha256, checkpoint)
            extra = {} if embedding is None else {"embedding": base64.b64encode(embedding).decode("ascii")}
            found.append(example_to_json(each) | extra)
        return {"checkpoint": checkpoint, "examples": found}

    def take_over(self, checkpoint: str, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Add examples of another computer. Those about which something was told here already are left out.

        Raise SnapsortError if they are not what `examples` returns.
        """
        try:
            checkpoint.encode()
            found = [read_example(each) for each in examples]
        except ValueError as error:
            raise SnapsortError(f"these are not exported examples: {error}") from None
        new = {
            each.sha256: (each, embedding)
            for each, embedding in found
            if self._journal.examples.about(each.sha256) is None
        }
        for each, embedding in new.values():
            if embedding:
                self._journal.embeddings.remember(each.sha256, checkpoint, embedding)
        added = [each for each, _ in new.values()]
        self._journal.examples.add(added)
        return {"imported": len(added), "known": len(examples) - len(added)}

    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> dict[str, Any]:
        """Return which past decisions would be different; see `pipeline.replay`. Raise SnapsortError."""
        config = self._session.config
        past = past_of(self._journal.past_decisions(MAX_REPLAYED))
        before = Basis(config.rules, config.negatives)
        scores = zero_shot_scores if untaught else scores_then
        after = Basis(with_thresholds(config.rules, settings), config.negatives, scores)
        return replay_to_json(len(past), replay(past, before, after))

    def lone_examples(self, selection: Selection, entries: Sequence[Entry]) -> list[Example]:
        """Return the examples that an undo of these entries withdraws beside: their images were not moved."""
        batch = selection.batch or 0
        if selection == Selection():
            newest = self._journal.examples.last_batch()
            batch = newest if newest >= max((entry.intent.cause.batch for entry in entries), default=0) else 0
        moved = {entry.intent.sha256 for entry in entries if entry.intent.cause.batch == batch}
        return [each for each in self._journal.examples.of_batch(batch) if each.sha256 not in moved]


def locate(journal: Journal, path: str, number: int | None) -> Place:
    """Return the place of the image that is, or was, at `path`, or that an entry is about. Raise NotKnown."""
    if number is not None:
        entry = journal.entry(number)
        if entry is None:
            raise NotKnown(f"the journal has no entry {number}", "`snapsortctl log` shows the numbers")
        path = journal.latest(number).intent.target
    now = path
    for _ in range(MAX_MOVES):
        if lstat(now) is not None:
            return Place(now, origin_of(journal, now))
        moved = [entry for entry in journal.entries(limit=20, path=now) if entry.intent.source == now]
        following = next((entry.intent.target for entry in moved if entry.has_moved), None)
        if following is None or following == now:
            break
        now = following
    raise NotKnown(f"{path} does not exist", "name the image by the path that it has now")


def origin_of(journal: Journal, path: str) -> str:
    """Return the path that an image had before it was filed; its own if it was not."""
    for _ in range(MAX_MOVES):
        made = next((entry for entry in journal.entries(limit=20, path=path) if entry.intent.target == path), None)
        moved = made is not None and made.has_moved and made.reversed_by is None and made.intent.kind in RELOCATING
        if made is None or not moved or made.intent.source == path:
            break
        path = made.intent.source
    return path


def images_below(folder: str) -> list[str]:
    """Return the images below a folder, by name; hidden files and symlinks are left out."""
    return [
        os.path.join(above, name)
        for above, _, names in sorted(os.walk(folder))
        for name in sorted(names)
        if suffix_of(name) in IMAGE_SUFFIXES and not name.startswith(".") and not os.path.islink(f"{above}/{name}")
    ]


def _names(labels: Mapping[str, object]) -> str:
    return f"the labels are {', '.join(labels)}"
