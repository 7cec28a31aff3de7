"""One image's life, read top to bottom: open, recall, classify, decide, carry out, remember."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.errors import FileChanged, LeftAlone
from snapsortd.domain.example import Example
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification
from snapsortd.domain.result import Known, Outcome, Result, reason_left, summarize
from snapsortd.files.answering import Answering
from snapsortd.files.open_file import OpenFile, file_facts, open_file
from snapsortd.files.sync import begin_sync
from snapsortd.journal import Journal
from snapsortd.pipeline.answer_of_before import HASHED_FIRST_BYTES, answer_of_before
from snapsortd.pipeline.asked_again import due_of, without_repeats
from snapsortd.pipeline.asked_facts import AskedFacts, Awaited, waited_for
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.companions import main_photo
from snapsortd.pipeline.corrected import as_told, from_its_place
from snapsortd.pipeline.date_taken import with_date_taken
from snapsortd.pipeline.doubt import doubtful_rule
from snapsortd.pipeline.duplicates import DuplicateFinder
from snapsortd.pipeline.filing import Filer
from snapsortd.pipeline.ignored import is_broken_document, why_ignored
from snapsortd.pipeline.late_companions import Leader, find_leader
from snapsortd.pipeline.offered import is_offered, why_offered
from snapsortd.pipeline.recall import recall_by_content
from snapsortd.pipeline.replies import decision_to_json
from snapsortd.pipeline.search_moved import MovedImages
from snapsortd.pipeline.setbacks import NO_SETBACKS, record_setback, record_unopened
from snapsortd.pipeline.terms import Lesson, Terms
from snapsortd.pipeline.wait import end_of_wait, waiting
from snapsortd.rules.duplicates_wanted import wanted
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts
from snapsortd.rules.preview import foreseen_outcome
from snapsortd.rules.rule import Rule, without_shadow
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.formats import is_missing, recognise
from snapsortd.vision.requests import Request

Life = Generator[Awaited, None, Result]
"""One image's life: it yields the request to the classifier, those for the facts that a rule asks for, then its turn at
its destination, is resumed when each is answered, and returns the result. `close()` releases the image at any time."""


class Pipeline:
    """Processes images; several threads may do so at the same time, each its own image."""

    def __init__(
        self,
        *,
        journal: Journal,
        executor: Executor,
        answering: Answering,
        classifier: Classifier,
        asked: AskedFacts,
        rules: Sequence[Rule],
        negatives: frozenset[str],
        taken_from: Sequence[str] = tuple(DATE_SOURCES),
        fingerprint: str,
        clock: Callable[[], float] = time.time,
        watched: Sequence[tuple[str, bool]] = (),
        waits: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """`waits`: the seconds that new images wait in each watched folder."""
        self._journal = journal
        self._executor = executor
        self._answering = answering
        self._classifier = classifier
        self._asked = asked
        self._rules = rules
        self._negatives = negatives
        self._taken_from = taken_from
        self._fingerprint = fingerprint
        self._clock = clock
        self._waits = waits
        roots = (action.destination.root for rule in rules for action in rule.actions if action.destination)
        self._duplicates = DuplicateFinder(journal, answering, MovedImages(tuple(dict.fromkeys(roots)), tuple(watched)))
        self._wanted = wanted(rules)
        self._filer = Filer(journal, executor, classifier, self._duplicates, self._wanted, fingerprint)

    def is_already_processed(self, path: str, identity: FileIdentity) -> bool:
        """True if this version of the file was processed before, so that nothing is to be done."""
        known = self._journal.recall(path, identity, self._fingerprint)
        return known is not None and known.is_settled(self._clock())

    def process(self, path: str, root: str, should_stop: Callable[[], bool], terms: Terms) -> Result:
        """Process one image from start to end, waiting for the classifier. Raise as `file_image` does."""
        return waited_for(self.file_image(path, root, should_stop, terms))

    def file_image(self, path: str, root: str, should_stop: Callable[[], bool], terms: Terms) -> Life:
        """Classify the image at `path`, which is in the watched folder `root`, and file it by the rules.

        Raise FileChanged (classify it again once it has settled), ModelError, JournalError, Interrupted on
        `should_stop`, and Postponed if it is slow; an error of this image alone is in the Result.
        """
        with ExitStack() as held:
            try:
                image = held.enter_context(open_file(path, root))
            except NO_SETBACKS:
                raise
            except Exception as error:
                return record_unopened(self._journal, error, path, root, self._fingerprint, dry_run=terms.dry_run)
            began, known = time.monotonic(), None
            try:
                known = self._recall(image)
                if known is None and not terms.requested:
                    image, known = recall_by_content(self._journal, image, self._fingerprint, self._answering)
                if known and known.is_settled(self._clock()) and not terms.requested:
                    return Result(path, known.outcome, known.reason, known=True)
                if photo := main_photo(image):
                    return self._leave(image, Outcome.LEFT, f"it is filed with {os.path.basename(photo)}", terms)
                if leader := find_leader(self._journal, image, self._executor.companions):
                    if terms.dry_run:
                        return Result(path, Outcome.FILED, f"it is filed with {leader.name}")
                    turn = self._executor.turns.turn_at(leader.entry.intent.target_root)
                    if not terms.requested:
                        yield turn
                    with turn:
                        return self._follow(image, leader, terms)
                image_format = recognise(image)
                if image_format is None or is_missing(image_format):
                    return self._leave(image, Outcome.IGNORED, why_ignored(path, image_format), terms)

                self._classifier.wait_ready(should_stop)
                began = time.monotonic()
                answered_by = self._classifier.answered_by
                image, classification = answer_of_before(self._journal, self._classifier, image, image_format)
                if classification is None:
                    request = self._request(image, image_format, known, terms)
                    held.callback(self._classifier.drop, request)
                    if not terms.dry_run:
                        begin_sync(image.fd)
                    if image.stat.st_size <= HASHED_FIRST_BYTES:
                        image = image.hashed()
                    yield request

                    known = self._recall(image)
                    if known and known.is_settled(self._clock()) and not terms.requested:  # it was processed meanwhile
                        return Result(path, known.outcome, known.reason, known=True)
                    classification = self._classifier.finish(request, should_stop)
                image = image.hashed()
                if not image.is_in_place():
                    raise FileChanged("the file changed while it was classified")

                file = file_facts(image, image_format, self._journal.added(path, image.identity))
                untold = classification
                if terms.lesson is not None:
                    self._remember(image, terms.lesson, classification, terms.batch or 0)
                    if not terms.lesson.files:
                        return self._taught(image, terms.lesson, classification)
                    classification = as_told(classification, terms.lesson.label)
                    file = replace(file, path=terms.lesson.origin, root=terms.lesson.root)
                before = self._duplicates.find(path, image.identity, image.sha256, classification, self._wanted)
                now = datetime.fromtimestamp(self._clock(), UTC).astimezone()
                seen = with_date_taken(classification.image, image, image_format, self._taken_from, now)
                classification = replace(classification, image=seen)
                twins = (before.twin, before.likeness, before.lost, before.gone)
                facts = Facts(file, classification, self._negatives, now, *twins)
                rules = without_shadow(self._rules) if terms.reviewed else self._rules
                decision = evaluate(rules, facts)
                while decision.asks:
                    keep = not terms.dry_run
                    facts = yield from self._asked.find(decision.asks, facts, image, should_stop, keep=keep)
                    decision = evaluate(rules, facts)
                if terms.lesson is not None:
                    decision = from_its_place(decision, path, terms.lesson.origin)
                if not terms.requested:
                    decision = without_repeats(self._journal, image, decision, known)
                why = reason_left(classification, decision, self._negatives)
                due = None if decision.actions else due_of(decision)
                result = Result(path, Outcome.LEFT, why, classification, decision, due=due)
                told = terms.lesson.label if terms.lesson is not None else ""
                shown = replace(untold, image=seen)
                text = decision_to_json(file, shown, decision, _elapsed(began), told, answered_by)
                if known is None and not terms.requested and is_offered(self._journal, image, decision):
                    result = replace(result, outcome=Outcome.OFFERED, reason=why_offered(decision))
                    return self._stay(image, result, text)
                until = None if terms.requested else end_of_wait(decision, file, self._waits.get(root, 0.0), now)
                if until is not None or terms.dry_run:
                    self._classifier.recent.add(image.sha256, image_format, untold)
                if until is not None:
                    return self._stay(image, waiting(result, until, now), text)
                if terms.dry_run:
                    result = replace(result, outcome=foreseen_outcome(path, decision.actions))
                else:
                    turn = self._executor.turns.turn(decision)
                    if not terms.requested:
                        yield turn
                    with turn:
                        doubt = doubtful_rule(decision, untold, rules, by_person=bool(told) or terms.reviewed)
                        result = self._filer.file(image, known, result, text, terms.batch, file.added, doubt)
                return replace(result, milliseconds=_elapsed(began))
            except NO_SETBACKS:
                raise
            except Exception as error:
                if is_broken_document(error, path):
                    return self._leave(image, Outcome.IGNORED, f"a PDF that can't be read: {error}", terms)
                setback = record_setback(self._journal, error, image, known, dry_run=terms.dry_run)
                return Result(
                    path,
                    setback.outcome,
                    setback.reason,
                    attempts=setback.attempts,
                    milliseconds=_elapsed(began),
                )

    def _recall(self, image: OpenFile) -> Known | None:
        return self._journal.recall(image.path, image.identity, self._fingerprint, image.sha256)

    def _leave(self, image: OpenFile, outcome: Outcome, reason: str, terms: Terms) -> Result:
        """Leave an image alone before it is classified."""
        if not terms.dry_run:
            self._journal.remember(Known(image.path, image.identity, outcome, reason, self._fingerprint))
        return Result(image.path, outcome, reason)

    def _stay(self, image: OpenFile, result: Result, text: str) -> Result:
        """Record an image that waits, or is only offered to be filed; `text` is the decision for the journal."""
        number = self._journal.decide(image.path, text, image.sha256)
        if result.classification is not None:
            embedding = result.classification.embedding
            self._journal.embeddings.remember(image.sha256, self._classifier.checkpoint, embedding)
        known = Known(image.path, image.identity, result.outcome, result.reason, self._fingerprint, number)
        self._journal.remember(replace(known, sha256=image.sha256, due=result.due))
        return result

    def _remember(self, image: OpenFile, lesson: Lesson, seen: Classification, batch: int) -> None:
        """Store an example with its embedding, both or neither."""
        self._journal.embeddings.remember(image.sha256, self._classifier.checkpoint, seen.embedding)
        self._journal.examples.add(
            [Example(image.sha256, lesson.label, lesson.source, path=lesson.origin, batch=batch)]
        )

    def embed(self, path: str, root: str, should_stop: Callable[[], bool]) -> None:
        """Store the embedding of an image. Raise as `Classifier.classify` and `open_file` do."""
        with open_file(path, root) as image:
            seen = self._classifier.classify(image.fd, should_stop, recognise(image))
            self._journal.embeddings.remember(image.hashed().sha256, self._classifier.checkpoint, seen.embedding)

    def _taught(self, image: OpenFile, lesson: Lesson, seen: Classification) -> Result:
        """Return the result for an image that is an example and stays where it is."""
        known, reason = self._recall(image), f"it is an example of '{lesson.label}' now"
        return Result(image.path, known.outcome if known else Outcome.LEFT, reason, seen)

    def _follow(self, image: OpenFile, leader: Leader, terms: Terms) -> Result:
        """File a companion that came later than its image."""
        try:
            made = self._executor.follow(image, leader)
        except LeftAlone as error:
            return self._leave(image, Outcome.LEFT, f"{leader.name} was filed, to which it belongs: {error}", terms)
        outcome, reason = summarize([made], f"it was filed with {leader.name}")
        return Result(image.path, outcome, reason, entries=(made,))

    def _request(self, image: OpenFile, image_format: str, known: Known | None, terms: Terms) -> Request:
        """Submit the image to the classifier; last and alone if it killed one before, because it may do so again."""
        alone = known is not None and known.deaths > 0
        return self._classifier.begin(image.fd, image_format, alone=alone, urgent=terms.urgent)


def _elapsed(began: float) -> float:
    """Return the milliseconds since `began` (monotonic seconds)."""
    return (time.monotonic() - began) * 1000
