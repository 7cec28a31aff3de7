"""Whether a file is completely written: it is, once nothing about it has changed for a while."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from snapsortd.domain.file import Stat


class Kind(Enum):
    WAIT = auto()
    """Still changing, or not looked at for long enough: look again at `until`."""
    READY = auto()
    GONE = auto()
    NOT_A_FILE = auto()
    """A folder, symlink, pipe, socket or device: never opened."""
    EMPTY = auto()
    """No bytes yet: nothing to do until it changes."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a file looked like, and since when (monotonic seconds) it has looked so."""

    stat: Stat
    since: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a file. `observation` is what the next look compares with; `until` counts for WAIT."""

    kind: Kind
    observation: Observation | None = None
    until: float = 0.0


def settle(previous: Observation | None, stat: Stat | None, now: float, quiet: float) -> Verdict:
    """Judge one look at a file: READY when its identity stayed the same for `quiet` seconds.

    `previous` is what the look before saw, `stat` what this one saw (None: nothing there). Monotonic seconds.
    """
    if stat is None:
        return Verdict(Kind.GONE)
    if not stat.is_regular:
        return Verdict(Kind.NOT_A_FILE)
    if stat.identity.size == 0:
        return Verdict(Kind.EMPTY)
    unchanged = previous is not None and previous.stat.identity == stat.identity
    seen = previous if previous is not None and unchanged else Observation(stat, now)
    until = seen.since + quiet
    return Verdict(Kind.READY if now >= until else Kind.WAIT, seen, until)
