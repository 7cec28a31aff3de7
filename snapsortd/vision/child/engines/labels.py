"""Labels as points of the model's space, kept on disk, and an image's scores against them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child.engines.engine import Array, normalised

FOLDER = "labels"
"""In the cache folder: a file for each set of labels and model."""
KEPT = 16
"""Sets of labels that are kept: those used last."""

Labels = Mapping[str, Sequence[str]]
"""Each label's prompts."""


def label_embeddings(labels: Labels, digest: str, cache_dir: str, encode: Callable[[Sequence[str]], Array]) -> Array:
    """One normalised vector per label, shape (labels, dim), from the cache or made and cached.

    `digest` is the checkpoint's; `encode` maps texts to normalised vectors. A label's vector is the
    normalised mean over its prompts' (ensembling as in Radford et al. 2021, arXiv:2103.00020, 3.1.4).
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
        raise ModelError("the model's text tower gives no numbers", "its weights may be damaged")
    _write(path, key, embeddings)
    return embeddings


def label_scores(images: Array, embeddings: Array, logit_scale: float) -> Array:
    """softmax(logit_scale · cosine) of images (n, dim) over labels (labels, dim): (n, labels), each row sums to 1."""
    logits = logit_scale * (images @ embeddings.T).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scores: Array = powers / powers.sum(axis=-1, keepdims=True)
    return scores


def _read(path: str, key: str) -> Array | None:
    """The cached vectors if they were made for `key`; None when absent, of something else, or damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            found = file.get_tensor("embeddings") if file.metadata() == {"key": key} else None
        os.utime(path)  # for `_prune`
        return found
    except (OSError, SafetensorError):
        return None


def _write(path: str, key: str, embeddings: Array) -> None:
    """Keep them as a whole. It only saves time, so a folder that cannot be written is no error."""
    home = os.path.dirname(path)
    with contextlib.suppress(OSError, SafetensorError):
        os.makedirs(home, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            fresh = os.path.join(folder, os.path.basename(path))
            save_file({"embeddings": np.ascontiguousarray(embeddings)}, fresh, {"key": key})
            os.replace(fresh, path)
        _prune(home)


def _prune(home: str) -> None:
    files = [entry for entry in os.scandir(home) if entry.is_file(follow_symlinks=False)]
    for entry in sorted(files, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)[KEPT:]:
        os.unlink(entry.path)
