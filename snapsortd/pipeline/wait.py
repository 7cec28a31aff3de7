"""Let a new image wait where it is before it is filed, as long as programs and people may still need it there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from snapsortd.domain.decision import Decision
from snapsortd.domain.image import FileFacts
from snapsortd.domain.result import Outcome, Result

A_DAY = timedelta(days=1)


def end_of_wait(decision: Decision, file: FileFacts, folder_wait: float, now: datetime) -> datetime | None:
    """Return until when the image waits, to the whole second; None if it does not.

    It waits for so many seconds since it came to its folder or was written, whichever is later: those of the rule that
    matched, or else those of its folder.
    """
    seconds = folder_wait if decision.wait is None else decision.wait
    if not seconds or all(action.shadow for action in decision.actions):
        return None
    came = min(max(file.added or file.modified, file.modified), now)
    until = (came + timedelta(seconds=seconds + 1)).replace(microsecond=0)
    return until if until > now else None


def waiting(result: Result, until: datetime, now: datetime) -> Result:
    """Return the result of an image that waits."""
    assert result.decision is not None
    moment = f"{until:%H:%M:%S}" if until - now < A_DAY else f"{until:%Y-%m-%d %H:%M}"
    reason = f"rule {result.decision.actions[0].rule!r} files it at {moment}; `snapsortctl sort` does it now"
    return replace(result, outcome=Outcome.WAITING, reason=reason, due=until.timestamp())
