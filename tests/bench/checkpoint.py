"""Write a CLIP checkpoint of the published ViT-B/32 shape with random weights: speed does not depend on their values.

The tokenizer is our own: a vocabulary of the real size in which every word of the labels is one token, as in CLIP's.

usage: checkpoint.py OUT_DIR
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

VOCABULARY = 49408
"""Number of tokens of CLIP's own tokenizer; the last two begin and end a text."""
WORDS = (
    *("a", "an", "any", "capture", "description", "document", "drawing", "fitting", "from", "image", "interface"),
    *("invoice", "logo", "not", "object", "of", "or", "page", "person", "phone", "photo", "picture", "place", "real"),
    *("receipt", "scanned", "scene", "screen", "screenshot", "software", "text", "the", "world", "-", ","),
)
"""The words in the labels of baseline and product."""
MAX_TEXT_TOKENS = 77

SMALL_TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def make_checkpoint(folder: Path, *, small: bool = False) -> Path:
    """Write the checkpoint, unless it exists; `small` has two thin layers. Return `folder`."""
    if (folder / "complete").exists():
        return folder
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    tower = SMALL_TOWER if small else {}
    config = CLIPConfig(
        text_config=tower | {"vocab_size": VOCABULARY, "bos_token_id": VOCABULARY - 2, "eos_token_id": VOCABULARY - 1},
        vision_config=tower | {"image_size": 224, "patch_size": 32},
        projection_dim=512,
    )
    CLIPModel(config).eval().save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)  # two files, as in the published checkpoint
    _tokenizer().save_pretrained(folder)
    (folder / "complete").touch()
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    begin, end = "<|startoftext|>", "<|endoftext|>"
    filling = [f"word{number}" for number in range(VOCABULARY - 2 - len(WORDS))]
    vocabulary = {token: index for index, token in enumerate([*WORDS, *filling, begin, end])}
    words = Tokenizer(WordLevel(vocabulary, unk_token=filling[0]))
    words.normalizer = Lowercase()
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(token, vocabulary[token]) for token in (begin, end)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token=begin,
        eos_token=end,
        pad_token=end,
        unk_token=filling[0],
        model_max_length=MAX_TEXT_TOKENS,
    )


if __name__ == "__main__":
    make_checkpoint(Path(sys.argv[1]))
