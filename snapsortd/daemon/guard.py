"""Guards around what the loop does for one file: a defect that shows there is logged, and the loop goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from snapsortd.domain.errors import Interrupted, JournalError

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("snapsortd")


def guarded(work: Callable[P, T], otherwise: T) -> Callable[P, T]:
    """Return `work`, which returns `otherwise` if it fails unexpectedly.

    JournalError is raised, because it concerns all files, and Interrupted, because snapsortd is to stop.
    The traceback is logged once for each first argument, which is a path.
    """
    failed: set[object] = set()

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except (JournalError, Interrupted):
            raise
        except Exception:
            if args[:1] not in failed:
                failed.add(args[:1])
                log.exception("snapsortd failed over %s; please report this", args[0] if args else work.__name__)
            return otherwise

    return run


def guarded_scan(root: str, paths: Iterator[str]) -> Iterator[str]:
    """Yield `paths`, which are in the folder `root`, up to an unexpected error."""
    try:
        yield from paths
    except Exception:
        log.exception("snapsortd failed to scan %s; please report this", root)
