"""The daemon's side of the export: run it in a background process, after which a faster engine is available."""

from __future__ import annotations

import logging
import math
import subprocess
from collections.abc import Mapping
from typing import Any

from snapsortd.vision.cores import default_threads
from snapsortd.vision.spawn import spawn

log = logging.getLogger("snapsortd")

START_DELAY_S = 10.0
"""After the model was loaded, so that the first images and other programs that start at login go first."""
POLL_INTERVAL_S = 1.0
"""Interval at which the process is checked for its end."""


class Exporter:
    """Exports each model at most once in the daemon's life, because an export that failed would fail again."""

    def __init__(self, cache_dir: str, start_delay_s: float = START_DELAY_S) -> None:
        self._cache_dir = cache_dir
        self._start_delay_s = start_delay_s
        self._process: subprocess.Popen[bytes] | None = None
        self._begun: set[tuple[str, int]] = set()
        self._start_due: float | None = None
        self.next_due = math.inf
        """The time at which `tend` should be called again."""

    @property
    def pid(self) -> int | None:
        """The process id while an export is running."""
        return self._process.pid if self._process else None

    def tend(self, now: float, model_info: Mapping[str, Any], threads: int | None) -> bool:
        """Start an export that is due, and return True once after one has succeeded: the model should be reloaded.

        `model_info` is `Classifier.model_info`, `threads` the number of its threads. Never block.
        """
        self.next_due = math.inf
        if self._process is not None:
            return self._ended(now)
        if not model_info.get("wants_export"):  # the usual case: return before cores are counted
            self._start_due = None
            return False
        key = (str(model_info.get("digest")), threads or default_threads())
        if key in self._begun:
            self._start_due = None
        elif self._start_due is None:
            self.next_due = self._start_due = now + self._start_delay_s
        elif now < self._start_due:
            self.next_due = self._start_due
        else:
            self._start(now, str(model_info["name"]), key)
        return False

    def stop(self) -> None:
        """Kill a running export. Its results are lost; the next daemon starts it again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            _reap(process)

    def _start(self, now: float, model: str, key: tuple[str, int]) -> None:
        self._begun.add(key)
        self._start_due = None
        arguments = (model, self._cache_dir, str(key[1]))
        try:
            self._process = spawn("snapsortd.vision.child.engines.export", *arguments, stdin=subprocess.PIPE)
        except OSError as error:
            log.warning("the model cannot be exported: %s", error.strerror)
        else:
            self.next_due = now + POLL_INTERVAL_S

    def _ended(self, now: float) -> bool:
        assert self._process is not None
        if self._process.poll() is None:
            self.next_due = now + POLL_INTERVAL_S
            return False
        process, self._process = self._process, None
        code = _reap(process)
        if code != 0:
            log.warning("exporting the model ended with exit code %d; it keeps running on torch", code)
        return code == 0


def _reap(process: subprocess.Popen[bytes]) -> int:
    if process.stdin is not None:
        process.stdin.close()
    return process.wait()
