"""The daemon's side of the classifier process: starts it, gives it open images, ends it when it misbehaves.

Nothing here imports torch, numpy or Pillow; they live and die with the child.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from snapsortd.domain.errors import ImageError, Interrupted, ModelError
from snapsortd.domain.image import Classification
from snapsortd.vision.cores import default_threads
from snapsortd.vision.messages import sight_from_json, words_from_json
from snapsortd.vision.requests import InFlight, Request
from snapsortd.vision.spawn import spawn
from snapsortd.vision.wire import BadMessage, Channel

ClassifierState = Literal["stopped", "loading", "ready", "failed"]

LOAD_SECONDS = 300.0
"""A large model on a slow disk takes this long at most."""
IMAGE_SECONDS = 30.0
"""One image takes this long at most, decoding included; then the child is killed."""
QUEUED_PER_THREAD = 2
"""Images in flight for each that is looked at: so many lie ready that no thread waits. An urgent one may be besides."""

_GLANCE = 0.1
"""Seconds between two looks at `should_stop` while waiting."""
_SEND_SECONDS = 10.0
_EXIT_SECONDS = 5.0
_MEMORY_HINT = "is there enough memory for this model? its own message is in the log"


class Classifier:
    """One classifier process. One thread uses it; any may read `state`, `pid`, `error` and `model_info`.

    Several images may be in flight: `begin` gives one to the child, `finish` waits for its answer, `poll` takes in
    what has come meanwhile. After a death it is "stopped" and the next `wait_ready` starts it anew; what was in flight
    is looked at again (see `inflight`). After a model that could not be loaded it is "failed", and stays so, raising
    `error`, until `start` is called again.
    """

    def __init__(
        self,
        *,
        model: str,
        labels: Mapping[str, tuple[str, ...]],
        cache_dir: str,
        threads: int | None = None,
        load_seconds: float = LOAD_SECONDS,
        image_seconds: float = IMAGE_SECONDS,
        engine: str = "auto",
        nice: int = 0,
    ) -> None:
        """`labels` maps each label to its prompts; `threads` None means one per physical core, at most 4.

        So many images are looked at at a time. `nice` is what is added to the child's niceness.
        """
        self._model = model
        self._labels = {name: tuple(prompts) for name, prompts in labels.items()}
        self._cache_dir = cache_dir
        self._threads = threads or default_threads()
        self._load_seconds = load_seconds
        self._image_seconds = image_seconds
        self._engine = engine
        self._nice = nice
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._load_deadline = 0.0
        self._in_flight = InFlight()
        self.state: ClassifierState = "stopped"
        self.error: ModelError | None = None
        self.model_info: dict[str, Any] = {}
        """`LoadedModel.about` as the child sent it; empty until it is ready."""

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Start the child if none runs; returns at once, the model is loaded over there."""
        if self._channel is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                self._process = spawn("snapsortd.vision.child.main", str(theirs.fileno()), keep=(theirs.fileno(),))
            except OSError as error:
                ours.close()
                self._fail(ModelError(f"the classifier process cannot be started: {error.strerror}"))
                return
        self._channel = Channel(ours)
        self._load_deadline = time.monotonic() + self._load_seconds
        self.error = None
        self.state = "loading"
        request = {
            "model": self._model,
            "labels": self._labels,
            "cache_dir": self._cache_dir,
            "threads": self._threads,
            "engine": self._engine,
            "nice": self._nice,
        }
        try:
            self._channel.send(request, timeout=_SEND_SECONDS)
        except OSError:
            self._fail(ModelError(f"the classifier {self._end(_EXIT_SECONDS)} while it started"))

    def has_room(self, *, urgent: bool = False) -> bool:
        """True if another image would only lie ready for a short time, or as an urgent one for none."""
        at_most = QUEUED_PER_THREAD * self._threads + (urgent and not self._in_flight.has_urgent)
        return len(self._in_flight) < at_most

    @property
    def is_idle(self) -> bool:
        """True if nothing is in flight."""
        return not len(self._in_flight)

    def poll(self, timeout: float = 0.0) -> None:
        """Wait `timeout` seconds at most for word from the child: it has loaded the model or can't, or has answers."""
        if self._channel is None:
            return
        try:
            received = self._channel.receive(timeout)
            while received is not None:
                self._take(received[0])
                received = self._channel.receive(0.0) if self._channel else None
            self._send_due()
        except (EOFError, OSError, BadMessage) as error:
            self._lost(error)
        self._mind_time(time.monotonic())

    def wait_ready(self, should_stop: Callable[[], bool]) -> None:
        """Start if need be and wait for the model. Raises ModelError, and Interrupted on `should_stop`."""
        self.poll()
        while self.state != "ready":
            if self.state == "stopped":
                self.start()
            if self.error is not None:
                raise self.error
            if should_stop():
                raise Interrupted("stopped while the model was loading")
            self.poll(_GLANCE)

    def classify(self, fd: int, should_stop: Callable[[], bool], image_format: str | None = None) -> Classification:
        """Look at the image behind the read-only descriptor `fd` (its offset moves; it stays open).

        `image_format` is what `sniff` said; without it the first bytes alone count. Raises ImageError (no readable
        image, with the reason), ClassifierDied (the child crashed or was killed over it: the next call starts another),
        ModelError, and Interrupted on `should_stop`.
        """
        self.wait_ready(should_stop)
        request = self.begin(fd, image_format)
        try:
            return self.finish(request, should_stop)
        finally:
            self.drop(request)

    def begin(self, fd: int, image_format: str | None = None, *, alone: bool = False, urgent: bool = False) -> Request:
        """Have the image behind `fd` looked at, when its turn comes; `alone`: while no other is. Returns at once.

        `urgent`: it waits for none in flight, unless that is an urgent one too.

        The descriptor must stay open until the request is answered or dropped.
        """
        request = self._in_flight.add(fd, image_format, alone=alone, urgent=urgent and not self._in_flight.has_urgent)
        self.poll()
        return request

    def finish(self, request: Request, should_stop: Callable[[], bool]) -> Classification:
        """Wait for the answer; raises as `classify` does. Unless it is answered or dropped, it stays in flight."""
        while not request.is_answered:
            self.wait_ready(should_stop)
            if should_stop():
                raise Interrupted("stopped while an image was classified")
            self.poll(_GLANCE)
        if request.classification is None:
            assert request.error is not None
            raise request.error
        return request.classification

    def drop(self, request: Request) -> None:
        """Nobody waits for this answer any more, and its descriptor may be closed."""
        self._in_flight.dropped(request)

    def stop(self) -> None:
        """End the child now; it holds nothing that is worth saving. What is in flight waits for the next one."""
        self._end()
        self._in_flight.put_back()
        self.error = None

    def _send_due(self) -> None:
        if self.state != "ready" or self._channel is None:
            return
        for request in self._in_flight.due():
            self._in_flight.sent(request, time.monotonic())
            message = {"id": request.id, "format": request.image_format, "urgent": request.urgent}
            self._channel.send(message, request.fd, timeout=_SEND_SECONDS)

    def _take(self, message: dict[str, Any]) -> None:
        """What the child says: that it is ready, that it isn't, or an answer."""
        if self.state == "loading":
            self._take_loaded(message)
            return
        if "crashed" in message:
            self._end(_EXIT_SECONDS)
            self._in_flight.died(f"the classifier failed over the image: {words_from_json(message['crashed'])}")
            return
        request = self._in_flight.get(message.get("id"))
        if request is None:
            raise BadMessage("an answer that was not asked for")
        now = time.monotonic()
        if "unreadable" in message:
            self._in_flight.refused(request, ImageError(words_from_json(message["unreadable"])), now)
            return
        classification = sight_from_json(
            message,
            labels=tuple(self._labels),
            dim=self.model_info["dim"],
            model=self._model,
            milliseconds=(now - request.sent_at) * 1000,
        )
        self._in_flight.answered(request, classification, now)

    def _lost(self, error: Exception) -> None:
        """The child is gone, or says what no child of ours does."""
        loading, nonsense = self.state == "loading", isinstance(error, BadMessage)
        ended = self._end(0.0 if nonsense else _EXIT_SECONDS)
        if loading:
            self._fail(ModelError(f"the classifier {ended} while it loaded the model", _MEMORY_HINT))
        elif nonsense:
            self._in_flight.died(f"the classifier answered nonsense ({error}) and was ended")
        else:
            self._in_flight.died(f"the classifier {ended} while it looked at the image")

    def _mind_time(self, now: float) -> None:
        """End a child that takes too long."""
        if self.state == "loading" and now > self._load_deadline:
            self._end()
            self._fail(ModelError(f"the model was not loaded within {self._load_seconds:g} seconds"))
        elif self.state == "ready" and self._in_flight.oldest_for(now) > self._image_seconds:
            self._end()
            self._in_flight.died(f"the image took more than {self._image_seconds:g} seconds")

    def _take_loaded(self, message: dict[str, Any]) -> None:
        """The child's first message: what it loaded, or why it could not."""
        if "failed" in message or "crashed" in message:
            self._end(_EXIT_SECONDS)
            hint = words_from_json(message.get("hint", _MEMORY_HINT))
            self._fail(ModelError(words_from_json(message.get("failed", message.get("crashed"))), hint))
            return
        if not isinstance(message.get("dim"), int):
            raise BadMessage("no word about the model")
        self.model_info = message
        self.state = "ready"

    def _fail(self, error: ModelError) -> None:
        self.error = error
        self.state = "failed"

    def _end(self, patience: float = 0.0) -> str:
        """Make sure that the child is gone, after `patience` seconds by force, and say how it ended."""
        process, channel = self._process, self._channel
        self._process = self._channel = None
        self.state = "stopped"
        if channel is not None:
            channel.close()
        if process is None:
            return "was not running"
        try:
            return _how_it_ended(process.wait(patience))
        except subprocess.TimeoutExpired:
            process.kill()
            return _how_it_ended(process.wait())


def _how_it_ended(code: int) -> str:
    """An exit status of `subprocess` as the end of a sentence that starts "the classifier"."""
    if code >= 0:
        return f"ended with exit code {code}"
    if -code == signal.SIGXCPU:
        return "used too much processor time"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed ({name})" if -code == signal.SIGKILL else f"crashed ({name})"
