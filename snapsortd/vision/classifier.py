"""The daemon's side of classification: start the child process, send it images, take in answers, end it if it fails.

Nothing here imports torch, numpy or Pillow, so that their memory is freed when the child ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from snapsortd.domain.errors import Interrupted, ModelError
from snapsortd.domain.image import Classification
from snapsortd.vision.answers import answered_by, take_answer
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.cores import default_threads
from snapsortd.vision.learnt_layer import LearntLayer
from snapsortd.vision.messages import classification_from_json, text_from_json
from snapsortd.vision.recent_answers import RecentAnswers
from snapsortd.vision.requests import InFlight, Request
from snapsortd.vision.wire import BadMessage

ClassifierState = Literal["stopped", "loading", "ready", "failed"]

LOAD_TIMEOUT_S = 300.0
"""Enough for a large model on a slow disk."""
IMAGE_TIMEOUT_S = 30.0
"""For one image, decoding included; after that the child is killed."""

_POLL_INTERVAL_S = 0.1
"""Interval at which `should_stop` is called while waiting."""
_SEND_TIMEOUT_S = 10.0
_EXIT_TIMEOUT_S = 5.0
_MEMORY_HINT = "is there enough memory for this model? its own message is in the log"


class Classifier:
    """One classifier process; any thread may use it.

    Several images may be in flight: `begin` sends one to the child, `finish` waits for its answer, `poll` takes in the
    answers that have arrived. If the child dies, the state is "stopped" and the next `wait_ready` restarts it; images
    that were in flight are classified again (see `requests`). If the model cannot be loaded, the state is "failed", and
    `error` is raised until `start` is called again.
    """

    def __init__(
        self,
        *,
        model: str,
        labels: Mapping[str, tuple[str, ...]],
        cache_dir: str,
        state_dir: str = "",
        threads: int | None = None,
        load_timeout_s: float = LOAD_TIMEOUT_S,
        image_timeout_s: float = IMAGE_TIMEOUT_S,
        engine: str = "auto",
        nice: int = 0,
        in_turn: bool = False,
        learnt: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] = lambda _info: None,
    ) -> None:
        """`labels` maps each label to its prompts; `nice` is added to the child's niceness.

        `threads` is the number of images classified at the same time; None means one per physical core, at most 4.
        `in_turn`: images are sent one after the other, so that one thread, which starts faster, classifies all.
        `learnt` returns the layer that was learnt for a model, which is described as in `model_info`.
        """
        self._layer = LearntLayer(learnt)
        self._model = model
        self.labels: Mapping[str, tuple[str, ...]] = {name: tuple(prompts) for name, prompts in labels.items()}
        """Each label's prompts."""
        self._threads = threads or default_threads()
        self._settings: dict[str, Any] = {"model": model, "labels": self.labels}
        self._settings |= {"cache_dir": cache_dir, "state_dir": state_dir}
        self._settings |= {"threads": self._threads, "engine": engine, "nice": nice, "in_turn": in_turn}
        self._load_timeout_s = load_timeout_s
        self._image_timeout_s = image_timeout_s
        self._child: ChildProcess | None = None
        self._load_deadline = 0.0
        self._in_flight = InFlight()
        self.recent = RecentAnswers()
        self._lock = threading.RLock()
        self._is_retired = False
        self.answered_by = ""
        """A name for all that decides the answers; empty until the model is loaded for the first time."""
        self.state: ClassifierState = "stopped"
        self.error: ModelError | None = None
        self.model_info: dict[str, Any] = {}
        """`LoadedModel.about` as sent by the child; empty until the model is loaded for the first time."""

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child else None

    @property
    def checkpoint(self) -> str:
        """The digest of the loaded checkpoint, which names the embeddings made by it; empty before it was loaded."""
        return str(self.model_info.get("digest", ""))

    def start(self) -> None:
        """Start the child unless it is running. Return at once; the child loads the model meanwhile.

        Raise Interrupted if another classifier has taken its place.
        """
        with self._lock:
            if self._is_retired:
                raise Interrupted("the configuration has changed meanwhile")
            if self._child is None:
                self._start()

    def _start(self) -> None:
        try:
            self._child = child = ChildProcess()
        except OSError as error:
            self._fail(ModelError(f"the classifier process cannot be started: {error.strerror}"))
            return
        self._layer.begin()
        self._load_deadline = time.monotonic() + self._load_timeout_s
        self.error = None
        self.state = "loading"
        try:
            child.channel.send(self._settings, timeout=_SEND_TIMEOUT_S)
        except OSError:
            self._fail(ModelError(f"the classifier {self._end(_EXIT_TIMEOUT_S)} while it started"))

    def has_room(self, *, urgent: bool = False) -> bool:
        """Return whether another image would be started on soon, or at once if it is urgent."""
        with self._lock:
            return self._in_flight.has_room(self._threads, urgent=urgent)

    def poll(self, timeout: float = 0.0) -> None:
        """Wait up to `timeout` seconds for messages from the child, and handle all that have arrived."""
        if timeout > 0 and (child := self._child) is not None:
            child.channel.wait(timeout)  # other threads may use the classifier meanwhile
        with self._lock:
            if self._child is None:
                return
            try:
                received = self._child.channel.receive(0.0)
                while received is not None:
                    self._handle(received[0])
                    received = self._child.channel.receive(0.0) if self._child else None
                self._send_due()
            except (EOFError, OSError, BadMessage) as error:
                self._handle_failure(error)
            self._check_timeouts(time.monotonic())

    def wait_ready(self, should_stop: Callable[[], bool]) -> None:
        """Start the child if necessary and wait for the model. Raise ModelError, or Interrupted on `should_stop`."""
        self.poll()
        while self.state != "ready":
            if self.state == "stopped":
                self.start()
            if self.error is not None:
                raise self.error
            if should_stop():
                raise Interrupted("stopped while the model was loading")
            self.poll(_POLL_INTERVAL_S)

    def classify(self, fd: int, should_stop: Callable[[], bool], image_format: str | None = None) -> Classification:
        """Classify the image behind the read-only descriptor `fd`, which stays open; its offset moves.

        `image_format` is the result of `sniff`; without it, only the first bytes count. Raise ImageError if the image
        cannot be read, ClassifierDied if the child crashed or was killed over it (the next call restarts it),
        ModelError, and Interrupted on `should_stop`.
        """
        self.wait_ready(should_stop)
        request = self.begin(fd, image_format)
        try:
            return self.finish(request, should_stop)
        finally:
            self.drop(request)

    def begin(self, fd: int, image_format: str | None = None, *, alone: bool = False, urgent: bool = False) -> Request:
        """Queue the image behind `fd` and return at once.

        `alone`: classify it after all others and while no other image is in flight. `urgent`: classify it before all
        others, unless an urgent one is in flight already. The descriptor must stay open until the request is answered
        or dropped.
        """
        with self._lock:
            urgent = urgent and not self._in_flight.has_urgent
            request = self._in_flight.add(fd, image_format, alone=alone, urgent=urgent, last=alone)
            self.poll()
            return request

    def finish(self, request: Request, should_stop: Callable[[], bool]) -> Classification:
        """Wait for the answer; raise as `classify` does. After Interrupted or ModelError it is still in flight."""
        while not request.is_answered:
            self.wait_ready(should_stop)
            if should_stop():
                raise Interrupted("stopped while an image was classified")
            self.poll(_POLL_INTERVAL_S)
        return request.answer()

    def drop(self, request: Request) -> None:
        """Discard a request whose answer is not needed any more. Its descriptor may be closed."""
        with self._lock:
            self._in_flight.drop(request)

    def stop(self) -> None:
        """End the child now; it has no state worth saving. Images in flight are requeued for the next one."""
        with self._lock:
            self._end()
            self._in_flight.requeue_all()
            self.error = None

    def retire(self) -> None:
        """End the child for good, because another classifier takes its place."""
        with self._lock:
            self._is_retired = True
            self.stop()

    def _send_due(self) -> None:
        if self.state != "ready" or self._child is None:
            return
        for request in self._in_flight.due(time.monotonic()):
            self._in_flight.mark_sent(request, time.monotonic())
            self._child.channel.send(request.message, request.fd, timeout=_SEND_TIMEOUT_S)

    def _handle(self, message: dict[str, Any]) -> None:
        if self.state == "loading":
            self._handle_loaded(message)
            return
        if "crashed" in message:
            self._end(_EXIT_TIMEOUT_S)
            self._in_flight.record_death(f"the classifier failed on the image: {text_from_json(message['crashed'])}")
            return
        if not take_answer(message, self._in_flight, time.monotonic(), partial(self._classified, message)):
            self._end()
            self._in_flight.requeue_all()

    def _classified(self, message: dict[str, Any], milliseconds: float) -> Classification:
        return classification_from_json(
            message, labels=tuple(self.labels), dim=self.model_info["dim"], model=self._model, milliseconds=milliseconds
        )

    def _handle_loaded(self, message: dict[str, Any]) -> None:
        """Handle the child's first message: what it loaded, or why it could not."""
        if "failed" in message or "crashed" in message:
            self._end(_EXIT_TIMEOUT_S)
            hint = text_from_json(message.get("hint", _MEMORY_HINT))
            self._fail(ModelError(text_from_json(message.get("failed", message.get("crashed"))), hint))
            return
        if not isinstance(message.get("dim"), int):
            raise BadMessage("no description of the model")
        if message.get("digest") != self.checkpoint:
            self.recent.clear()
        self.model_info = message
        self.state = "ready"
        self._send_layer()

    def use_learnt(self) -> None:
        """Use the layer that is stored now, from the next image on."""
        with self._lock:
            self.recent.clear()
            if self.state == "ready":
                with suppress(OSError):  # it has ended, which `poll` notices; the next child is sent the layer at once
                    self._send_layer()

    def _send_layer(self) -> None:
        assert self._child is not None
        layer = self._layer.send(self._child.channel, self.model_info, _SEND_TIMEOUT_S)
        self.answered_by = answered_by(self.model_info, self.labels, layer)

    def _handle_failure(self, error: Exception) -> None:
        """Handle a child that has ended, or that sent an invalid message and must be ended."""
        was_loading, is_invalid = self.state == "loading", isinstance(error, BadMessage)
        ended = self._end(0.0 if is_invalid else _EXIT_TIMEOUT_S)
        if was_loading:
            self._fail(ModelError(f"the classifier {ended} while it loaded the model", _MEMORY_HINT))
        elif is_invalid:
            self._in_flight.record_death(f"the classifier sent an invalid message ({error}) and was ended")
        else:
            self._in_flight.record_death(f"the classifier {ended} while it classified the image")

    def _check_timeouts(self, now: float) -> None:
        if self.state == "loading" and now > self._load_deadline:
            self._end()
            self._fail(ModelError(f"the model was not loaded within {self._load_timeout_s:g} seconds"))
        elif self.state == "ready" and self._in_flight.age_of_oldest(now) > self._image_timeout_s:
            self._end()
            self._in_flight.record_death(f"the image took more than {self._image_timeout_s:g} seconds")

    def _fail(self, error: ModelError) -> None:
        self.error = error
        self.state = "failed"

    def _end(self, timeout_s: float = 0.0) -> str:
        """End the child, by force after `timeout_s` seconds, and return how it ended."""
        child, self._child = self._child, None
        self.state = "stopped"
        return child.end(timeout_s) if child else "was not running"
