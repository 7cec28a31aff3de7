"""Image-to-text checkpoints of a few hundred kilobytes with random weights, created on demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    BlipProcessor,
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    GitConfig,
    GitForCausalLM,
    GitProcessor,
    GPT2Config,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    ProcessorMixin,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
)

CAPTIONERS = ("blip", "git", "vit-gpt2", "llava")
SIDE = 32

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "<image>")
_PLAIN = ("a", "red", "cat", "dog", "on", "the", "grass", "receipt", "from", "shop", "with", "table", "night", "car")
_CHAT_WORDS = ("USER", "ASSISTANT", ":", "Describe")
_WORDS = (*_SPECIAL, *_PLAIN, *_CHAT_WORDS)
_TOWER: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
_VISION = _TOWER | {"image_size": SIDE, "patch_size": 8}
_ENDS = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
_CHAT = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %} {{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %} ASSISTANT :"
)


def make_captioner(folder: Path, kind: str) -> Path:
    """Write an image-to-text checkpoint of `kind` into `folder`, with the same weights every time."""
    torch.manual_seed(3)
    text = _TOWER | {"vocab_size": len(_WORDS), "max_position_embeddings": 128}
    processor: ProcessorMixin | None
    model: PreTrainedModel
    images, words = _image_processor("blip" if kind == "blip" else "clip"), _tokenizer()
    match kind:
        case "blip":
            model = BlipForConditionalGeneration(
                BlipConfig(text_config=text | _ENDS | {"sep_token_id": 3}, vision_config=_VISION, projection_dim=24)
            )
            processor = BlipProcessor(images, words)
        case "git":
            model = GitForCausalLM(GitConfig(vision_config=_VISION, **text, **_ENDS))
            processor = GitProcessor(images, words)
        case "vit-gpt2":
            decoder = GPT2Config(
                vocab_size=len(_WORDS),
                n_embd=32,
                n_layer=2,
                n_head=2,
                add_cross_attention=True,
                is_decoder=True,
                bos_token_id=2,
                eos_token_id=3,
            )
            config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(ViTConfig(**_VISION), decoder)
            config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 2, 0, 3
            model, processor = VisionEncoderDecoderModel(config=config), None
        case _:
            vision = CLIPVisionConfig(**_VISION)
            llama = LlamaConfig(**text, **_ENDS)
            model = LlavaForConditionalGeneration(
                LlavaConfig(vision_config=vision, text_config=llama, image_token_index=4)
            )
            processor = LlavaProcessor(
                images,
                words,
                patch_size=8,
                vision_feature_select_strategy="default",
                chat_template=_CHAT,
                num_additional_image_tokens=1,
            )
    model.save_pretrained(folder)
    for part in (images, words) if processor is None else (processor,):
        part.save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({word: index for index, word in enumerate(_WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        bos_token="[CLS]",
        sep_token="[SEP]",
        eos_token="[SEP]",
        extra_special_tokens={"image_token": "<image>"},
    )


def _image_processor(kind: str) -> Any:
    size = {"height": SIDE, "width": SIDE}
    if kind == "blip":
        return BlipImageProcessorPil(size=size)
    return CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size)
