"""Track the images in flight, those that wait, and which one is to blame when the classifier process dies. Pure.

Several images are classified at the same time, and a decoder that crashes, or uses up all memory or time, affects the
others too. So an image is never blamed for a failure that happened while others were in flight: it is requeued and
classified alone.

Images that are slow to decode, or that have killed the process before, go after all others, one at a time, and those
that arrive meanwhile do not wait for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.domain.errors import ClassifierDied, ImageError, Postponed
from snapsortd.domain.image import Classification

QUEUED_PER_THREAD = 2
"""Images in flight per thread: one is being classified and the next is ready, so that no thread waits. One urgent
image may be in flight in addition."""
MAX_LAST = 32
"""Images that go last and are held open meanwhile; further ones are postponed."""
MAX_TRIES = 3
"""An image that cannot be read is no longer given the benefit of the doubt after this many tries in company."""
UNDISTURBED_S = 2.0
"""Seconds for which an image that must be alone is, even if others arrive meanwhile: time for a decoder to crash."""


@dataclass(slots=True, eq=False)
class Request:
    """One image to classify. Its descriptor stays open until the request is answered or dropped."""

    id: int
    fd: int
    image_format: str | None
    alone: bool = False
    """Classify it while no other image is in flight."""
    urgent: bool = False
    """Classify it before all others."""
    last: bool = False
    """Classify it after all others."""
    tries: int = 0
    """How often its answer was not believed."""
    sent_at: float = math.nan
    """Monotonic seconds."""
    others_in_flight: bool = False
    """Another image was in flight at some time since this one was sent."""
    classification: Classification | None = None
    error: ImageError | ClassifierDied | Postponed | None = None

    @property
    def is_answered(self) -> bool:
        """True if there is a classification or an error."""
        return self.classification is not None or self.error is not None

    def answer(self) -> Classification:
        """Return the classification, or raise the error."""
        if self.classification is None:
            assert self.error is not None
            raise self.error
        return self.classification

    @property
    def message(self) -> dict[str, object]:
        """The message to the classifier process."""
        return {"id": self.id, "format": self.image_format, "urgent": self.urgent, "is_last": self.last}


class InFlight:
    """The requests that are not answered yet: waiting, or sent to the classifier process."""

    def __init__(self) -> None:
        self._next_id = 1
        self._waiting: dict[int, Request] = {}
        self._sent: dict[int, Request] = {}
        self._oldest_since = math.inf

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    @property
    def has_urgent(self) -> bool:
        """True if an urgent request is not answered yet."""
        return any(request.urgent for request in (*self._waiting.values(), *self._sent.values()))

    @property
    def is_one_last_sent(self) -> bool:
        """True if a request that goes last was sent and is not answered yet."""
        return any(request.last for request in self._sent.values())

    def has_room(self, threads: int, *, urgent: bool) -> bool:
        """Return whether another request would be started on soon, or at once if it is urgent; none that go last are
        counted."""
        occupied = sum(not request.last for request in (*self._waiting.values(), *self._sent.values()))
        return occupied < QUEUED_PER_THREAD * threads + (urgent and not self.has_urgent)

    def add(
        self, fd: int, image_format: str | None, *, alone: bool = False, urgent: bool = False, last: bool = False
    ) -> Request:
        """Return a new request, which waits to be sent."""
        request = Request(self._next_id, fd, image_format, alone, urgent, last)
        self._next_id += 1
        self._waiting[request.id] = request
        return request

    def due(self, now: float) -> Iterator[Request]:
        """Yield the requests that can be sent now, oldest first. Call `mark_sent` on each before taking the next."""
        while self._waiting:
            first = min(self._waiting.values(), key=lambda each: (each.last, each.id))
            if self._sent and not self._may_join(first, now):
                return
            yield first

    def _may_join(self, request: Request, now: float) -> bool:
        """Return whether a request can be sent while others are in flight."""
        undisturbed = any(each.alone and now - each.sent_at < UNDISTURBED_S for each in self._sent.values())
        return not (request.alone or request.last or undisturbed)

    def mark_sent(self, request: Request, now: float) -> None:
        """Note that a request is being sent to the classifier process."""
        del self._waiting[request.id]
        if not self._sent:
            self._oldest_since = now
        self._sent[request.id] = request
        request.sent_at = now
        if len(self._sent) > 1:
            for each in self._sent.values():
                each.others_in_flight = True

    def get(self, number: object) -> Request | None:
        """Return the request with this id if it was sent and is not answered, else None."""
        return self._sent.get(number) if type(number) is int else None

    def record_answer(self, request: Request, classification: Classification, now: float) -> None:
        """Answer a request."""
        request.classification = classification
        self._remove_sent(request, now)

    def record_unreadable(self, request: Request, error: ImageError, now: float, *, lacks_memory: bool = False) -> None:
        """Answer a request with an error, or requeue it if another image in flight may have caused the error.

        It goes last then, because it is seldom intact; one that `lacks_memory` goes first.
        """
        self._remove_sent(request, now)
        request.tries += 1
        if not request.others_in_flight or request.tries >= MAX_TRIES:
            request.error = error
        elif lacks_memory:
            self._requeue(request)
        else:
            self._put_last(request, alone=True)

    def record_slow(self, request: Request, now: float) -> None:
        """Put a request that is slow to decode after all others."""
        self._remove_sent(request, now)
        self._put_last(request, alone=request.alone)

    def _put_last(self, request: Request, *, alone: bool) -> None:
        """Put a request after all others, or postpone it if too many wait there already."""
        if sum(each.last for each in (*self._waiting.values(), *self._sent.values())) >= MAX_LAST:
            request.error = Postponed("it is slow or unreadable, and so are many others: it is tried again later")
        else:
            request.last, request.urgent = True, False
            self._requeue(request, alone=alone)

    def record_death(self, reason: str) -> None:
        """Answer a request that was alone with ClassifierDied; requeue several, each to be classified alone."""
        lost, self._sent = list(self._sent.values()), {}
        for request in lost:
            if len(lost) == 1:
                request.error = ClassifierDied(reason)
            else:
                self._requeue(request)

    def requeue_all(self) -> None:
        """Requeue what was sent to a classifier process that was ended for a reason unrelated to the images."""
        lost, self._sent = self._sent, {}
        for request in lost.values():
            self._requeue(request, alone=request.alone)

    def drop(self, request: Request) -> None:
        """Discard a request whose answer is not needed. If it was sent, it remains in flight until it is answered."""
        self._waiting.pop(request.id, None)
        request.fd = -1

    def age_of_oldest(self, now: float) -> float:
        """Return for how many seconds the oldest sent request has been the oldest, 0 if there is none.

        It has been classified for at least that long, because images are taken in order. Time spent waiting behind
        others does not count.
        """
        return now - self._oldest_since if self._sent else 0.0

    def _remove_sent(self, request: Request, now: float) -> None:
        if request is next(iter(self._sent.values())):
            self._oldest_since = now
        del self._sent[request.id]

    def _requeue(self, request: Request, *, alone: bool = True) -> None:
        if request.fd < 0:  # dropped
            return
        request.alone, request.others_in_flight = alone, False
        self._waiting[request.id] = request
