"""Turn texts into the input of a text tower, by the files of its checkpoint, without transformers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snapsortd.vision.child.engines.exported_note import read_config
from snapsortd.vision.child.engines.word_pieces import WordPieces, are_word_pieces
from snapsortd.vision.extras import HUB

PADS_TO_THE_END = frozenset({"siglip", "siglip2"})
"""Trained on texts padded to full length, and wrong on shorter ones (transformers' documentation of SigLIP)."""
_SIGLIP_LONGEST, _CLIP_LONGEST = 64, 77
"""The defaults of transformers' SiglipTextConfig and CLIPTextConfig, for a config.json that leaves them out."""

Tokenize = Callable[[Sequence[str]], Mapping[str, np.ndarray]]
"""Returns the inputs that text towers take, (texts, tokens) each."""


def load_tokenizer(folder: str, length: int | None) -> Tokenize:
    """Load the tokenizer of a checkpoint, for a graph of texts of `length` tokens; None: of any length.

    Raise ModelError if it needs a package that is not installed, nearly anything on a bad checkpoint.
    """
    path = Path(folder, "tokenizer.json")
    config, settings, content = read_config(folder), _settings(folder), json.loads(path.read_bytes())
    pads_to_the_end = config.get("model_type") in PADS_TO_THE_END
    default = _SIGLIP_LONGEST if pads_to_the_end else _CLIP_LONGEST
    longest = config["text_config"].get("max_position_embeddings", default)
    longest = length or min(longest, settings.get("model_max_length") or longest)
    pad = settings.get("pad_token") or "[PAD]"
    pad = pad if isinstance(pad, str) else pad["content"]
    side, full = settings.get("padding_side", "right"), longest if length or pads_to_the_end else None
    if side == "right" and are_word_pieces(content):
        return _word_pieces(WordPieces(content), longest, pad, full)
    HUB.require(f"the tokenizer of the model in {folder}")
    return _from_file(path, longest, pad, full, side)


def _word_pieces(pieces: WordPieces, longest: int, pad: str, full: int | None) -> Tokenize:
    padding = pieces.ids.get(pad, 0)

    def tokenize(texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        found = [pieces.encode(text, longest) for text in texts]
        ids = np.full((len(found), full or max(map(len, found))), padding, np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(found):
            ids[row, : len(each)], mask[row, : len(each)] = each, 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}

    return tokenize


def _from_file(path: Path, longest: int, pad: str, full: int | None, side: str) -> Tokenize:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(longest)
    tokenizer.enable_padding(direction=side, pad_id=tokenizer.token_to_id(pad) or 0, pad_token=pad, length=full)

    def tokenize(texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        tokens = tokenizer.encode_batch(list(texts))
        return {
            "input_ids": np.array([each.ids for each in tokens], np.int64),
            "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
            "token_type_ids": np.array([each.type_ids for each in tokens], np.int64),
        }

    return tokenize


def _settings(folder: str) -> Mapping[str, Any]:
    try:
        settings: Mapping[str, Any] = json.loads(Path(folder, "tokenizer_config.json").read_bytes())
    except FileNotFoundError:
        return {}
    return settings
