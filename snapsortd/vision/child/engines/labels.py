"""Embed the prompts of labels with the model's text tower, and cache the embeddings."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from snapsortd.domain.errors import ModelError
from snapsortd.files.atomic_write import write_atomically
from snapsortd.vision.child.engines.engine import Array

FOLDER = "labels"
"""In the cache folder: a file for each combination of labels and model."""
MAX_CACHED = 16
"""Number of cached files; the least recently used are removed."""

Labels = Mapping[str, Sequence[str]]
"""Each label's prompts."""


def embed_prompts(labels: Labels, digest: str, cache_dir: str, encode: Callable[[Sequence[str]], Array]) -> list[Array]:
    """Return the normalised vectors of each label's prompts, shape (prompts, dim) each, from the cache if possible.

    `digest` is the checkpoint's; `encode` maps texts to normalised vectors. Raise ModelError if any is not finite.
    """
    key = hashlib.sha256(json.dumps([digest, list(labels.items())]).encode("ascii")).hexdigest()
    path = os.path.join(cache_dir, FOLDER, f"{key}.safetensors")
    *ends, total = accumulate(len(prompts) for prompts in labels.values())
    vectors = _read(path, key)
    if vectors is None or len(vectors) != total:
        vectors = encode([prompt for prompts in labels.values() for prompt in prompts])
        if not np.isfinite(vectors).all():
            raise ModelError("the model's text tower returns NaN or infinity", "its weights may be damaged")
        _write(path, key, vectors)
    return np.split(vectors, ends)


def _read(path: str, key: str) -> Array | None:
    """Return the cached vectors, or None if they are missing, damaged or were made for another key."""
    try:
        with safe_open(path, framework="numpy") as file:
            found = file.get_tensor("prompts") if file.metadata() == {"key": key} else None
        os.utime(path)  # for `_prune`
        return found
    except (OSError, SafetensorError):
        return None


def _write(path: str, key: str, embeddings: Array) -> None:
    """Cache the embeddings. It only saves time, so failing to write is not an error."""
    home = os.path.dirname(path)
    with contextlib.suppress(OSError):
        os.makedirs(home, mode=0o700, exist_ok=True)
        write_atomically(path, save({"prompts": np.ascontiguousarray(embeddings)}, {"key": key}))
        _prune(home)


def _prune(home: str) -> None:
    files = [entry for entry in os.scandir(home) if entry.is_file(follow_symlinks=False)]
    for entry in sorted(files, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)[MAX_CACHED:]:
        os.unlink(entry.path)
