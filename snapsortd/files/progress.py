"""Report how far a long read or copy has come to whoever watches over the thread that does it.

A move hashes, copies and reads back several calls below the one who waits for it, who therefore listens to the thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, int, int], None]
"""Called with what is being done ("copying"), the bytes done and the bytes in total; 0 in total if it has no end that
is known. It may raise Interrupted, which ends what is being done as any error does: nothing unfinished is left."""


def _nobody(_doing: str, _done: int, _total: int) -> None:
    pass


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)


@contextmanager
def reported_to(listener: Listener) -> Iterator[None]:
    """Have `listener` called for what this thread reports inside the block."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def report(doing: str, done: int = 0, total: int = 0) -> None:
    """Report progress to this thread's listener. Raise Interrupted if what is being done must end."""
    _listener.get()(doing, done, total)
