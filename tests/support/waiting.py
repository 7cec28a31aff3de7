"""Wait for a condition with a deadline, instead of sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(probe: Callable[[], T], *, seconds: float = 30.0, what: str = "") -> T:
    """Call `probe` until it returns a true value, and return that value; raise AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or probe}"
        pause.wait(0.02)
    return found
