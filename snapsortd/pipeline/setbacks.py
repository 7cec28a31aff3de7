"""Handling of errors that concern one image: it is quarantined, or tried again later."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from snapsortd.domain.errors import (
    ClassifierDied,
    CommandFailed,
    DurabilityError,
    FileChanged,
    ImageError,
    Interrupted,
    JournalError,
    ModelError,
    MoveRefused,
    TemplateError,
    TextUnavailable,
)
from snapsortd.domain.result import Known, Outcome, Result
from snapsortd.files.folders import lstat
from snapsortd.files.open_file import OpenFile
from snapsortd.files.os_errors import in_words
from snapsortd.journal import Journal
from snapsortd.pipeline.asked_again import due_in_spite_of
from snapsortd.vision.formats import promises_image

MAX_DEATHS = 3
"""An image that kills the classifier this many times in a row is quarantined."""

NO_SETBACKS = (FileChanged, Interrupted, ModelError, JournalError)
"""Errors that are not the image's. Every other one concerns it alone."""

FORESEEN = (
    *(ImageError, ClassifierDied, CommandFailed, MoveRefused, DurabilityError, TemplateError, TextUnavailable),
    *(OSError, MemoryError),
)
"""Errors of an image; any other is a defect of ours that shows over this one."""

log = logging.getLogger("snapsortd")


@dataclass(frozen=True, slots=True)
class Setback:
    """The consequence of an error. `outcome` is FAILED, to be tried again, or QUARANTINED; for the rest see `Known`."""

    outcome: Outcome
    reason: str
    attempts: int = 0
    deaths: int = 0


def judge_setback(error: Exception, known: Known | None) -> Setback:
    """Return the consequence of `error` for an image with the record `known`."""
    attempts, deaths = (known.attempts, known.deaths) if known else (0, 0)
    match error:
        case ImageError() | CommandFailed():
            return Setback(Outcome.QUARANTINED, str(error))
        case ClassifierDied() if deaths + 1 >= MAX_DEATHS:
            return Setback(Outcome.QUARANTINED, f"{error}, {deaths + 1} times")
        case ClassifierDied():
            return Setback(Outcome.FAILED, str(error), attempts + 1, deaths + 1)
        case OSError():
            return Setback(Outcome.FAILED, in_words(error), attempts + 1)
        case MemoryError():
            return Setback(Outcome.FAILED, "there was not enough memory", attempts + 1)
        case MoveRefused() | DurabilityError() | TemplateError() | TextUnavailable():
            return Setback(Outcome.FAILED, str(error), attempts + 1)
        case _:
            return Setback(
                Outcome.QUARANTINED,
                f"snapsortd failed over it: {type(error).__name__}: {error} (please report this, with what the log says"
                " of it; `snapsortctl sort FILE` tries it again after an update)",
            )


def record_setback(
    journal: Journal,
    error: Exception,
    image: OpenFile,
    known: Known | None,
    decision: int | None = None,
    *,
    dry_run: bool = False,
) -> Setback:
    """Record and return the consequence of `error`. An image that changed meanwhile is not recorded as failed."""
    _log_unforeseen(error, image.path)
    setback = judge_setback(error, known)
    due = due_in_spite_of(known) if setback.outcome is Outcome.FAILED else None
    if due is not None and known is not None:
        decision = known.decision
    if not dry_run and (setback.outcome is Outcome.QUARANTINED or image.is_in_place()):
        journal.remember(
            Known(
                image.path,
                image.identity,
                setback.outcome,
                setback.reason,
                decision=decision,
                attempts=setback.attempts,
                deaths=setback.deaths,
                sha256=image.sha256,
                due=due,
            )
        )
    return setback


def record_unopened(
    journal: Journal, error: Exception, path: str, root: str, fingerprint: str, *, dry_run: bool
) -> Result:
    """Return the result for a file that can't be opened now: it is tried again if its name promises an image.

    Raise FileChanged if it is gone.
    """
    found = lstat(path, root)
    if found is None:
        raise FileChanged("the file is gone")
    _log_unforeseen(error, path)
    if not promises_image(path):
        return Result(path, Outcome.IGNORED, str(error))
    setback = judge_setback(error, journal.recall(path, found.identity, fingerprint))
    if not dry_run:
        journal.remember(Known(path, found.identity, setback.outcome, setback.reason, attempts=setback.attempts))
    return Result(path, setback.outcome, setback.reason, attempts=setback.attempts)


def _log_unforeseen(error: Exception, path: str) -> None:
    if not isinstance(error, FORESEEN):
        log.error("snapsortd failed over %s, which stays where it is", path, exc_info=error)
