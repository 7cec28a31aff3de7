"""Turn texts into the input of a text tower, by the files of its checkpoint, without transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from snapsortd.vision.child.engines.exported_note import read_config

PADS_TO_THE_END = frozenset({"siglip", "siglip2"})
"""Trained on texts padded to full length, and wrong on shorter ones (transformers' documentation of SigLIP)."""
_SIGLIP_LONGEST, _CLIP_LONGEST = 64, 77
"""The defaults of transformers' SiglipTextConfig and CLIPTextConfig, for a config.json that leaves them out."""


def load_tokenizer(folder: str, length: int | None) -> Tokenizer:
    """Load the tokenizer of a checkpoint, for a graph of texts of `length` tokens; None: of any length.

    Raise nearly anything on a bad checkpoint.
    """
    tokenizer = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
    config, settings = read_config(folder), _settings(folder)
    pads_to_the_end = config.get("model_type") in PADS_TO_THE_END
    default = _SIGLIP_LONGEST if pads_to_the_end else _CLIP_LONGEST
    longest = config["text_config"].get("max_position_embeddings", default)
    longest = length or min(longest, settings.get("model_max_length") or longest)
    tokenizer.enable_truncation(longest)
    pad = settings.get("pad_token") or "[PAD]"
    pad = pad if isinstance(pad, str) else pad["content"]
    tokenizer.enable_padding(
        direction=settings.get("padding_side", "right"),
        pad_id=tokenizer.token_to_id(pad) or 0,
        pad_token=pad,
        length=longest if length or pads_to_the_end else None,
    )
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Return the inputs that text towers take, (len(texts), tokens) each."""
    tokens = tokenizer.encode_batch(list(texts))
    return {
        "input_ids": np.array([each.ids for each in tokens], np.int64),
        "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
        "token_type_ids": np.array([each.type_ids for each in tokens], np.int64),
    }


def _settings(folder: str) -> Mapping[str, Any]:
    try:
        settings: Mapping[str, Any] = json.loads(Path(folder, "tokenizer_config.json").read_bytes())
    except FileNotFoundError:
        return {}
    return settings
