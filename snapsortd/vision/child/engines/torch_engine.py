"""The reference engine: embed images and texts with a CLIP-family checkpoint as transformers runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child.engines.engine import TORCH, Array
from snapsortd.vision.child.engines.tokens import PADS_TO_THE_END

_NEEDED = ("get_image_features", "get_text_features", "logit_scale")
_HINT = "download it again, free some memory, or choose another one: model.name in the configuration"
_BATCH = 64
"""Prompts per run of the text tower."""


class TorchEngine:
    """The model of one checkpoint folder, in float32 on the CPU."""

    name = TORCH

    def __init__(self, folder: str, threads: int | None = None) -> None:
        """`threads` None: torch's default. Raise ModelError unless `folder` has a complete CLIP-family checkpoint."""
        self._folder = folder
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self.model, loading = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                dtype=torch.float32,  # half precision is slow, or fails, on a CPU
                output_loading_info=True,
            )
            self.processor = HubProcessor(folder)
        except Exception as error:  # transformers raises nearly anything on a bad checkpoint
            raise ModelError(f"the model in {folder} cannot be loaded: {_first_line(error)}", _HINT) from error
        if missing := [name for name in _NEEDED if not hasattr(self.model, name)]:
            raise ModelError(
                f"the model in {folder} is not of the CLIP family ({type(self.model).__name__} has no {missing[0]})",
                _HINT,
            )
        if loading["missing_keys"] or loading["mismatched_keys"]:
            raise ModelError(f"the model in {folder} is incomplete: weights are missing", _HINT)
        self.model.eval().requires_grad_(False)
        self.logit_scale = float(self.model.logit_scale.exp())
        blank = self.processor.prepare(Image.new("RGB", (self.processor.side,) * 2))
        self.dim = self.encode(blank[None]).shape[-1]
        self.any_size = self._takes_any_size(blank)

    @torch.inference_mode()
    def encode(self, pixels: Array) -> Array:
        """Return normalised vectors, shape (n, dim), of prepared images, shape (n, 3, height, width)."""
        vectors: Array = self.image_tower(torch.from_numpy(pixels)).numpy()
        return vectors

    def _takes_any_size(self, blank: Array) -> bool:
        """Return whether the image tower takes an input of half the height."""
        try:
            self.encode(np.ascontiguousarray(blank[None, :, : blank.shape[1] // 2]))
        except (ValueError, RuntimeError):  # a vision transformer, whose positions are those of a square
            return False
        return True

    def image_tower(self, pixels: torch.Tensor) -> torch.Tensor:
        """Do the same with tensors; this function is exported."""
        return _normalised(self.model.get_image_features(pixel_values=pixels))

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return normalised vectors, shape (len(texts), dim)."""
        tokenizer = self.load_tokenizer()
        encoded = []
        for start in range(0, len(texts), _BATCH):
            tokens = self.tokenize(tokenizer, texts[start : start + _BATCH])
            encoded.append(self.text_tower(**tokens))
        vectors: Array = torch.cat(encoded).numpy()
        return vectors

    def text_tower(self, **tokens: torch.Tensor) -> torch.Tensor:
        """Return normalised vectors of what `tokenize` returned; this function is exported, too."""
        return _normalised(self.model.get_text_features(**tokens))

    def load_tokenizer(self) -> Any:
        """Return transformers' tokenizer. Raise ModelError."""
        try:
            return AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        except Exception as error:  # as above
            raise ModelError(
                f"the tokenizer in {self._folder} cannot be loaded: {_first_line(error)}", _HINT
            ) from error

    def tokenize(self, tokenizer: Any, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """Return the inputs of the text tower."""
        config = self.model.config
        return dict(
            tokenizer(
                list(texts),
                padding="max_length" if config.model_type in PADS_TO_THE_END else "longest",
                truncation=True,
                max_length=min(tokenizer.model_max_length, config.text_config.max_position_embeddings),
                return_tensors="pt",
            )
        )

    def forget_texts(self) -> None:
        """Free the text tower, which is most of some models' memory; `encode_texts` cannot be used any more."""
        if hasattr(self.model, "text_model"):
            del self.model.text_model


class HubProcessor:
    """A checkpoint's image processor in transformers, for the kinds that `preprocess` does not support."""

    def __init__(self, folder: str) -> None:
        """Load the image processor. Raise nearly anything on a bad checkpoint."""
        self._processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")

    @property
    def side(self) -> int:
        """Pixels of the longest side of the image tower's input."""
        sizes = [value for value in dict(self._processor.size).values() if isinstance(value, int)]
        return max(sizes, default=512)

    def prepare(self, image: Image.Image) -> Array:
        """Convert an RGB image to the model's input, shape (3, side, side)."""
        pixels: Array = self._processor(images=[image], return_tensors="pt")["pixel_values"][0].numpy()
        return pixels


def _normalised(features: Any) -> torch.Tensor:
    """Normalise features, which transformers 5 wraps into an output object and transformers 4 returns directly."""
    tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    return torch.nn.functional.normalize(tensor, dim=-1)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
