"""Embed labels with the model's text tower, cache the embeddings, and score images against them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from snapsortd.domain.errors import ModelError
from snapsortd.files.atomic_write import write_atomically
from snapsortd.vision.child.engines.engine import Array, normalised

FOLDER = "labels"
"""In the cache folder: a file for each combination of labels and model."""
MAX_CACHED = 16
"""Number of cached files; the least recently used are removed."""

Labels = Mapping[str, Sequence[str]]
"""Each label's prompts."""


def label_embeddings(labels: Labels, digest: str, cache_dir: str, encode: Callable[[Sequence[str]], Array]) -> Array:
    """Return one normalised vector per label, shape (labels, dim), from the cache if possible.

    `digest` is the checkpoint's; `encode` maps texts to normalised vectors. A label's vector is the
    normalised mean of its prompts' vectors (ensembling as in Radford et al. 2021, arXiv:2103.00020, 3.1.4).
    """
    key = hashlib.sha256(json.dumps([digest, list(labels.items())]).encode("ascii")).hexdigest()
    path = os.path.join(cache_dir, FOLDER, f"{key}.safetensors")
    cached = _read(path, key)
    if cached is not None and len(cached) == len(labels):
        return cached
    vectors = encode([prompt for prompts in labels.values() for prompt in prompts])
    ends = np.cumsum([len(prompts) for prompts in labels.values()])[:-1]
    embeddings = normalised(np.stack([group.mean(axis=0) for group in np.split(vectors, ends)]))
    if not np.isfinite(embeddings).all():
        raise ModelError("the model's text tower returns NaN or infinity", "its weights may be damaged")
    _write(path, key, embeddings)
    return embeddings


def label_scores(images: Array, embeddings: Array, logit_scale: float) -> Array:
    """Return softmax(logit_scale · cosine) of images (n, dim) over labels (labels, dim): (n, labels), rows sum to 1."""
    logits = logit_scale * (images @ embeddings.T).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scores: Array = powers / powers.sum(axis=-1, keepdims=True)
    return scores


def _read(path: str, key: str) -> Array | None:
    """Return the cached vectors, or None if they are missing, damaged or were made for another key."""
    try:
        with safe_open(path, framework="numpy") as file:
            found = file.get_tensor("embeddings") if file.metadata() == {"key": key} else None
        os.utime(path)  # for `_prune`
        return found
    except (OSError, SafetensorError):
        return None


def _write(path: str, key: str, embeddings: Array) -> None:
    """Cache the embeddings. It only saves time, so failing to write is not an error."""
    home = os.path.dirname(path)
    with contextlib.suppress(OSError):
        os.makedirs(home, mode=0o700, exist_ok=True)
        write_atomically(path, save({"embeddings": np.ascontiguousarray(embeddings)}, {"key": key}))
        _prune(home)


def _prune(home: str) -> None:
    files = [entry for entry in os.scandir(home) if entry.is_file(follow_symlinks=False)]
    for entry in sorted(files, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)[MAX_CACHED:]:
        os.unlink(entry.path)
