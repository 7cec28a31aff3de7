"""CLIP-family checkpoints of a few hundred kilobytes with random weights, created on demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    CLIPConfig,
    CLIPModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipModel,
    VisionTextDualEncoderConfig,
    VisionTextDualEncoderModel,
    ViTConfig,
)

KINDS = ("clip", "siglip", "dual")
LONGEST_TEXT = 16

_WORDS = ["[PAD]", "[UNK]", "[EOS]", "a", "photo", "of", "screenshot", "receipt", "cat", "the"]
_TOWER: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
_VISION = _TOWER | {"image_size": 32, "patch_size": 8}
_TEXT = _TOWER | {"vocab_size": len(_WORDS), "max_position_embeddings": LONGEST_TEXT}
_ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


def make_checkpoint(folder: Path, kind: str) -> Path:
    """Write a checkpoint of `kind` into `folder`, with the same weights every time."""
    torch.manual_seed(0)
    model: CLIPModel | SiglipModel | VisionTextDualEncoderModel
    if kind == "clip":
        model = CLIPModel(CLIPConfig(text_config=_TEXT | _ENDS, vision_config=_VISION, projection_dim=24))
    elif kind == "siglip":
        model = SiglipModel(SiglipConfig(text_config=_TEXT | _ENDS, vision_config=_VISION))
    else:
        vision, text = ViTConfig(**_VISION), BertConfig(**_TEXT, pad_token_id=0)
        model = VisionTextDualEncoderModel(
            VisionTextDualEncoderConfig.from_vision_text_configs(vision, text, projection_dim=24)
        )
    model.save_pretrained(folder)
    write_tokenizer(folder)
    _write_processor(folder, "SiglipImageProcessor" if kind == "siglip" else "CLIPImageProcessor")
    return folder


def write_tokenizer(folder: Path, longest: int | None = None) -> None:
    """Write a tokenizer of a few words; texts end with [EOS], and `longest` is the number of tokens of the longest."""
    words = Tokenizer(WordLevel({word: index for index, word in enumerate(_WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(single="$A [EOS]", special_tokens=[("[EOS]", 2)])
    limit = {} if longest is None else {"model_max_length": longest}
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", eos_token="[EOS]", **limit
    ).save_pretrained(folder)


def _write_processor(folder: Path, kind: str) -> None:
    """Write the preprocessor's settings: CLIP's keeps the aspect ratio and crops the centre, SigLIP's does neither."""
    size: dict[str, int] = {"shortest_edge": 32} if kind.startswith("CLIP") else {"height": 32, "width": 32}
    settings = {"image_processor_type": kind, "size": size, "crop_size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
