"""The images in flight: classified several at a time, and filed as they are answered, new ones first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from snapsortd.daemon.workers import Workers
from snapsortd.domain.errors import FileChanged, Interrupted, JournalError, ModelError, Postponed
from snapsortd.domain.result import Outcome, Result
from snapsortd.pipeline.asked_facts import Awaited
from snapsortd.pipeline.pipeline import Life
from snapsortd.pipeline.session import Session
from snapsortd.pipeline.terms import Terms
from snapsortd.pipeline.turns import Turn
from snapsortd.vision.requests import Request
from snapsortd.watch.candidates import wanted_in
from snapsortd.watch.completeness import unready
from snapsortd.watch.queue import WorkQueue

log = logging.getLogger("snapsortd")

MAX_OPEN = 50
"""Images that may be open, most of which wait for their turn at a slow destination; twice as many with new ones."""


@dataclass(slots=True, eq=False)
class InFlightImage:
    """An image that is held open while it is classified."""

    path: str
    root: str
    """The watched folder that it is in."""
    settle: float
    """Seconds without a change after which it is complete."""
    is_new: bool
    life: Life
    request: Awaited | None = None
    """The request whose answer it waits for, or its turn; None during a step of its life."""
    is_wanted: bool = True
    """False if it goes back to the queue after the step that it is in."""

    @property
    def is_answered(self) -> bool:
        """True if the next step need not wait."""
        return self.request is not None and self.request.is_answered


@dataclass(frozen=True, slots=True)
class Unready:
    """Says why an image is not complete."""

    reason: str


class InFlightImages:
    """Images whose lives have begun and have not ended. Whatever goes wrong with one, nothing is lost."""

    def __init__(
        self,
        session: Session,
        queue: WorkQueue,
        workers: Workers,
        *,
        should_not_wait: Callable[[], bool],
        on_result: Callable[[Result], None],
        on_blocked: Callable[[JournalError], None],
    ) -> None:
        """`should_not_wait`: the image goes back to the queue. `on_result` gets every result that is news, `on_blocked`
        the error of a journal that can't be used."""
        self._session = session
        self._queue = queue
        self._workers = workers
        self._should_not_wait = should_not_wait
        self._on_result = on_result
        self._on_blocked = on_blocked
        self._images: list[InFlightImage] = []
        self._passed_over: set[str] = set()
        """Folders with images that could not be begun; a scan finds these again."""
        self._in_hand: dict[str, float] = {}
        """Paths that were reported while they were moved, with their settle time."""
        self.used = time.monotonic()
        """The time at which the classifier was last needed for an image, in monotonic seconds."""

    def __len__(self) -> int:
        return len(self._images)

    @property
    def await_answers(self) -> bool:
        """True if one of them waits for the classifier."""
        return any(isinstance(image.request, Request) and not image.is_answered for image in self._images)

    def has_room(self, *, is_new: bool) -> bool:
        """True if another image can be taken in."""
        has_room = self._workers.has_room and len(self) < (2 * MAX_OPEN if is_new else MAX_OPEN)
        return has_room and self._session.classifier.has_room(urgent=is_new)

    def begin(self, path: str, *, is_new: bool) -> None:
        """Have an image from the queue classified; a new one is classified and filed before the others in flight."""
        folder = wanted_in(path, self._session.config.watch)
        if folder is None:  # its folder is no longer in the configuration
            return
        if self._workers.holds(folder.path):
            self._passed_over.add(folder.path)
            return
        if path in self._paths_in_hand():
            self._in_hand[path] = folder.settle
            return
        if any(image.path == path for image in self._images):  # it was reported again
            self._queue.offer(path, folder.settle)
            return
        terms = Terms(urgent=is_new)
        life = self._session.pipeline.file_image(path, folder.path, self._should_not_wait, terms)
        image = InFlightImage(path, folder.path, folder.settle, is_new, life)
        self._images.append(image)
        self._workers.run(partial(_begin, image), partial(self._stepped, image), path, folder.path)

    def finish(self) -> bool:
        """File the oldest new image that is answered, or else the oldest other one; False if there is none."""
        answered = (each for each in self._images if each.is_answered and not self._workers.holds(_root_of(each)))
        image = min(answered, key=lambda each: not each.is_new, default=None)
        if image is None or not self._workers.has_room:
            return False
        self._take_step(image)
        if isinstance(image.request, Turn) and image.is_answered:  # the usual case, without another turn of the loop
            self._take_step(image)
        return True

    def requeue_all(self) -> None:
        """Close all of them and requeue them; one that a worker is busy with follows when its step has ended."""
        waiting = [image for image in self._images if image.request is not None]
        self._images = [image for image in self._images if image.request is None]
        for image in self._images:
            image.is_wanted = False
        for root in {image.root for image in waiting}:
            self._requeue([image for image in waiting if image.root == root])

    def offer_again(self) -> bool:
        """Offer what was reported while it was moved and now is not. Return True if a scan has to find others again."""
        if self._in_hand:
            in_hand = self._paths_in_hand()
            for path in [path for path in self._in_hand if path not in in_hand]:
                self._queue.offer(path, self._in_hand.pop(path))
        free = {root for root in self._passed_over if not self._workers.holds(root)}
        self._passed_over -= free
        return bool(free)

    def _paths_in_hand(self) -> frozenset[str]:
        try:
            return self._session.mover.in_hand.paths()
        except JournalError as error:
            self._on_blocked(error)
            return frozenset()

    def _take_step(self, image: InFlightImage) -> None:
        """Take one step of an image's life; it stays in flight unless the life has ended."""
        root = _root_of(image)
        image.request = None
        self._workers.run(partial(_step, image.life), partial(self._stepped, image), image.path, root)

    def _stepped(self, image: InFlightImage, outcome: Future[Awaited | Result | Unready]) -> None:
        """Take in the outcome of a step."""
        ended = True
        try:
            match self._unless_unready(image, outcome.result()):
                case None:
                    pass
                case Result() as result:
                    self._take(result, image.settle)
                case request:
                    image.request = request
                    ended = not image.is_wanted
                    if ended:
                        self._requeue([image])
        except (FileChanged, Interrupted, ModelError):
            self._queue.offer(image.path, image.settle)
        except Postponed:
            self._queue.retry(image.path, 1, time.monotonic(), image.settle)
        except JournalError as error:
            self._on_blocked(error)
        except Exception:  # a defect that shows over one image must not keep the others from being filed
            log.exception("snapsortd failed over %s, which stays where it is", image.path)
            self._queue.retry(image.path, 1, time.monotonic(), image.settle)
        finally:
            if ended:
                self._images.remove(image)

    def _unless_unready(self, image: InFlightImage, found: Awaited | Result | Unready) -> Awaited | Result | None:
        """Return what a step led to; None if the image is not complete, and goes back to the queue to be held there."""
        if isinstance(found, Unready):
            self._queue.hold(image.path, found.reason, time.monotonic(), image.settle)
            return None
        self._queue.held_back.release(image.path)
        self.used = time.monotonic()
        return found

    def _requeue(self, images: list[InFlightImage]) -> None:
        """Close images of one folder, in a worker, because closing a file may hang too; then offer them again."""

        def close() -> None:
            for image in images:
                image.life.close()

        def offer(_closed: Future[None]) -> None:
            for image in images:
                self._queue.offer(image.path, image.settle)

        self._workers.run(close, offer, images[0].root, images[0].root)

    def _take(self, result: Result, settle: float) -> None:
        if result.outcome is Outcome.FAILED and result.attempts == 1:
            # Most first failures are not repeated, so retry without a pause, but after the others: it may fail again.
            self._queue.requeue_last(result.path, settle)
        elif result.outcome is Outcome.FAILED:
            self._queue.retry(result.path, result.attempts, time.monotonic(), settle)
        if not result.known:
            self._on_result(result)


def _root_of(image: InFlightImage) -> str:
    """Return the folder that the next step hangs in if it hangs; empty if it is rather the destination."""
    return "" if isinstance(image.request, Turn) and image.request.destinations else image.root


def _begin(image: InFlightImage) -> Awaited | Result | Unready:
    """Take the first step of an image's life, unless it is not complete."""
    reason = unready(image.path, image.root)
    return Unready(reason) if reason else _step(image.life)


def _step(life: Life) -> Awaited | Result:
    """Take one step of a life; return the request or turn that it waits for, or the result if it has ended."""
    try:
        return next(life)
    except StopIteration as ended:
        result: Result = ended.value
        return result
