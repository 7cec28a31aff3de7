"""Vectors of texts that ship with a checkpoint, so that a start with the labels of the starter configuration, or of a
recipe, does not have to load the text tower.

Written by `packaging/embedded-model/embed_prompts.py`, because the build of the package has no engine to compute them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from snapsortd.vision.child.engines.engine import Array

PATH = os.path.join("texts", "prompts.safetensors")
"""In the checkpoint's folder, but not among the files of which its digest is made."""


def embed_unshipped(checkpoint: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Array]) -> Array:
    """Return the normalised vectors of texts, shape (len(texts), dim); `encode` computes those that do not ship."""
    found = dict(read_shipped(checkpoint))
    if unknown := [text for text in texts if text not in found]:
        found |= zip(unknown, encode(unknown), strict=True)
    return np.stack([found[text] for text in texts])


def read_shipped(checkpoint: str) -> Mapping[str, Array]:
    """Return the vector of each text that ships with the checkpoint in this folder."""
    try:
        with safe_open(os.path.join(checkpoint, PATH), framework="numpy") as file:
            return dict(zip(json.loads(file.metadata()["texts"]), file.get_tensor("vectors"), strict=True))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return {}


def shipped_to_bytes(texts: Sequence[str], vectors: Array) -> bytes:
    """Return the content of the file."""
    data: bytes = save({"vectors": np.ascontiguousarray(vectors, np.float32)}, {"texts": json.dumps(list(texts))})
    return data
