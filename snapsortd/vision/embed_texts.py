"""Embed texts in a separate process, so that the caller does not have to load the text tower."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from snapsortd.domain.errors import ModelError


def embed_texts(folder: str, texts: Sequence[str]) -> list[list[float]]:
    """Return the normalised vector of each text, by the checkpoint in `folder`. Raise ModelError if it fails."""
    # -P: import nothing from the current folder, which may be a watched one.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "snapsortd.vision.child.engines.embed_texts", folder],
        input=json.dumps(list(texts)).encode("ascii"),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise ModelError("the labels' texts cannot be embedded", "its own message is in the log")
    vectors: list[list[float]] = json.loads(done.stdout)
    return vectors
