"""One image's life, read top to bottom: open, recall, classify, decide, file, remember.

In two parts, `begin` and `finish`: between them the classifier looks at the image, and others may be begun.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from snapsortd.domain.errors import (
    ClassifierDied,
    CommandFailed,
    DurabilityError,
    FileChanged,
    ImageError,
    Interrupted,
    MoveRefused,
    TemplateError,
)
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import FINAL, Known, Outcome, Result, summed_up, why_left
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import lstat
from snapsortd.files.open_file import OpenFile, file_facts, identity_of, is_unchanged, open_image
from snapsortd.files.os_errors import in_words
from snapsortd.files.sync import begin_sync
from snapsortd.journal import Journal
from snapsortd.pipeline.carry_out import Filing
from snapsortd.pipeline.companions import leader
from snapsortd.pipeline.duplicates import FILED_KINDS, Duplicates
from snapsortd.pipeline.replies import describe
from snapsortd.rules.duplicates_wanted import wanted
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.rule import Rule
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.formats import is_missing, promises_image, recognise, what_is_missing
from snapsortd.vision.requests import Request

MAX_DEATHS = 3
"""An image over which the classifier dies this often in a row is quarantined."""
HASHED_UNSEEN = 256 << 20
"""Bytes. A larger file is hashed once the classifier has found an image in it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An image that is held open and looked at, until it is finished or closed."""

    image: OpenFile
    image_format: str
    request: Request
    digest: bytes | None
    """Of its content; None: it was too large to be read before anybody has looked at it."""
    began: float
    asked: bool
    dry_run: bool
    _open: ExitStack

    @property
    def is_answered(self) -> bool:
        """True if `finish` need not wait."""
        return self.request.is_answered

    def close(self) -> None:
        """Let go of the image."""
        self._open.close()


_TROUBLE = (ImageError, ClassifierDied, MoveRefused, DurabilityError, TemplateError, OSError)
"""What concerns one image alone."""


class Pipeline:
    """Takes images through their lives. Not thread-safe: one thread files."""

    def __init__(
        self,
        *,
        journal: Journal,
        filing: Filing,
        classifier: Classifier,
        rules: Sequence[Rule],
        negatives: frozenset[str],
        fingerprint: str,
    ) -> None:
        self._journal = journal
        self._filing = filing
        self._classifier = classifier
        self._rules = rules
        self._negatives = negatives
        self._fingerprint = fingerprint
        self._duplicates = Duplicates(journal)
        self._wanted = wanted(rules)

    def is_already_processed(self, path: str, identity: FileIdentity) -> bool:
        """True if this version of the file was dealt with before: nothing is to be done."""
        known = self._journal.recall(path, identity, self._fingerprint)
        return known is not None and known.outcome in FINAL

    def process(
        self,
        path: str,
        root: str,
        should_stop: Callable[[], bool],
        *,
        asked: bool = False,
        dry_run: bool = False,
        batch: int | None = None,
    ) -> Result:
        """Classify the image at `path` and file it by the rules; with `dry_run` only say what would happen.

        `root` is the watched folder it came from; `asked` means that a person named this image: what is known of it is
        set aside. Raises FileChanged (look again once it has settled), ModelError, JournalError and Interrupted; what
        concerns this image alone is in the Result.
        """
        begun = self.begin(path, root, should_stop, asked=asked, dry_run=dry_run, urgent=True)
        if isinstance(begun, Result):
            return begun
        with closing(begun):
            return self.finish(begun, should_stop, batch)

    def begin(
        self,
        path: str,
        root: str,
        should_stop: Callable[[], bool],
        *,
        asked: bool = False,
        dry_run: bool = False,
        in_company: bool = False,
        urgent: bool = False,
    ) -> Begun | Result:
        """Open the image, have the classifier look at it and hash it meanwhile; a Result if there is no need to.

        `in_company`: others are in hand; `urgent`: it is looked at before them. Raises as `process` does; Interrupted
        also where the others are to go first.
        """
        with ExitStack() as opened:
            try:
                image = opened.enter_context(open_image(path, root))
            except MoveRefused as error:
                return self._unopened(path, root, str(error), dry_run=dry_run)
            began = time.monotonic()
            known = None
            try:
                known = self._journal.recall(path, image.identity, self._fingerprint)
                if known and known.outcome in FINAL and not asked:
                    return Result(path, known.outcome, known.reason, known=True)
                if photo := leader(image):
                    return self._leave(image, f"it goes along with {os.path.basename(photo)}", dry_run=dry_run)
                image_format = recognise(image)
                if image_format is None or is_missing(image_format):
                    return self._pass_over(image, image_format, dry_run)
                self._classifier.wait_ready(should_stop)
                began = time.monotonic()
                # What killed a classifier may do so again, and is not to take others with it.
                killer = known is not None and known.deaths > 0
                if killer and in_company:
                    raise Interrupted("it killed the classifier before: the others in hand go first")
                request = self._classifier.begin(image.fd, image_format, alone=killer, urgent=urgent)
                opened.callback(self._classifier.drop, request)
                if not dry_run:
                    begin_sync(image.fd)
                digest = hash_fd(image.fd) if image.facts.st_size <= HASHED_UNSEEN else None
                return Begun(image, image_format, request, digest, began, asked, dry_run, opened.pop_all())
            except _TROUBLE as error:
                return self._troubled(error, image, known, began, dry_run=dry_run)

    def finish(self, begun: Begun, should_stop: Callable[[], bool], batch: int | None = None) -> Result:
        """Wait for the classifier, decide and file. Raises as `process` does; the caller closes `begun`."""
        image, began, known = begun.image, begun.began, None
        try:
            known = self._journal.recall(image.path, image.identity, self._fingerprint)
            if known and known.outcome in FINAL and not begun.asked:  # it was dealt with since it was begun
                return Result(image.path, known.outcome, known.reason, known=True)
            classification = self._classifier.finish(begun.request, should_stop)
            digest = begun.digest or hash_fd(image.fd)  # a large one only now: terabytes are refused unread
            if identity_of(os.fstat(image.fd)) != image.identity:
                raise FileChanged("the file changed while it was looked at")

            facts = file_facts(image, begun.image_format)
            before = self._duplicates.find(image.path, image.identity, digest, classification, self._wanted)
            decision = evaluate(
                self._rules,
                facts,
                classification,
                self._negatives,
                datetime.now(UTC).astimezone(),
                twin=before.twin,
                likeness=before.likeness,
            )
            why = why_left(classification, decision, self._negatives)
            attempts = known.attempts if known else 0
            result = Result(image.path, Outcome.LEFT, why, classification, decision, attempts=attempts)
            if begun.dry_run:
                return replace(result, milliseconds=elapsed(began))
            story = describe(facts, classification, decision, elapsed(began))
            result = self._carry_out(image, digest, result, story, batch)
            return replace(result, milliseconds=elapsed(began))
        except _TROUBLE as error:
            return self._troubled(error, image, known, began, dry_run=begun.dry_run)

    def _troubled(
        self, error: Exception, image: OpenFile, known: Known | None, began: float, *, dry_run: bool
    ) -> Result:
        """What becomes of an image with which something went wrong."""
        attempts, deaths = (known.attempts, known.deaths) if known else (0, 0)
        match error:
            case ImageError():
                return self._give_up(image, str(error), began, dry_run=dry_run)
            case ClassifierDied() if deaths + 1 >= MAX_DEATHS:
                return self._give_up(image, f"{error}, {deaths + 1} times", began, dry_run=dry_run)
            case ClassifierDied():
                return self._try_later(image, str(error), attempts + 1, began, dry_run=dry_run, deaths=deaths + 1)
            case OSError():
                return self._try_later(image, in_words(error), attempts + 1, began, dry_run=dry_run)
            case _:
                return self._try_later(image, str(error), attempts + 1, began, dry_run=dry_run)

    def _carry_out(self, image: OpenFile, digest: bytes, result: Result, story: str, batch: int | None) -> Result:
        """Do what was decided, and remember it."""
        assert result.decision is not None
        number = self._journal.decide(image.path, story)
        batch = batch or self._journal.new_batch()
        filed = self._filing.carry_out(image, digest, result.decision.actions, batch, number)
        result = replace(result, entries=filed.entries)
        if isinstance(filed.failure, CommandFailed):
            reason = str(filed.failure)
            self._journal.remember(image.path, image.identity, Outcome.QUARANTINED, reason, decision=number)
            return replace(result, outcome=Outcome.QUARANTINED, reason=reason)
        if filed.failure is not None:
            return self._fail(image, result, str(filed.failure), number)
        placed = next((each for each in reversed(filed.entries) if each.kind in FILED_KINDS), None)
        if placed is not None and result.classification is not None:
            self._duplicates.remember(placed, result.classification)
        outcome, reason = summed_up(filed.entries, filed.reason or result.reason)
        if outcome is not Outcome.FILED:
            self._journal.remember(image.path, image.identity, outcome, reason, self._fingerprint, number)
        return replace(result, outcome=outcome, reason=reason, attempts=0)

    def _fail(self, image: OpenFile, result: Result, reason: str, decision: int) -> Result:
        """It was decided, and can't be done now."""
        attempts = result.attempts + 1
        if is_unchanged(image):
            self._journal.remember(
                image.path, image.identity, Outcome.FAILED, reason, decision=decision, attempts=attempts
            )
        return replace(result, outcome=Outcome.FAILED, reason=reason, attempts=attempts)

    def _unopened(self, path: str, root: str, reason: str, *, dry_run: bool) -> Result:
        """It may not be read now: tried again where its name promises an image, else passed over."""
        found = lstat(path, root)
        if found is None:
            raise FileChanged("the file is gone")
        if not promises_image(path):
            return Result(path, Outcome.IGNORED, reason)
        known = self._journal.recall(path, found.identity, self._fingerprint)
        attempts = (known.attempts if known else 0) + 1
        if not dry_run:
            self._journal.remember(path, found.identity, Outcome.FAILED, reason, attempts=attempts)
        return Result(path, Outcome.FAILED, reason, attempts=attempts)

    def _leave(self, image: OpenFile, reason: str, *, dry_run: bool) -> Result:
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.LEFT, reason, self._fingerprint)
        return Result(image.path, Outcome.LEFT, reason)

    def _pass_over(self, image: OpenFile, image_format: str | None, dry_run: bool) -> Result:
        """No image by its content: reported where the name promises one, else left in silence.

        So is one of a kind that can't be read here: most people's PDFs are not for us.
        """
        if image_format is None and promises_image(image.path):
            suffix = os.path.splitext(image.path)[1].lower()
            raise ImageError(f"it is named {suffix}, but its content is no image that snapsortd reads")
        reason = "not an image" if image_format is None else what_is_missing(image_format)
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.IGNORED, reason, self._fingerprint)
        return Result(image.path, Outcome.IGNORED, reason)

    def _give_up(self, image: OpenFile, reason: str, began: float, *, dry_run: bool) -> Result:
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.QUARANTINED, reason)
        return Result(image.path, Outcome.QUARANTINED, reason, milliseconds=elapsed(began))

    def _try_later(
        self, image: OpenFile, reason: str, attempts: int, began: float, *, dry_run: bool, deaths: int = 0
    ) -> Result:
        if not dry_run and is_unchanged(image):
            self._journal.remember(image.path, image.identity, Outcome.FAILED, reason, attempts=attempts, deaths=deaths)
        return Result(image.path, Outcome.FAILED, reason, attempts=attempts, milliseconds=elapsed(began))


def elapsed(began: float) -> float:
    """Milliseconds since `began` (monotonic seconds)."""
    return (time.monotonic() - began) * 1000
