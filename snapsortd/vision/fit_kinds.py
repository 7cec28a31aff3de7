"""The file of kinds that a user has fitted for a model, and the process that computes it. Never imports torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence

from snapsortd.domain.errors import ModelError
from snapsortd.files.atomic_write import write_atomically

_FOLDER = "kinds"


def fitted_path(state_dir: str, digest: str) -> str:
    """Return the path of the kinds that were fitted for the checkpoint with this digest."""
    return os.path.join(state_dir, _FOLDER, f"{digest}.safetensors")


def fitted_at(state_dir: str) -> int:
    """Return a number that changes when kinds are fitted: the time of the folder in nanoseconds, 0 if there is none."""
    try:
        return os.stat(os.path.join(state_dir, _FOLDER)).st_mtime_ns
    except OSError:
        return 0


def fit_kinds(kinds: Sequence[str], embeddings: Sequence[bytes], path: str) -> None:
    """Compute the kinds of labelled embeddings (float16, little-endian) and write them. Raise ModelError, OSError."""
    given = {"kinds": list(kinds), "embeddings": [b64encode(each).decode("ascii") for each in embeddings]}
    # -P: import nothing from the current folder, which may be a watched one.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "snapsortd.vision.child.engines.fit_kinds"],
        input=json.dumps(given).encode("ascii"),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise ModelError("the kinds cannot be computed", "its own message is above")
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    write_atomically(path, done.stdout)
