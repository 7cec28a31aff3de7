"""Why nothing is filed for now, though all is well: a person asked for it, or the computer is to be left in peace."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

from snapsortd.config import Config
from snapsortd.daemon.pause import CHECK_S, Pause
from snapsortd.daemon.rest import Rest
from snapsortd.pipeline.replies import iso


class Pauses:
    """The pauses of filing. `now` is in monotonic seconds, `clock` returns the wall clock's time."""

    def __init__(self, state_dir: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause = Pause(os.path.join(state_dir, "paused"))
        self._rest = Rest()

    def __bool__(self) -> bool:
        """True while filing pauses."""
        return self._pause.until is not None or bool(self._rest.reason)

    @property
    def reason(self) -> str:
        """Until when filing pauses, or why; empty if it does not, or until a person ends it."""
        until = self._pause.until
        paused = f"until {iso(until)[:19].replace('T', ' ')}" if until is not None and until != math.inf else ""
        return paused or self._rest.reason

    def begin(self, seconds: float) -> None:
        """Pause for so many seconds, at a person's request."""
        self._pause.begin(self._clock() + seconds)

    def end(self) -> None:
        """End the pause that a person asked for."""
        self._pause.end()

    def take_end(self) -> bool:
        """End the pause that a person asked for if its time is over. Return True if it was ended."""
        is_over = self._pause.until is not None and not self._pause.remaining(self._clock())
        if is_over:
            self._pause.end()
        return is_over

    def update(self, now: float, config: Config) -> bool:
        """Check if the computer is to be left in peace; return True if that began or ended."""
        return self._rest.update(now, on_battery=config.pauses_on_battery, busy=config.pauses_if_busy)

    def check_soon(self) -> None:
        """Check at once whether the computer is to be left in peace, because the configuration was changed."""
        self._rest.check_soon()

    def next_check(self, now: float) -> float:
        """Return when a pause may begin or end by itself."""
        if self._pause.until is None:
            return self._rest.next_check
        return min(self._rest.next_check, now + min(self._pause.remaining(self._clock()), CHECK_S))
