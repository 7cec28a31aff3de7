"""Keep the answers about images that are soon asked for again: those that wait to be filed, or were previewed."""

from __future__ import annotations

import threading
from collections import OrderedDict

from snapsortd.domain.image import Classification

MAX_ANSWERS = 1_000
"""Maximum number of answers, each of a few kilobytes; the oldest ones make room."""


class RecentAnswers:
    """Answers by content and format; any thread may use it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[bytes, str], Classification] = OrderedDict()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._answers)

    def add(self, sha256: bytes, image_format: str, answer: Classification) -> None:
        """Keep an answer until it is taken."""
        with self._lock:
            self._answers[sha256, image_format] = answer
            if len(self._answers) > MAX_ANSWERS:
                self._answers.popitem(last=False)

    def take(self, sha256: bytes, image_format: str) -> Classification | None:
        """Return the answer and forget it; None if there is none."""
        with self._lock:
            return self._answers.pop((sha256, image_format), None)

    def clear(self) -> None:
        """Forget all answers, because the same images would be answered differently now."""
        with self._lock:
            self._answers.clear()
