"""Turns at a destination: few images at a time are filed to one, so that a slow disk does not hold up all others."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType

from snapsortd.domain.decision import Decision

AT_A_TIME = 2
"""Images that are filed to one destination at the same time."""


class Turns:
    """The destinations that images are being filed to. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()

    def turn(self, decision: Decision) -> Turn:
        """Return the turn of an image for which this was decided."""
        found = (each.destination for each in decision.actions if not each.shadow)
        return Turn(self, frozenset(each.root for each in found if each is not None))

    def turn_at(self, root: str) -> Turn:
        """Return the turn of a file that goes to this destination."""
        return Turn(self, frozenset({root}))

    def are_free(self, destinations: frozenset[str]) -> bool:
        """True if another image can be filed to all of them."""
        return all(self._busy[each] < AT_A_TIME for each in destinations)

    def count(self, destinations: frozenset[str], number: int) -> None:
        """Note that an image is being filed there (1), or not any more (-1)."""
        with self._lock:
            for each in destinations:
                self._busy[each] += number


class Turn:
    """The turn of one image, which lasts as long as the block."""

    def __init__(self, turns: Turns, destinations: frozenset[str]) -> None:
        self._turns = turns
        self.destinations = destinations

    @property
    def is_answered(self) -> bool:
        """True if it has come."""
        return self._turns.are_free(self.destinations)

    def __enter__(self) -> None:
        self._turns.count(self.destinations, 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.count(self.destinations, -1)
