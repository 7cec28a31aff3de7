"""A classifier process controlled by the images: the real `child` except for the model, which loads at once.

Started instead of Python by `as_classifier`. An image is `image(b"kill")` and the like; any other word is
answered.
"""

from __future__ import annotations

import base64
import ctypes
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child import main as child
from snapsortd.vision.child.learning.layer import Scoring
from snapsortd.vision.child.workers import Steps
from tests.support import hostile_answers

_PNG = b"\x89PNG\r\n\x1a\n"


def image(word: bytes) -> bytes:
    """Return data whose first bytes identify a PNG, followed by a command for the classifier."""
    return _PNG + word


def _load(model: str, labels: Mapping[str, Sequence[str]], **_: object) -> tuple[Steps, Scoring, dict[str, Any]]:
    answer = {"scores": [1.0] + [0.0] * (len(labels) - 1), "embedding": base64.b64encode(bytes(4)).decode()}
    answer |= {"by_prompts": [], "height": 1, "dates": {}, "frames": 1, "has_alpha": False, "exif": {}}

    def look(fd: int, _format: str | None, _progress: object) -> dict[str, Any]:
        with os.fdopen(fd, "rb") as file:
            file.seek(len(_PNG))
            word = file.read()
        match word:
            case b"kill":
                ctypes.string_at(0)
            case b"hang":
                threading.Event().wait()
            case b"bug":
                raise RuntimeError("a defect")
            case b"bad":
                raise ImageError("it is bad")
        return {**answer, "width": len(word)}

    return Steps(look, list), Scoring(labels, 2), {"name": model, "dim": 2, "source": "/", "digest": ""}


def as_classifier(folder: Path) -> AbstractContextManager[None]:
    """Make this process start this program whenever it starts Python."""
    return hostile_answers.as_classifier(folder, program_name=__name__)


if __name__ == "__main__":
    child._load = _load  # type: ignore[assignment]
    sys.exit(child.main(int(sys.argv[1])))
