"""Every architecture in its published sizes, with one layer per tower and random weights: it loads, and both views fit.

Sizes, patches, widths, lengths of texts and image processors are those of the models on the hub; the tokenizer has few
words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from snapsortd.vision.child.engines.engine import TORCH
from snapsortd.vision.child.engines.load_model import load_model
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.views import encode_views, prepare_views
from tests.support.tiny_checkpoints import write_tokenizer

LABELS = {"receipt": ("a receipt", "a photo of the receipt"), "cat": ("a cat",)}
_CLIP = {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}, "crop_size": 224}
_SIGLIP = {"image_processor_type": "SiglipImageProcessor", "resample": 2, "size": {"height": 256, "width": 256}}
_ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_ONE = {"num_hidden_layers": 1}
_VOCABULARY = {"vocab_size": 64}


def _clip(model: str, text: int, vision: int, side: int, patch: int, dim: int) -> Callable[[], Any]:
    def make() -> Any:
        config = getattr(transformers, f"{model}Config")(
            text_config=_ONE
            | _VOCABULARY
            | _ENDS
            | {"hidden_size": text, "intermediate_size": 4 * text, "num_attention_heads": text // 64}
            | ({} if model == "ChineseCLIP" else {"max_position_embeddings": 77}),
            vision_config=_ONE
            | {"hidden_size": vision, "intermediate_size": 4 * vision, "num_attention_heads": vision // 64}
            | {"image_size": side, "patch_size": patch},
            projection_dim=dim,
        )
        return getattr(transformers, f"{model}Model")(config)

    return make


def _siglip() -> Any:
    config = transformers.SiglipConfig(
        text_config=_ONE | _VOCABULARY | _ENDS | {"max_position_embeddings": 64},
        vision_config=_ONE | {"image_size": 256, "patch_size": 16},
    )
    return transformers.SiglipModel(config)


ARCHITECTURES: dict[str, tuple[Callable[[], Any], dict[str, Any], int, int, int]] = {
    "clip-vit-base-patch32": (_clip("CLIP", 512, 768, 224, 32, 512), _CLIP, 224, 512, 77),
    "clip-vit-large-patch14-336": (
        _clip("CLIP", 768, 1024, 336, 14, 768),
        _CLIP | {"size": {"shortest_edge": 336}, "crop_size": 336},
        336,
        768,
        77,
    ),
    "chinese-clip-vit-base-patch16": (
        _clip("ChineseCLIP", 768, 768, 224, 16, 512),
        {"image_processor_type": "ChineseCLIPImageProcessor"},
        224,
        512,
        52,
    ),
    "metaclip-2-worldwide": (_clip("MetaClip2", 512, 768, 224, 32, 512), _CLIP, 224, 512, 77),
    "siglip2-base-patch16-256": (_siglip, _SIGLIP, 256, 768, 64),
}
"""The model, its image processor's settings, side of its input, length of its vectors and of its longest text."""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_in_its_published_sizes(name: str, tmp_path: Path) -> None:
    make, processor, side, dim, longest = ARCHITECTURES[name]
    torch.manual_seed(0)
    folder = tmp_path / "model"
    make().save_pretrained(folder)
    write_tokenizer(folder, longest)
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))

    loaded = load_model(str(folder), LABELS, str(tmp_path / "cache"), 1, TORCH)
    assert (loaded.about["dim"], loaded.preprocessor.side, loaded.engine.any_size) == (dim, side, False)
    long, square = Image.new("RGB", (300, 900), "white"), Image.new("RGB", (640, 480), "teal")
    long.paste("black", (0, 0, 300, 200))
    views = [prepare_views(each, loaded.preprocessor, any_size=False) for each in (long, square)]
    assert [second is None for _, second in views] == [False, True]
    vectors = encode_views(loaded.engine, views)
    assert vectors.shape == (2, dim)
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1], abs=1e-5)
    assert loaded.labels.scores(vectors).sum(axis=1).tolist() == pytest.approx([1, 1])

    texts = TorchEngine(str(folder), 1).encode_texts(["a receipt", "a receipt " * 90, "a cat"])
    assert texts.shape == (3, dim)
    assert np.abs(texts[0] - texts[2]).max() > 1e-4
