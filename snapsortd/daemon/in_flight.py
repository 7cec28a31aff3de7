"""The images in flight: classified several at a time, and filed one after the other: new ones first, each in order."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from snapsortd.domain.errors import FileChanged, Interrupted, JournalError, ModelError
from snapsortd.domain.result import Outcome, Result
from snapsortd.pipeline.pipeline import Life, Terms
from snapsortd.pipeline.session import Session
from snapsortd.vision.requests import Request
from snapsortd.watch.candidates import wanted_in
from snapsortd.watch.queue import WorkQueue

log = logging.getLogger("snapsortd")


@dataclass(frozen=True, slots=True)
class InFlightImage:
    """An image that is held open while it is classified."""

    path: str
    settle: float
    """Seconds without a change after which it is complete."""
    life: Life
    request: Request | None = None
    """The request whose answer it waits for; None before its first step."""

    @property
    def is_answered(self) -> bool:
        """True if the next step need not wait."""
        return self.request is not None and self.request.is_answered


class InFlightImages:
    """Images whose lives have begun and have not ended. Whatever goes wrong with one, nothing is lost."""

    def __init__(
        self,
        session: Session,
        queue: WorkQueue,
        *,
        should_not_wait: Callable[[], bool],
        on_result: Callable[[Result], None],
        on_blocked: Callable[[JournalError], None],
    ) -> None:
        """`should_not_wait`: the image goes back to the queue. `on_result` gets every result that is news, `on_blocked`
        the error of a journal that can't be used."""
        self._session = session
        self._queue = queue
        self._should_not_wait = should_not_wait
        self._on_result = on_result
        self._on_blocked = on_blocked
        self._new: deque[InFlightImage] = deque()
        self._others: deque[InFlightImage] = deque()
        self.used = time.monotonic()
        """The time at which the classifier was last needed for an image, in monotonic seconds."""

    def __len__(self) -> int:
        return len(self._new) + len(self._others)

    def has_room(self, *, is_new: bool) -> bool:
        """True if another image can be taken in."""
        return self._session.classifier.has_room(urgent=is_new)

    def begin(self, path: str, *, is_new: bool) -> None:
        """Have an image from the queue classified; a new one is classified and filed before the others in flight."""
        folder = wanted_in(path, self._session.config.watch)
        if folder is None:  # its folder is no longer in the configuration
            return
        if any(image.path == path for image in (*self._new, *self._others)):  # it was reported again
            self._queue.offer(path, folder.settle)
            return
        terms = Terms(others_in_flight=bool(self), urgent=is_new)
        life = self._session.pipeline.file_image(path, folder.path, self._should_not_wait, terms)
        self._advance(InFlightImage(path, folder.settle, life), self._new if is_new else self._others)

    def finish(self) -> bool:
        """File the oldest new image, or else the oldest other one; False if the classifier has answered neither."""
        line = next((line for line in (self._new, self._others) if line and line[0].is_answered), None)
        if line is None:
            return False
        self._advance(line.popleft(), line)
        return True

    def requeue_all(self) -> None:
        """Close all of them and requeue them."""
        for line in (self._new, self._others):
            while line:
                image = line.popleft()
                image.life.close()
                self._queue.offer(image.path, image.settle)

    def _advance(self, image: InFlightImage, line: deque[InFlightImage]) -> None:
        """Take one step of an image's life; it goes back to its line unless the life has ended."""
        try:
            line.append(replace(image, request=next(image.life)))
        except StopIteration as ended:
            self._take(ended.value, image.settle)
        except (FileChanged, Interrupted, ModelError):
            self._queue.offer(image.path, image.settle)
        except JournalError as error:
            self._on_blocked(error)
        except Exception:  # a defect that shows over one image must not keep the others from being filed
            log.exception("snapsortd failed over %s, which stays where it is", image.path)
            self._queue.retry(image.path, 1, time.monotonic(), image.settle)
        finally:
            self.used = time.monotonic()

    def _take(self, result: Result, settle: float) -> None:
        if result.outcome is Outcome.FAILED and result.attempts == 1:
            # Most first failures are not repeated, so retry without a pause, but after the others: it may fail again.
            self._queue.requeue_last(result.path, settle)
        elif result.outcome is Outcome.FAILED:
            self._queue.retry(result.path, result.attempts, time.monotonic(), settle)
        if not result.known:
            self._on_result(result)
