"""Why nothing is filed at all: the journal cannot be relied on."""

from __future__ import annotations

import math

from snapsortd.domain.errors import JournalBlocked, JournalError

JOURNAL_RETRY_S = 60.0
"""Pause in filing after the journal could not be written, because space may be freed meanwhile."""


class Halt:
    """The halt of filing. `now` is in monotonic seconds."""

    def __init__(self) -> None:
        self.reason = ""
        """Empty while filing is not halted."""
        self.next_due = math.inf
        """The time at which filing is tried again; never, if a person has to intervene."""

    def __bool__(self) -> bool:
        """True while filing is halted."""
        return bool(self.reason)

    def begin(self, error: JournalError, now: float) -> None:
        """Halt filing; schedule a retry if the journal is only blocked. Callable from any thread."""
        self.reason = str(error)
        if isinstance(error, JournalBlocked):
            self.next_due = now + JOURNAL_RETRY_S

    def end_if_due(self, now: float) -> bool:
        """End it if filing is to be tried again. Return True if it was ended."""
        is_due = now >= self.next_due
        if is_due:
            self.reason, self.next_due = "", math.inf
        return is_due
