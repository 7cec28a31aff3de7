"""Carry out a decision about an image, and record what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from snapsortd.domain.entry import Entry
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome, Result, summarize
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal
from snapsortd.pipeline.asked_again import ACTED_ON, ASKED_AGAIN, due_of
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.duplicates import FILED_KINDS, DuplicateFinder
from snapsortd.pipeline.setbacks import record_setback
from snapsortd.rules.duplicates_wanted import Wanted
from snapsortd.vision.classifier import Classifier


class Filer:
    """Files images as it was decided. `fingerprint` is that of the rules, `wanted` the duplicates they ask for."""

    def __init__(
        self,
        journal: Journal,
        executor: Executor,
        classifier: Classifier,
        duplicates: DuplicateFinder,
        wanted: Wanted,
        fingerprint: str,
    ) -> None:
        self._journal = journal
        self._executor = executor
        self._classifier = classifier
        self._duplicates = duplicates
        self._wanted = wanted
        self._fingerprint = fingerprint

    def file(
        self,
        image: OpenFile,
        known: Known | None,
        result: Result,
        text: str,
        batch: int | None,
        added: datetime | None,
        doubt: str | None,
    ) -> Result:
        """Carry out the decision and record the outcome; `text` and `doubt` are the decision for the journal."""
        assert result.decision is not None
        decision, number = result.decision, self._journal.decide(image.path, text, image.sha256, doubt)
        if result.classification is not None:
            checkpoint, embedding = self._classifier.checkpoint, result.classification.embedding
            self._journal.embeddings.remember(image.sha256, checkpoint, embedding)
        filed = self._executor.carry_out(image, decision.actions, batch or self._journal.new_batch(), number)
        result = replace(result, entries=filed.entries)
        if filed.failure is not None:
            setback = record_setback(self._journal, filed.failure, image, known, number)
            return replace(result, outcome=setback.outcome, reason=setback.reason, attempts=setback.attempts, due=None)
        placed = next((each for each in reversed(filed.entries) if each.intent.kind in FILED_KINDS), None)
        if placed is not None and result.classification is not None:
            self._duplicates.remember(placed, result.classification)
            if self._wanted.exact or self._wanted.near:
                self._journal.twin_was_filed(image.identity.size, image.sha256)
        outcome, reason = summarize(filed.entries, filed.reason or result.reason)
        if outcome is Outcome.LEFT and known is not None and known.due is not None and known.outcome in ACTED_ON:
            outcome, reason = known.outcome, known.reason
        due = None
        if filed.incomplete:
            outcome = Outcome.INCOMPLETE
            self._journal.mark_incomplete(_place_after(filed.entries), reason)
        elif outcome is not Outcome.FILED:
            due = due_of(decision) if outcome in ASKED_AGAIN else None
            identity = _identity_after(image, filed.entries)
            known = Known(
                image.path, identity, outcome, reason, self._fingerprint, number, sha256=image.sha256, due=due
            )
            self._journal.remember(replace(known, added=added.timestamp() if added is not None else 0.0))
        return replace(result, outcome=outcome, reason=reason, due=due)


def _place_after(entries: Sequence[Entry]) -> str:
    """Return the path of an image that was moved."""
    return next(entry.intent.target for entry in reversed(entries) if entry.has_moved)


def _identity_after(image: OpenFile, entries: Sequence[Entry]) -> FileIdentity:
    """Return the identity of an image that stays in its place: our tags and links have changed its time of change."""
    left = (entry.target_identity for entry in reversed(entries) if entry.target_identity == image.identity)
    return next(left, None) or image.identity
