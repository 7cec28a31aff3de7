"""The images in hand: looked at several at a time, and filed one after the other: new ones first, each in order."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing

from snapsortd.domain.errors import FileChanged, Interrupted, JournalError, ModelError
from snapsortd.domain.result import Outcome, Result
from snapsortd.pipeline.pipeline import Begun
from snapsortd.pipeline.session import Session
from snapsortd.watch.candidates import wanted_in
from snapsortd.watch.queue import WorkQueue

log = logging.getLogger("snapsortd")


class InFlightImages:
    """Images that were begun and are not finished, each held open. Whatever goes wrong with one, nothing is lost."""

    def __init__(
        self,
        session: Session,
        queue: WorkQueue,
        *,
        should_not_wait: Callable[[], bool],
        told: Callable[[Result], None],
        blocked: Callable[[JournalError], None],
    ) -> None:
        """`should_not_wait`: the image goes back to the queue. `told` of every result that is news, `blocked` of a
        journal that can't be used."""
        self._session = session
        self._queue = queue
        self._should_not_wait = should_not_wait
        self._told = told
        self._blocked = blocked
        self._new: deque[tuple[Begun, float]] = deque()
        self._others: deque[tuple[Begun, float]] = deque()
        self.used = time.monotonic()
        """When the last image was begun or finished, monotonic seconds."""

    def __len__(self) -> int:
        return len(self._new) + len(self._others)

    def has_room(self, *, is_new: bool) -> bool:
        """True if another can be begun."""
        return self._session.classifier.has_room(urgent=is_new)

    def begin(self, path: str, *, is_new: bool) -> None:
        """Have an image from the queue looked at; a new one before the others in hand, and it is filed before them."""
        folder = wanted_in(path, self._session.config.watch)
        if folder is None:  # it was told of before the configuration was read again
            return
        root, settle = folder.path, folder.settle
        if any(begun.image.path == path for begun, _ in (*self._new, *self._others)):  # it was told of again
            self._queue.offer(path, settle)
            return
        others = bool(self)
        begun = self._attempt(
            path,
            settle,
            lambda: self._session.pipeline.begin(path, root, self._should_not_wait, in_company=others, urgent=is_new),
        )
        if begun is not None:
            (self._new if is_new else self._others).append((begun, settle))

    def finish(self) -> bool:
        """File the oldest new one by the rules, or else the oldest other; False if the classifier answered neither."""
        line = next((line for line in (self._new, self._others) if line and line[0][0].is_answered), None)
        if line is None:
            return False
        begun, settle = line.popleft()
        with closing(begun):
            self._attempt(begun.image.path, settle, lambda: self._session.pipeline.finish(begun, self._should_not_wait))
        return True

    def let_go(self) -> None:
        """Have all of them wait in the queue again, and close them."""
        for line in (self._new, self._others):
            while line:
                begun, settle = line.popleft()
                begun.close()
                self._queue.offer(begun.image.path, settle)

    def _attempt(self, path: str, settle: float, work: Callable[[], Begun | Result]) -> Begun | None:
        try:
            done = work()
        except (FileChanged, Interrupted, ModelError):
            self._queue.offer(path, settle)
        except JournalError as error:
            self._blocked(error)
        except Exception:  # a defect that shows over one image must not keep the others from being filed
            log.exception("snapsortd failed over %s, which stays where it is", path)
            self._queue.retry(path, 1, time.monotonic(), settle)
        else:
            if isinstance(done, Begun):
                return done
            self._take(done, settle)
        finally:
            self.used = time.monotonic()
        return None

    def _take(self, result: Result, settle: float) -> None:
        if result.outcome is Outcome.FAILED and result.attempts == 1:
            # What failed once, as by a killed classifier, mostly works at once; but a killer holds nobody else up.
            self._queue.put_back(result.path, settle)
        elif result.outcome is Outcome.FAILED:
            self._queue.retry(result.path, result.attempts, time.monotonic(), settle)
        if not result.known:
            self._told(result)
