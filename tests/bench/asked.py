"""A program of the bench as a process that replies to lines of JSON with lines of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Asked:
    """A started and loaded process; killed when the context ends."""

    def __init__(self, script: str, *words: str) -> None:
        """Run `script`, which is located next to this one, and wait for its first line: `about`."""
        self._name = script
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name(script), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.about = self._answer()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def ask(self, question: object = None) -> float:
        """Return the seconds that it reports for this request."""
        return float(self.answer(question)["seconds"])

    def answer(self, question: object) -> dict[str, Any]:
        """Return its reply to this request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()


class Baseline(Asked):
    """Run the original script's loop; see `baseline`."""

    def __init__(self, model: Path) -> None:
        super().__init__("baseline.py", str(model))

    @property
    def cold_start_s(self) -> float:
        """Return the time for imports and loading."""
        return float(self.about["cold_start_s"])

    def classify(self, images: list[Path]) -> float:
        """Return the seconds that it takes for these images, four at a time."""
        return self.ask([str(image) for image in images])
