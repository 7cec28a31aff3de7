"""Remember which settled files are held back because they are not ready, why, and since when."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE_S = 2.0
MAX_PAUSE_S = 300.0
"""Maximum pause between two checks. A program that closes a file ends it, but not one that removes its control file."""


@dataclass(slots=True)
class Held:
    """A file that is held back. `since` is in monotonic seconds."""

    reason: str
    since: float
    pause: float = FIRST_PAUSE_S


class HeldBack:
    """Held files by path. `reason_of` and `all` may be called from any thread."""

    def __init__(self) -> None:
        self._files: dict[str, Held] = {}

    def hold(self, path: str, reason: str, now: float) -> float:
        """Note that a file is not ready; return when it is checked again: after longer and longer pauses."""
        held = self._files.setdefault(path, Held(reason, now))
        held.reason, due = reason, now + held.pause
        held.pause = min(held.pause * 2, MAX_PAUSE_S)
        return due

    def shorten(self, path: str) -> bool:
        """Check a file often again, because something has happened to it. Return False if it is not held."""
        if (held := self._files.get(path)) is None:
            return False
        held.pause = FIRST_PAUSE_S
        return True

    def release(self, path: str) -> None:
        """Forget a file, held or not."""
        self._files.pop(path, None)

    def clear(self) -> None:
        """Forget every file."""
        self._files.clear()

    def reason_of(self, path: str, now: float) -> tuple[str, float] | None:
        """Return why a file is held back, and for how many seconds now; None if it is not."""
        held = self._files.get(path)
        return None if held is None else (held.reason, now - held.since)

    def all(self, now: float) -> list[tuple[str, str, float]]:
        """Return path, reason and seconds of every held file, the longest held first."""
        return [(path, held.reason, now - held.since) for path, held in list(self._files.items())]
