"""The daemon's side of describing: have a confined process put images into words, and go on without it if it fails.

The process is started when the first image needs a description, and ended after a while without any.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.caption import Caption, clean_caption
from snapsortd.domain.errors import Interrupted
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.cores import default_threads
from snapsortd.vision.messages import text_from_json
from snapsortd.vision.wire import BadMessage

log = logging.getLogger("snapsortd")

LOAD_TIMEOUT_S = 300.0
"""Enough for a large model on a slow disk."""
RELEASE_AFTER_S = 300.0
"""Seconds without a request after which the process is ended, which frees the memory of its model."""
MAX_FAILURES = 3
"""Failures in a row after which nothing is described for a while, so that no image waits in vain."""
RETRY_S = 60.0
"""Seconds for which nothing is described then."""
_MARGIN_S = 10.0
"""How much longer than for its own deadline a process is waited for."""
_POLL_S = 0.1
"""Interval at which a wait is interrupted for a shutdown."""


@dataclass(frozen=True, slots=True)
class Described:
    """The model that describes images and how: a checkpoint, or with `server` a model of a server on this machine."""

    model: str
    prompt: str
    server: str = ""
    timeout_s: float = 60.0

    @property
    def name(self) -> str:
        """A name that changes whenever descriptions do."""
        return f"{self.model} at {self.server}: {self.prompt}" if self.server else f"{self.model}: {self.prompt}"


@dataclass(slots=True, eq=False)
class CaptionRequest:
    """One image to describe, with a descriptor of its own."""

    fd: int
    image_format: str | None
    caption: Caption | None = None
    is_wanted: bool = True

    @property
    def is_answered(self) -> bool:
        """True if there is a caption, or a reason why there is none."""
        return self.caption is not None


class _Failed(Exception):
    """The reason why an image was not described, and whether the process must be ended because of it."""

    def __init__(self, reason: str, *, ends: bool = False) -> None:
        super().__init__(reason)
        self.ends = ends


class Captioner:
    """Describes one image after the other, in a thread of its own; any thread may ask."""

    def __init__(
        self,
        described: Described,
        *,
        threads: int | None = None,
        nice: int = 0,
        release_after_s: float = RELEASE_AFTER_S,
        retry_s: float = RETRY_S,
    ) -> None:
        """`threads` is the number of cores that a checkpoint uses; None: one per physical core, at most 4."""
        self.described = described
        self.on_answer: Callable[[], object] = lambda: None
        """Called, from another thread, after each answer."""
        self._threads = threads or default_threads()
        self._nice = nice
        self._release_after_s = release_after_s
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._waiting: deque[CaptionRequest] = deque()
        self._thread: threading.Thread | None = None
        self._child: ChildProcess | None = None
        self._is_stopped = False
        self._failures = 0
        self._paused_until = -math.inf
        self.trouble = ""
        """Why the last image has no description; empty if it has one."""

    @property
    def pid(self) -> int | None:
        """The id of the process while it runs."""
        child = self._child
        return child.pid if child else None

    def ask(self, fd: int, image_format: str | None) -> CaptionRequest:
        """Queue the image behind `fd`, which may be closed then, and return at once."""
        request = CaptionRequest(os.dup(fd), image_format)
        with self._changed:
            self._waiting.append(request)
            if self._thread is None and not self._is_stopped:
                self._thread = threading.Thread(target=self._run, name="captioner", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return request

    def finish(self, request: CaptionRequest, should_stop: Callable[[], bool]) -> Caption:
        """Wait for the answer. Raise Interrupted on `should_stop`, and if this captioner was stopped."""
        while request.caption is None:
            if should_stop() or self._is_stopped:
                raise Interrupted("stopped while an image was described")
            with self._changed:
                self._changed.wait_for(lambda: request.is_answered or self._is_stopped, _POLL_S)
        return request.caption

    def drop(self, request: CaptionRequest) -> None:
        """Discard a request whose answer is not needed any more."""
        request.is_wanted = False

    def stop(self) -> None:
        """End the process and answer nothing more."""
        with self._changed:
            self._is_stopped = True
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join()
        for request in self._waiting:
            os.close(request.fd)
        self._waiting.clear()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            caption = self._answer(request) if request.is_wanted else Caption()
            os.close(request.fd)
            with self._changed:
                request.caption = caption
                self._changed.notify_all()
            self.on_answer()

    def _next(self) -> CaptionRequest | None:
        """Return the next request, or None after a while without any: the thread and the process end then."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_stopped, self._release_after_s)
            if self._waiting and not self._is_stopped:
                return self._waiting.popleft()
            self._end()
            self._thread = None
            return None

    def _answer(self, request: CaptionRequest) -> Caption:
        if time.monotonic() < self._paused_until:
            return Caption(why_not=self.trouble)
        try:
            raw = self._described(request)
        except _Failed as error:
            if error.ends:
                self._end()
            self._fail(str(error))
            return Caption(why_not=self.trouble)
        self._failures, self.trouble = 0, ""
        text = clean_caption(raw)
        return Caption(text, "" if text else f"the answer of {self.described.model} is not a description")

    def _fail(self, reason: str) -> None:
        self.trouble = reason
        self._failures += 1
        if self._failures == 1:
            log.warning("images are filed without a description: %s", reason)
        if self._failures >= MAX_FAILURES:
            self._paused_until = time.monotonic() + self._retry_s

    def _described(self, request: CaptionRequest) -> str:
        """Return what the model wrote. Raise _Failed."""
        if self._child is None:
            self._start()
        assert self._child is not None
        number = secrets.token_hex(8)  # a process that an image took over must not answer for the next one
        message = {"id": number, "format": request.image_format}
        try:
            self._child.channel.send(message, request.fd, timeout=_MARGIN_S)
            reply = self._receive(self.described.timeout_s + _MARGIN_S)
            if reply.get("id") != number:
                raise BadMessage("an answer that was not asked for")
        except (EOFError, OSError, BadMessage) as error:
            raise _Failed(f"{self._who} {type(error).__name__}", ends=True) from error
        if "failed" in reply:
            raise _Failed(f"{self._who}: {text_from_json(reply['failed'])}")
        if not isinstance(reply.get("caption"), str):
            raise _Failed(f"{self._who} sent an invalid message", ends=True)
        return str(reply["caption"])

    def _start(self) -> None:
        """Start the process and wait until it is ready. Raise _Failed."""
        asked: dict[str, Any] = {"model": self.described.model, "prompt": self.described.prompt, "nice": self._nice}
        if self.described.server:
            module, asked["server"], asked["timeout_s"] = "ask_server", self.described.server, self.described.timeout_s
        else:
            module, asked["threads"] = "main", self._threads
            asked["cpu_limit_s"] = math.ceil(self.described.timeout_s) * self._threads
        try:
            self._child = ChildProcess(f"snapsortd.vision.child.describing.{module}")
            self._child.channel.send(asked, timeout=_MARGIN_S)
            reply = self._receive(LOAD_TIMEOUT_S)
        except (EOFError, OSError, BadMessage) as error:
            self._failures = MAX_FAILURES
            raise _Failed(f"{self._who} could not be started", ends=True) from error
        if "failed" in reply:
            self._failures = MAX_FAILURES
            advice = f"; {text_from_json(reply['hint'])}" if reply.get("hint") else ""
            raise _Failed(f"{text_from_json(reply['failed'])}{advice}", ends=True)

    def _receive(self, seconds: float) -> dict[str, Any]:
        """Return the next message. Raise _Failed if none comes in time, EOFError, OSError and BadMessage."""
        assert self._child is not None
        deadline = time.monotonic() + seconds
        while (received := self._child.channel.receive(_POLL_S)) is None:
            if self._is_stopped or time.monotonic() > deadline:
                raise _Failed(f"{self._who} did not answer within {self.described.timeout_s:g} seconds", ends=True)
        return received[0]

    @property
    def _who(self) -> str:
        return f"the model server at {self.described.server}" if self.described.server else self.described.model

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()
