"""Which images the classifier process has, which wait for it, and which one is to blame when it dies. Pure.

Several are looked at at a time. What goes wrong over one of them may be another's fault: a decoder that crashes, or
takes all memory or time, takes the others with it. So nothing is held against an image that was not alone: it is
looked at again, alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.domain.image import Classification


@dataclass(slots=True, eq=False)
class Request:
    """One image that is to be looked at. Its descriptor stays open until it is answered or dropped."""

    id: int
    fd: int
    image_format: str | None
    alone: bool = False
    """It is looked at while no other is."""
    urgent: bool = False
    """It waits for no other."""
    sent_at: float = math.nan
    """Monotonic seconds."""
    in_company: bool = False
    """Another was in flight for a part of the time."""
    classification: Classification | None = None
    error: ImageError | ClassifierDied | None = None

    @property
    def is_answered(self) -> bool:
        """True if there is a sight, or an error."""
        return self.classification is not None or self.error is not None


class InFlight:
    """The requests that are not answered yet, oldest first."""

    def __init__(self) -> None:
        self._next_id = 1
        self._waiting: dict[int, Request] = {}
        self._sent: dict[int, Request] = {}
        self._since = math.inf

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    @property
    def has_urgent(self) -> bool:
        """True if an urgent one is not answered yet."""
        return any(request.urgent for request in (*self._waiting.values(), *self._sent.values()))

    def add(self, fd: int, image_format: str | None, *, alone: bool, urgent: bool = False) -> Request:
        """A new request, which waits to be sent."""
        request = Request(self._next_id, fd, image_format, alone, urgent)
        self._next_id += 1
        self._waiting[request.id] = request
        return request

    def due(self) -> Iterator[Request]:
        """Those that can be sent now, each to be told to `sent` at once."""
        while self._waiting:
            first = self._waiting[min(self._waiting)]
            if self._sent and (first.alone or any(request.alone for request in self._sent.values())):
                return
            yield first

    def sent(self, request: Request, now: float) -> None:
        """It is the classifier's now."""
        del self._waiting[request.id]
        if not self._sent:
            self._since = now
        self._sent[request.id] = request
        request.sent_at = now
        if len(self._sent) > 1:
            for each in self._sent.values():
                each.in_company = True

    def get(self, number: object) -> Request | None:
        """The request of that number, if the classifier has it."""
        return self._sent.get(number) if type(number) is int else None

    def answered(self, request: Request, classification: Classification, now: float) -> None:
        """It is done."""
        request.classification = classification
        self._take(request, now)

    def refused(self, request: Request, error: ImageError, now: float) -> None:
        """The answer is that it cannot be read: believed if nothing else can be the reason."""
        self._take(request, now)
        if request.in_company:
            self._again(request)
        else:
            request.error = error

    def died(self, reason: str) -> None:
        """The classifier is gone. Whoever was alone with it is to blame; of several nobody is, and each goes alone."""
        lost, self._sent = list(self._sent.values()), {}
        for request in lost:
            if len(lost) == 1:
                request.error = ClassifierDied(reason)
            else:
                self._again(request)

    def put_back(self) -> None:
        """The classifier was ended, and the images had no part in that: the next one is given them."""
        lost, self._sent = self._sent, {}
        for request in lost.values():
            self._again(request, alone=request.alone)

    def dropped(self, request: Request) -> None:
        """Nobody waits for this answer any more. Where it was sent, it still keeps the classifier busy."""
        self._waiting.pop(request.id, None)
        request.fd = -1

    def oldest_for(self, now: float) -> float:
        """Seconds for which the oldest has been the oldest: at least so long it can have been worked on."""
        return now - self._since if self._sent else 0.0

    def _take(self, request: Request, now: float) -> None:
        if request is next(iter(self._sent.values())):
            self._since = now
        del self._sent[request.id]

    def _again(self, request: Request, *, alone: bool = True) -> None:
        if request.fd < 0:  # dropped
            return
        request.alone, request.in_company = alone, False
        self._waiting[request.id] = request
