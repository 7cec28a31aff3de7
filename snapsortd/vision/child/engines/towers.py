"""A checkpoint that has its towers as ONNX graphs, as the embedded model has: it needs neither torch nor transformers.

The graphs are made when the package is built (`packaging/onnx-towers`). Their weights are those of the checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import safe_open

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import IMAGE_TOWER, TEXT_TOWER
from snapsortd.vision.child.engines.engine import ONNX_FP32, Array
from snapsortd.vision.child.engines.onnx_engine import OnnxEngine, open_session

_BATCH = 64
"""Texts per run of the text tower."""
_WEIGHTS = "model.safetensors"


def open_image_tower(folder: str, threads: int) -> tuple[OnnxEngine, float]:
    """Return the image tower of the checkpoint in `folder` and its logit scale. Raise ModelError if it is damaged."""
    try:
        with safe_open(os.path.join(folder, _WEIGHTS), framework="numpy") as weights:
            logit_scale = math.exp(weights.get_tensor("logit_scale"))
        return OnnxEngine(_open(folder, IMAGE_TOWER, threads), ONNX_FP32), logit_scale
    except Exception as error:  # neither library has one kind of error
        raise _damaged(folder, error) from error


def embed_texts(folder: str, texts: Sequence[str], threads: int) -> Array:
    """Return normalised vectors, shape (len(texts), dim), by the checkpoint in `folder`. Raise ModelError."""
    from tokenizers import Tokenizer

    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            longest = json.load(file)["text_config"]["max_position_embeddings"]
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        tower = _open(folder, TEXT_TOWER, threads)
    except Exception as error:  # as above
        raise _damaged(folder, error) from error
    tokenizer.enable_truncation(longest)
    tokenizer.enable_padding()
    encoded = []
    for start in range(0, len(texts), _BATCH):
        tokens = tokenizer.encode_batch(list(texts[start : start + _BATCH]))
        inputs = {
            "input_ids": np.array([each.ids for each in tokens], np.int64),
            "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
        }
        encoded.append(tower.run(None, inputs)[0])
    vectors: Array = np.concatenate(encoded)
    return vectors


def _open(folder: str, tower: str, threads: int) -> Any:
    """Load a graph. Raise ValueError if it was made for weights at other places of the file, or nearly anything."""
    session = open_session(os.path.join(folder, tower), threads, folder)
    with open(os.path.join(folder, _WEIGHTS), "rb") as file:
        header = file.read(int.from_bytes(file.read(8), "little"))  # github.com/huggingface/safetensors, "Format"
    if session.get_modelmeta().custom_metadata_map["layout"] != hashlib.sha256(header).hexdigest():
        raise ValueError(f"{tower} was made for other weights")
    return session


def _damaged(folder: str, error: Exception) -> ModelError:
    return ModelError(f"the model in {folder} cannot be loaded: {error}", "install snapsortd again")
