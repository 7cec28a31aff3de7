"""The daemon's side of the classifier process: starts it, gives it open images, ends it when it misbehaves.

Nothing here imports torch, numpy or Pillow; they live and die with the child.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import snapsortd
from snapsortd.errors import ClassifierDied, ImageError, Interrupted, ModelError
from snapsortd.models import Sight
from snapsortd.vision.messages import sight_from_json, words_from_json
from snapsortd.vision.wire import BadMessage, Channel

ClassifierState = Literal["stopped", "loading", "ready", "failed"]

LOAD_SECONDS = 300.0
"""A large model on a slow disk takes this long at most."""
IMAGE_SECONDS = 30.0
"""One image takes this long at most, decoding included; then the child is killed."""

_GLANCE = 0.1
"""Seconds between two looks at `should_stop` while waiting."""
_SEND_SECONDS = 10.0
_EXIT_SECONDS = 5.0
_MEMORY_HINT = "is there enough memory for this model? its own message is in the log"


class Classifier:
    """One classifier process. One thread uses it; any may read `state`, `pid`, `error` and `model_info`.

    After a death it is "stopped" and the next `classify` starts it anew. After a model that could not be
    loaded it is "failed", and stays so, raising `error`, until `start` is called again.
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
    ) -> None:
        """`labels` maps each label to its prompts; `threads` None means one per physical core, at most 4."""
        self._model = model
        self._labels = {name: tuple(prompts) for name, prompts in labels.items()}
        self._cache_dir = cache_dir
        self._threads = threads
        self._load_seconds = load_seconds
        self._image_seconds = image_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._load_deadline = 0.0
        self.state: ClassifierState = "stopped"
        self.error: ModelError | None = None
        self.model_info: dict[str, Any] = {}
        """name, dim (length of the embedding), source (the folder), digest (of the checkpoint, hex)."""

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
                self._process = _spawn(theirs)
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
        }
        try:
            self._channel.send(request, timeout=_SEND_SECONDS)
        except OSError:
            self._fail(ModelError(f"the classifier {self._end(_EXIT_SECONDS)} while it started"))

    def poll(self, timeout: float = 0.0) -> None:
        """Wait `timeout` seconds at most for word from the child: the model is loaded, or it is not."""
        if self._channel is None or self.state not in ("loading", "ready"):
            return
        try:
            received = self._channel.receive(timeout)
            if received is None:
                if self.state == "loading" and time.monotonic() > self._load_deadline:
                    self._end()
                    self._fail(ModelError(f"the model was not loaded within {self._load_seconds:g} seconds"))
                return
            if self.state == "ready":
                raise BadMessage("an answer that was not asked for")
            self._take_loaded(received[0])
        except (EOFError, OSError, BadMessage):
            loading = self.state == "loading"
            ended = self._end(_EXIT_SECONDS)
            if loading:
                self._fail(ModelError(f"the classifier {ended} while it loaded the model", _MEMORY_HINT))

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

    def classify(self, fd: int, should_stop: Callable[[], bool], image_format: str | None = None) -> Sight:
        """Look at the image behind the read-only descriptor `fd` (its offset moves; it stays open).

        `image_format` is what `sniff` said; without it the first bytes alone count. Raises ImageError (no readable
        image, with the reason), ClassifierDied (the child crashed or was killed over it: the next call starts another),
        ModelError, and Interrupted on `should_stop` (the child ends).
        """
        self.wait_ready(should_stop)
        assert self._channel is not None
        began = time.monotonic()
        try:
            self._channel.send({"format": image_format}, fd, timeout=_SEND_SECONDS)
            answer = self._await_answer(began + self._image_seconds, should_stop)
            if "unreadable" in answer:
                raise ImageError(words_from_json(answer["unreadable"]))
            if "crashed" in answer:
                self._end(_EXIT_SECONDS)
                raise ClassifierDied(f"the classifier failed over the image: {words_from_json(answer['crashed'])}")
            return sight_from_json(
                answer,
                labels=tuple(self._labels),
                dim=self.model_info["dim"],
                model=self._model,
                milliseconds=(time.monotonic() - began) * 1000,
            )
        except (EOFError, OSError):
            raise ClassifierDied(f"the classifier {self._end(_EXIT_SECONDS)} while it looked at the image") from None
        except BadMessage as error:
            self._end()
            raise ClassifierDied(f"the classifier answered nonsense ({error}) and was ended") from error

    def stop(self) -> None:
        """End the child now; it holds nothing that is worth saving."""
        self._end()
        self.error = None

    def _await_answer(self, deadline: float, should_stop: Callable[[], bool]) -> dict[str, Any]:
        assert self._channel is not None
        while (received := self._channel.receive(_GLANCE)) is None:
            if should_stop():
                self._end()
                raise Interrupted("stopped while an image was classified")
            if time.monotonic() > deadline:
                self._end()
                raise ClassifierDied(f"the image took more than {self._image_seconds:g} seconds")
        return received[0]

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


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    """Run the child with its end of the socket pair; only its error output is ours."""
    package_home = os.path.dirname(os.path.dirname(os.path.abspath(snapsortd.__file__)))
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads cost many times more where other programs are busy too
        "PYTHONPATH": os.pathsep.join(filter(None, (package_home, os.environ.get("PYTHONPATH")))),
    }
    return subprocess.Popen(
        # -P: nothing is imported from the current folder, which may be one that is watched.
        [sys.executable, "-P", "-m", "snapsortd.vision.child", str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=environment,
    )


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
