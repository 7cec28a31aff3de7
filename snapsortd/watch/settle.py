"""Decide if a file is completely written, which it is once it has not changed for a while.

Also a file that was closed and is whole to its end has to wait: programs open it once more to add metadata, to make it
smaller or to set its times, and sidecars come after it. Filed in between, it would be missing where they look for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from snapsortd.domain.file import Stat


class Kind(Enum):
    WAIT = auto()
    """Still changing, or not observed for long enough: inspect it again at `until`."""
    READY = auto()
    GONE = auto()
    NOT_A_FILE = auto()
    """A folder, symlink, pipe, socket or device, which is never opened."""
    EMPTY = auto()
    """Empty so far, so there is nothing to do until it changes."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The facts of a file, and since when (monotonic seconds) they have been the same."""

    stat: Stat
    since: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a file. The next call compares with `observation`; `until` applies to WAIT only."""

    kind: Kind
    observation: Observation | None = None
    until: float = 0.0


def settle(previous: Observation | None, stat: Stat | None, now: float, quiet: float, still: float = 0.0) -> Verdict:
    """Return the verdict on a file: READY if its identity has stayed the same for `quiet` seconds.

    `previous` is the last verdict's observation, `stat` the file's facts now (None: it does not exist), `still` for how
    many seconds they are known to have been the same. Times are monotonic seconds.
    """
    if stat is None:
        return Verdict(Kind.GONE)
    if not stat.is_regular:
        return Verdict(Kind.NOT_A_FILE)
    if stat.identity.size == 0:
        return Verdict(Kind.EMPTY)
    unchanged = previous is not None and stat.identity.is_unchanged_since(previous.stat.identity)
    seen = previous if previous is not None and unchanged else Observation(stat, now - still)
    until = seen.since + quiet
    return Verdict(Kind.READY if now >= until else Kind.WAIT, seen, until)
