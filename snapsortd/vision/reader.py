"""Read the text in images in a confined process, which is started for the first one and ended after a quiet minute.

The process needs 300 MB; the daemon itself imports nothing for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from snapsortd.domain.errors import ClassifierDied, ImageError, Interrupted, TextUnavailable
from snapsortd.domain.image_text import ImageText
from snapsortd.files.installed import INSTALL_TEXT, can_read_text
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.messages import image_text_from_json, text_from_json
from snapsortd.vision.wire import BadMessage

START_S, IMAGE_S = 120.0, 120.0
"""Maximum waits for the process and for the text of one image, in seconds."""
QUIET_S = 60.0
"""The process ends when it was not needed for so many seconds."""
POLL_S = 0.1


Failure = ImageError | ClassifierDied | TextUnavailable


class Reading:
    """One image whose text is asked for; at the end of a `with` block nobody waits for it any more."""

    def __init__(self, fd: int, image_format: str | None) -> None:
        """`fd` is duplicated, so that it may be closed at any time."""
        self.fd = os.dup(fd)
        self.image_format = image_format
        self.is_dropped = False
        """True if it need not be read any more."""
        self._done = threading.Event()
        self._text: ImageText | None = None
        self._error: Failure | None = None

    @property
    def is_answered(self) -> bool:
        """True if there is a text, or an error."""
        return self._done.is_set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_dropped = True

    def answer(self, answer: ImageText | Failure) -> None:
        """Set the text or the error, once."""
        os.close(self.fd)
        if isinstance(answer, ImageText):
            self._text = answer
        else:
            self._error = answer
        self._done.set()

    def wait(self, should_stop: Callable[[], bool]) -> ImageText:
        """Wait for the text. Raise ImageError, ClassifierDied, TextUnavailable, and Interrupted on `should_stop`."""
        while not self._done.wait(POLL_S):
            if should_stop():
                raise Interrupted("stopped while the text of an image was read")
        if self._text is None:
            assert self._error is not None
            raise self._error
        return self._text


class Reader:
    """Reads one image after the other; any thread may ask."""

    def __init__(self, *, nice: int = 0, quiet_s: float = QUIET_S) -> None:
        """`nice` is added to the niceness of the process."""
        self._nice = nice
        self._quiet_s = quiet_s
        self._lock = threading.Lock()
        self._asked: SimpleQueue[Reading | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._child: ChildProcess | None = None
        self._is_stopped = False
        self.on_answer: Callable[[], object] = lambda: None
        """Called after each answer, in the reader's own thread."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        child = self._child
        return child.pid if child else None

    def ask(self, fd: int, image_format: str | None) -> Reading:
        """Ask for the text of an open image; return at once."""
        reading = Reading(fd, image_format)
        with self._lock:
            self._asked.put(reading)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="text reader", daemon=True)
                self._thread.start()
        return reading

    def stop(self) -> None:
        """End the process, also in the middle of an image, and read nothing more."""
        with self._lock:
            self._is_stopped = True
            thread, child = self._thread, self._child
            self._asked.put(None)
        if child is not None:
            child.kill()
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        while (reading := self._next()) is not None:
            if self._is_stopped or reading.is_dropped:
                reading.answer(TextUnavailable("its text is not read any more"))
            else:
                reading.answer(self._read(reading))
            self.on_answer()

    def _next(self) -> Reading | None:
        """Return the next image; None, after the process has ended, once a quiet time is over or this is to stop."""
        with suppress(Empty):
            if (reading := self._asked.get(timeout=self._quiet_s)) is not None:
                return reading
        self._end()
        with self._lock:
            if self._asked.empty():
                self._thread = None
                return None
        return self._asked.get()

    def _read(self, reading: Reading) -> ImageText | Failure:
        try:
            child = self._child or self._start()
        except OSError as error:
            return TextUnavailable(f"its text cannot be read: {error}")
        try:
            child.channel.send({"format": reading.image_format}, reading.fd, timeout=IMAGE_S)
            reply = child.channel.receive(IMAGE_S)
            if reply is None:
                self._end()
                return ClassifierDied(f"reading its text took more than {IMAGE_S:g} seconds")
            if "unreadable" in reply[0]:
                return ImageError(text_from_json(reply[0]["unreadable"]))
            return image_text_from_json(reply[0])
        except (EOFError, OSError, BadMessage):
            return ClassifierDied(f"the text reader {self._end()} while it read the image")

    def _start(self) -> ChildProcess:
        """Start the process and wait until it is ready. Raise OSError if that fails."""
        if not can_read_text():
            raise OSError(f"install what reads it: {INSTALL_TEXT}")
        self._child = child = ChildProcess("snapsortd.vision.child.reading.main")
        try:
            child.channel.send({"nice": self._nice}, timeout=START_S)
            if child.channel.receive(START_S) is not None:
                return child
        except (EOFError, OSError, BadMessage):
            pass
        raise OSError(f"the text reader {self._end()} while it started; its own message is in the log")

    def _end(self) -> str:
        child, self._child = self._child, None
        return child.end(1.0) if child else "was not running"
