"""One image's life, read top to bottom: open, recall, classify, decide, file, remember."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from snapsortd.errors import (
    ClassifierDied,
    DurabilityError,
    FileChanged,
    ImageError,
    LeftAlone,
    MoveRefused,
    TemplateError,
)
from snapsortd.folders import lstat
from snapsortd.journal import Journal
from snapsortd.models import (
    Decision,
    Entry,
    FileIdentity,
    Outcome,
    Sight,
    State,
)
from snapsortd.mounts import absent_disk
from snapsortd.mover import Mover, hash_fd
from snapsortd.opened import Opened, file_facts, identity_of, open_image, promises_image, recognise, stands
from snapsortd.rules import Rule, evaluate
from snapsortd.story import describe
from snapsortd.transfer import in_words
from snapsortd.vision.classifier import Classifier

MAX_DEATHS = 3
"""An image over which the classifier dies this often in a row is quarantined."""
FINAL = frozenset(
    {
        Outcome.IGNORED,
        Outcome.LEFT,
        Outcome.SHADOW,
        Outcome.FILED,
        Outcome.COPIED,
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
        mover: Mover,
        classifier: Classifier,
        rules: Sequence[Rule],
        negatives: frozenset[str],
        fingerprint: str,
    ) -> None:
        self._journal = journal
        self._mover = mover
        self._classifier = classifier
        self._rules = rules
        self._negatives = negatives
        self._fingerprint = fingerprint

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

                image_format = recognise(image)
                if image_format is None:
                    return self._pass_over(image, dry_run)
                self._classifier.wait_ready(should_stop)
                began = time.monotonic()
                sight = self._classifier.classify(image.fd, should_stop)
                digest = hash_fd(image.fd)  # only now: it refuses files of terabytes without reading them
                if identity_of(os.fstat(image.fd)) != image.identity:
                    raise FileChanged("the file changed while it was looked at")

                facts = file_facts(image, image_format)
                decision = evaluate(self._rules, facts, sight, self._negatives, datetime.now(UTC).astimezone())
                why = why_left(sight, decision, self._negatives)
                result = Result(path, Outcome.LEFT, why, sight, decision, attempts=attempts)
                if dry_run:
                    return replace(result, milliseconds=elapsed(began))
                story = describe(facts, sight, decision, elapsed(began))
                result = self._carry_out(opened, image, digest, result, story, batch)
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

    def _carry_out(
        self, opened: ExitStack, image: Opened, digest: bytes, result: Result, story: str, batch: int | None
    ) -> Result:
        """Do what was decided, one action after the other, and remember it."""
        assert result.decision is not None
        number = self._journal.decide(image.path, story)
        batch = batch or self._journal.new_batch()
        place = image
        entries: list[Entry] = []
        reason = result.reason
        for action in result.decision.actions:
            try:
                if action.destination is not None:
                    check_disk(action.destination.root)
                entry = self._mover.file(
                    fd=place.fd,
                    path=place.path,
                    root=place.root,
                    identity=place.identity,
                    sha256=digest,
                    action=action,
                    batch=batch,
                    decision=number,
                )
                entries.append(entry)
                if entry.state is State.CONFLICT:
                    break
                if has_moved(entry):
                    place = opened.enter_context(open_image(entry.target, entry.target_root))
            except LeftAlone as error:
                reason = str(error)
            except (FileChanged, MoveRefused, DurabilityError) as error:
                # What was moved is filed, whatever becomes of the actions after that.
                if any(map(has_moved, entries)):
                    reason = f"an action after the move was not done: {error}"
                    break
                if isinstance(error, FileChanged):
                    raise
                return self._fail(image, replace(result, entries=tuple(entries)), str(error), number)
        outcome, reason = summed_up(entries, reason)
        if outcome is not Outcome.FILED:
            self._journal.remember(image.path, image.identity, outcome, reason, self._fingerprint, number)
        return replace(result, outcome=outcome, reason=reason, entries=tuple(entries), attempts=0)

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

    def _pass_over(self, image: Opened, dry_run: bool) -> Result:
        """No image by its content: reported where the name promises one, else left in silence."""
        if promises_image(image.path):
            suffix = os.path.splitext(image.path)[1].lower()
            raise ImageError(f"it is named {suffix}, but its content is no image that snapsortd reads")
        if not dry_run:
            self._journal.remember(image.path, image.identity, Outcome.IGNORED, "not an image")
        return Result(image.path, Outcome.IGNORED, "not an image")

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


def check_disk(root: str) -> None:
    """MoveRefused if the disk of a destination is not mounted: what is filed now would be hidden once it is."""
    if point := absent_disk(os.path.realpath(root)):
        raise MoveRefused(f"the disk at {point} is not mounted", "mount it, or change the rule")


def has_moved(entry: Entry) -> bool:
    """True if the file lies at the entry's target now, and no longer at its source."""
    return entry.state is State.DONE and not entry.keep_source


def why_left(sight: Sight, decision: Decision, negatives: frozenset[str]) -> str:
    """One sentence on why no rule took the image; empty where one did."""
    if decision.actions:
        return ""
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
    if any(entry.state is State.DONE for entry in entries):
        return Outcome.COPIED, reason
    if entries:
        return Outcome.SHADOW, f"rule {entries[0].rule!r} is in shadow mode"
    return Outcome.LEFT, reason


def elapsed(began: float) -> float:
    """Milliseconds since `began` (monotonic seconds)."""
    return (time.monotonic() - began) * 1000
