"""One image's life, read top to bottom: open, recall, classify, decide, file, remember."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from snapsortd.duplicates import FILED_KINDS, Duplicates, wanted
from snapsortd.entries import (
    Entry,
    EntryKind,
    Outcome,
    State,
)
from snapsortd.errors import (
    ClassifierDied,
    CommandFailed,
    DurabilityError,
    FileChanged,
    ImageError,
    MoveRefused,
    TemplateError,
)
from snapsortd.filing import Filing, has_moved, leader
from snapsortd.folders import lstat
from snapsortd.journal import Journal
from snapsortd.models import Decision, FileIdentity, Sight
from snapsortd.mover import hash_fd
from snapsortd.opened import Opened, file_facts, identity_of, open_image, promises_image, recognise, stands
from snapsortd.rules import Rule, evaluate
from snapsortd.step import in_words
from snapsortd.story import describe
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.extras import is_missing, what_is_missing

MAX_DEATHS = 3
"""An image over which the classifier dies this often in a row is quarantined."""
FINAL = frozenset(
    {
        Outcome.IGNORED,
        Outcome.LEFT,
        Outcome.SHADOW,
        Outcome.FILED,
        Outcome.COPIED,
        Outcome.DONE,
        Outcome.UNDONE,
        Outcome.QUARANTINED,
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one image, and why."""

    path: str
    outcome: Outcome
    reason: str
    sight: Sight | None = None
    decision: Decision | None = None
    entries: tuple[Entry, ...] = ()
    milliseconds: float = 0.0
    """From hashing to filed; not the time that a cold model takes to load."""
    attempts: int = 0
    """How often it has failed; with outcome FAILED it is to be tried again."""
    known: bool = False
    """Nothing was done: this version of the file was dealt with before."""


class Pipeline:
    """Takes one image through its life. Not thread-safe: one thread files."""

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

    def is_settled(self, path: str, identity: FileIdentity) -> bool:
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
        began = time.monotonic()
        attempts = deaths = 0
        with ExitStack() as opened:
            try:
                image = opened.enter_context(open_image(path, root))
            except MoveRefused as error:
                return self._unopened(path, root, str(error), dry_run=dry_run)
            try:
                known = self._journal.recall(path, image.identity, self._fingerprint)
                if known and known.outcome in FINAL and not asked:
                    return Result(path, known.outcome, known.reason, known=True)
                attempts, deaths = (known.attempts, known.deaths) if known else (0, 0)

                if photo := leader(image):
                    return self._leave(image, f"it goes along with {os.path.basename(photo)}", dry_run=dry_run)
                image_format = recognise(image)
                if image_format is None or is_missing(image_format):
                    return self._pass_over(image, image_format, dry_run)
                self._classifier.wait_ready(should_stop)
                began = time.monotonic()
                sight = self._classifier.classify(image.fd, should_stop, image_format)
                digest = hash_fd(image.fd)  # only now: it refuses files of terabytes without reading them
                if identity_of(os.fstat(image.fd)) != image.identity:
                    raise FileChanged("the file changed while it was looked at")

                facts = file_facts(image, image_format)
                before = self._duplicates.find(path, image.identity, digest, sight, self._wanted)
                decision = evaluate(
                    self._rules,
                    facts,
                    sight,
                    self._negatives,
                    datetime.now(UTC).astimezone(),
                    twin=before.twin,
                    likeness=before.likeness,
                )
                why = why_left(sight, decision, self._negatives)
                result = Result(path, Outcome.LEFT, why, sight, decision, attempts=attempts)
                if dry_run:
                    return replace(result, milliseconds=elapsed(began))
                story = describe(facts, sight, decision, elapsed(began))
                result = self._carry_out(image, digest, result, story, batch)
                return replace(result, milliseconds=elapsed(began))
            except ImageError as error:
                return self._give_up(image, str(error), began, dry_run=dry_run)
            except ClassifierDied as error:
                if deaths + 1 >= MAX_DEATHS:
                    return self._give_up(image, f"{error}, {deaths + 1} times", began, dry_run=dry_run)
                return self._try_later(image, str(error), attempts + 1, began, dry_run=dry_run, deaths=deaths + 1)
            except (MoveRefused, DurabilityError, TemplateError) as error:
                return self._try_later(image, str(error), attempts + 1, began, dry_run=dry_run)
            except OSError as error:
                return self._try_later(image, in_words(error), attempts + 1, began, dry_run=dry_run)

    def _carry_out(self, image: Opened, digest: bytes, result: Result, story: str, batch: int | None) -> Result:
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
        if placed is not None and result.sight is not None:
            self._duplicates.remember(placed, result.sight)
        outcome, reason = summed_up(filed.entries, filed.reason or result.reason)
        if outcome is not Outcome.FILED:
            self._journal.remember(image.path, image.identity, outcome, reason, self._fingerprint, number)
        return replace(result, outcome=outcome, reason=reason, attempts=0)

    def _fail(self, image: Opened, result: Result, reason: str, decision: int) -> Result:
        """It was decided, and can't be done now."""
        attempts = result.attempts + 1
        if stands(image):
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

    def _leave(self, image: Opened, reason: str, *, dry_run: bool) -> Result:
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.LEFT, reason, self._fingerprint)
        return Result(image.path, Outcome.LEFT, reason)

    def _pass_over(self, image: Opened, image_format: str | None, dry_run: bool) -> Result:
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

    def _give_up(self, image: Opened, reason: str, began: float, *, dry_run: bool) -> Result:
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.QUARANTINED, reason)
        return Result(image.path, Outcome.QUARANTINED, reason, milliseconds=elapsed(began))

    def _try_later(
        self, image: Opened, reason: str, attempts: int, began: float, *, dry_run: bool, deaths: int = 0
    ) -> Result:
        if not dry_run and stands(image):
            self._journal.remember(image.path, image.identity, Outcome.FAILED, reason, attempts=attempts, deaths=deaths)
        return Result(image.path, Outcome.FAILED, reason, attempts=attempts, milliseconds=elapsed(began))


def why_left(sight: Sight, decision: Decision, negatives: frozenset[str]) -> str:
    """One sentence on why no rule took the image; empty where one did."""
    if decision.actions:
        return ""
    if decision.skipped:
        return f"rule {decision.skipped!r} leaves it alone"
    if sight.label in negatives:
        return f"it looks like {sight.label!r} ({sight.score:.2f}), which is left alone"
    return f"no rule matched {sight.label!r} ({sight.score:.2f})"


def summed_up(entries: Sequence[Entry], reason: str) -> tuple[Outcome, str]:
    """What the image's entries amount to."""
    for entry in entries:
        if entry.state is State.CONFLICT:
            return Outcome.QUARANTINED, f"conflict: {entry.reason}"
    if any(map(has_moved, entries)):
        return Outcome.FILED, reason
    done = [entry for entry in entries if entry.state is State.DONE]
    if done:
        return Outcome.COPIED if any(entry.kind is EntryKind.COPY for entry in done) else Outcome.DONE, reason
    if any(entry.state is State.SHADOW for entry in entries):
        return Outcome.SHADOW, f"rule {entries[0].rule!r} is in shadow mode"
    return Outcome.LEFT, entries[0].reason if entries else reason  # nobody could be notified


def elapsed(began: float) -> float:
    """Milliseconds since `began` (monotonic seconds)."""
    return (time.monotonic() - began) * 1000
