"""Embeds texts in a process of its own, so that the classifier process need not hold what that takes.

Run as `python -m snapsortd.vision.child.engines.embed_texts FOLDER`: a JSON list of texts comes on standard input,
their vectors leave on standard output (NumPy's format).
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child.engines.engine import Array


def encode_apart(folder: str, texts: Sequence[str]) -> Array:
    """Normalised vectors, shape (len(texts), dim), by the checkpoint in `folder`. Raises ModelError."""
    # -P: nothing is imported from the current folder, which may be one that is watched.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "snapsortd.vision.child.engines.embed_texts", folder],
        input=json.dumps(list(texts)).encode("ascii"),
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        vectors: Array = np.load(io.BytesIO(done.stdout), allow_pickle=False)
    except (ValueError, EOFError):
        raise ModelError("the labels' texts could not be embedded", "its own message is in the log") from None
    return vectors


def main(folder: str) -> int:
    """Exit code 1, with the reason on standard error, if the model cannot be loaded."""
    from snapsortd.vision.child.engines.torch_engine import TorchEngine

    try:
        vectors = TorchEngine(folder).encode_texts(json.load(sys.stdin))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    np.save(sys.stdout.buffer, vectors)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
