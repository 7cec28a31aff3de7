"""The daemon's side of learning: have the layer fitted in a process of its own, and read what that has stored.

Nothing here imports numpy, so that its memory is freed when the process ends.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import math
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from snapsortd.vision.layer_file import check_layer, layer_from_bytes
from snapsortd.vision.spawn import spawn

log = logging.getLogger("snapsortd")

FOLDER = "learnt"
"""In the state folder: a layer for each combination of checkpoint and labels."""
MAX_KEPT = 8
"""Layers that are kept, so that going back to an earlier configuration fits nothing; the oldest are removed."""
INTERVAL_S = 60.0
"""Minimum interval between the starts of two fits."""
QUIET_S = 1.0
"""A fit starts this long after the last change, so that a batch of corrections is learnt at once."""
POLL_INTERVAL_S = 0.2
"""Interval at which the process is checked for its end."""

Layer = Mapping[str, Any]
"""A stored layer: `about` it (version, checkpoint, labels), its weights and prototypes, and the report of the fit."""


@dataclass(frozen=True, slots=True)
class Model:
    """The loaded model and its labels: what a layer is fitted for."""

    checkpoint: str
    """The digest of the checkpoint."""
    folder: str
    dim: int
    logit_scale: float
    labels: Mapping[str, Sequence[str]]
    kinds: int = 0
    """A number that changes with the kinds that were fitted for the model, which change the zero-shot scores."""

    @property
    def key(self) -> str:
        """A name for this combination of checkpoint, kinds, and labels with their prompts."""
        content = json.dumps([self.checkpoint, self.kinds, list(self.labels.items())])
        return hashlib.sha256(content.encode("ascii")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Told:
    """What was told: for each example its label, whether that was denied, and the embedding in half precision; and the
    embeddings of images that nobody told anything about."""

    version: str
    """A text that changes with the examples."""
    examples: Sequence[tuple[str, bool, bytes]]
    anchors: Sequence[bytes]


class Learner:
    """Fits one layer at a time. Times are monotonic seconds."""

    def __init__(self, state_dir: str, cache_dir: str, interval_s: float = INTERVAL_S) -> None:
        self._folder = os.path.join(state_dir, FOLDER)
        self._state_dir, self._cache_dir = state_dir, cache_dir
        self._interval_s = interval_s
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -math.inf
        self.damage = ""
        """The reason why a stored layer could not be used, until one was fitted again."""

    @property
    def is_running(self) -> bool:
        """True while a fit runs."""
        return self._process is not None

    def due(self, changed: float) -> float:
        """Return when a fit may start for what changed at this time."""
        return max(changed + QUIET_S, self._started + self._interval_s)

    def start(self, now: float, model: Model, told: Told) -> None:
        """Start to fit. What cannot be started is logged; the next change tries again."""
        self._started = now
        places = {name: place for place, name in enumerate(model.labels)}
        message = {
            "about": {"version": told.version, "checkpoint": model.checkpoint, "labels": list(model.labels)},
            "checkpoint": model.checkpoint,
            "folder": model.folder,
            "dim": model.dim,
            "logit_scale": model.logit_scale,
            "labels": model.labels,
            "cache_dir": self._cache_dir,
            "state_dir": self._state_dir,
            "examples": [
                [places[label], is_not, _text(embedding)]
                for label, is_not, embedding in told.examples
                if label in places
            ],
            "anchors": [_text(embedding) for embedding in told.anchors],
        }
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with tempfile.TemporaryFile() as file:  # larger than a pipe holds
                file.write(json.dumps(message).encode("ascii"))
                file.seek(0)
                module = "snapsortd.vision.child.learning.main"
                self._process = spawn(module, self._path(model), stdin=file.fileno())
        except OSError as error:
            log.warning("what was told cannot be learnt now: %s", error.strerror)

    def has_ended(self) -> bool:
        """Return True once after a fit has ended successfully."""
        if self._process is None or self._process.poll() is None:
            return False
        process, self._process = self._process, None
        if process.returncode:
            log.warning("learning ended with exit code %d; scores stay as they are", process.returncode)
        self._prune()
        if not process.returncode:
            self.damage = ""
        return not process.returncode

    def wait(self) -> bool:
        """Wait for a fit that runs; return True if it has succeeded."""
        if self._process is not None:
            self._process.wait()
        return self.has_ended()

    def stop(self) -> None:
        """Kill a fit that runs; the next start of the daemon repeats it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def layer(self, model: Model) -> Layer | None:
        """Return the stored layer for this model and its labels; None if there is none, or it cannot be used.

        What cannot be used is removed, so that it is fitted again, and `damage` says what it was.
        """
        path = self._path(model)
        try:
            with open(path, "rb") as file:
                found = layer_from_bytes(file.read())
            check_layer(found, len(model.labels), model.dim)
            if (found["checkpoint"], found["labels"]) != (model.checkpoint, list(model.labels)):
                raise ValueError("it belongs to another model or other labels")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            self.damage = str(error)
            log.warning("what was learnt cannot be used and is learnt again: %s: %s", path, error)
            with suppress(OSError):
                os.unlink(path)
            return None
        return found

    def remove(self, model: Model) -> None:
        """Remove the layer of this model, for which nothing is told any more."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(model))

    def forget(self) -> None:
        """Remove all layers: they were fitted to examples that are to be forgotten."""
        self.stop()
        self._started = -math.inf
        self._prune(keep=0)

    def _path(self, model: Model) -> str:
        return os.path.join(self._folder, f"{model.key}.json")

    def _prune(self, keep: int = MAX_KEPT) -> None:
        with suppress(FileNotFoundError):
            files = [entry for entry in os.scandir(self._folder) if entry.is_file(follow_symlinks=False)]
            for entry in sorted(files, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)[keep:]:
                os.unlink(entry.path)


def _text(embedding: bytes) -> str:
    return base64.b64encode(embedding).decode("ascii")
