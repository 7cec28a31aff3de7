"""Labels as points of the model's space, kept on disk, and an image's scores against them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from snapsortd.errors import ModelError

CACHE_NAME = "labels.safetensors"

Labels = Mapping[str, Sequence[str]]
"""Each label's prompts."""


def label_embeddings(
    labels: Labels, digest: str, cache_dir: str, encode: Callable[[Sequence[str]], torch.Tensor]
) -> torch.Tensor:
    """One normalised vector per label, shape (labels, dim), from the cache or made and cached.

    `digest` is the checkpoint's; `encode` maps texts to normalised vectors. A label's vector is the
    normalised mean over its prompts' (ensembling as in Radford et al. 2021, arXiv:2103.00020, 3.1.4).
    """
    path = os.path.join(cache_dir, CACHE_NAME)
    key = hashlib.sha256(json.dumps([digest, list(labels.items())]).encode("ascii")).hexdigest()
    cached = _read(path, key)
    if cached is not None and len(cached) == len(labels):
        return cached
    vectors = encode([prompt for prompts in labels.values() for prompt in prompts])
    groups = vectors.split([len(prompts) for prompts in labels.values()])
    embeddings = torch.nn.functional.normalize(torch.stack([group.mean(dim=0) for group in groups]), dim=-1)
    if not embeddings.isfinite().all():
        raise ModelError("the model's text tower gives no numbers", "its weights may be damaged")
    _write(path, key, embeddings)
    return embeddings


def label_scores(image: torch.Tensor, embeddings: torch.Tensor, logit_scale: float) -> list[float]:
    """softmax(logit_scale · cosine) of one image (dim,) over the labels (labels, dim); sums to 1."""
    return [float(score) for score in (logit_scale * (embeddings @ image)).softmax(dim=-1)]


def _read(path: str, key: str) -> torch.Tensor | None:
    """The cached vectors if they were made for `key`; None when absent, of something else, or damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.get_tensor("embeddings").clone() if file.metadata() == {"key": key} else None
    except (OSError, SafetensorError):
        return None


def _write(path: str, key: str, embeddings: torch.Tensor) -> None:
    """Replace the cache as a whole. It only saves time, so a folder that cannot be written is no error."""
    with contextlib.suppress(OSError, SafetensorError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
            fresh = os.path.join(folder, CACHE_NAME)
            save_file({"embeddings": embeddings.contiguous()}, fresh, {"key": key})
            os.replace(fresh, path)
