"""The daemon's side of the export: a process in the background, so that a faster engine is there when it has ended."""

from __future__ import annotations

import logging
import math
import subprocess
from collections.abc import Mapping
from typing import Any

from snapsortd.vision.cores import default_threads
from snapsortd.vision.spawn import spawn

log = logging.getLogger("snapsortd")

QUIET_S = 10.0
"""So long after the model was loaded it starts: the first images, and whatever else starts with it, go first."""
GLANCE_S = 1.0
"""How often is looked whether it has ended."""


class Exporter:
    """Exports each model once in the daemon's life, however that ends: what failed would fail again."""

    def __init__(self, cache_dir: str, quiet_s: float = QUIET_S) -> None:
        self._cache_dir = cache_dir
        self._quiet_s = quiet_s
        self._process: subprocess.Popen[bytes] | None = None
        self._begun: set[tuple[str, int]] = set()
        self._start_due: float | None = None
        self.next_due = math.inf
        """When `tend` should be called again."""

    @property
    def pid(self) -> int | None:
        """The process id while one runs."""
        return self._process.pid if self._process else None

    def tend(self, now: float, model_info: Mapping[str, Any], threads: int | None) -> bool:
        """Start an export that is due. True, once, when one has ended well: the model should be loaded again.

        `model_info` is what a classifier tells of its model, and `threads` how many it has. Never waits.
        """
        self.next_due = math.inf
        if self._process is not None:
            return self._ended(now)
        if not model_info.get("wants_export"):  # mostly so, and asked at every turn: the cores are not counted for it
            self._start_due = None
            return False
        key = (str(model_info.get("digest")), threads or default_threads())
        if key in self._begun:
            self._start_due = None
        elif self._start_due is None:
            self.next_due = self._start_due = now + self._quiet_s
        elif now < self._start_due:
            self.next_due = self._start_due
        else:
            self._start(now, str(model_info["name"]), key)
        return False

    def stop(self) -> None:
        """End it now; what it had is made again."""
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
            self.next_due = now + GLANCE_S

    def _ended(self, now: float) -> bool:
        assert self._process is not None
        if self._process.poll() is None:
            self.next_due = now + GLANCE_S
            return False
        process, self._process = self._process, None
        code = _reap(process)
        if code != 0:
            log.warning("exporting the model ended with exit code %d; torch stays its engine", code)
        return code == 0


def _reap(process: subprocess.Popen[bytes]) -> int:
    if process.stdin is not None:
        process.stdin.close()
    return process.wait()
