"""A CLIP-family model: images and texts to points of one space. Runs in the classifier process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from snapsortd.errors import ModelError

_NEEDED = ("get_image_features", "get_text_features", "logit_scale")
_HINT = "fetch it again, free some memory, or choose another one: model.name in the configuration"
_PADS_TO_THE_END = frozenset({"siglip", "siglip2"})
"""Trained on texts padded to full length, and wrong on any other (transformers' documentation of SigLIP)."""

_BATCH = 64
"""Prompts per run of the text tower."""


class Encoder:
    """The model of one checkpoint folder, in float32 on the CPU."""

    def __init__(self, folder: str) -> None:
        """Raises ModelError when the folder holds no complete CLIP-family checkpoint."""
        self._folder = folder
        try:
            self._model, loading = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                dtype=torch.float32,  # half-precision weights are slow, or fail, on a CPU
                output_loading_info=True,
            )
            self._processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        except Exception as error:  # transformers raises nearly anything on a bad checkpoint
            raise ModelError(f"the model in {folder} cannot be loaded: {_first_line(error)}", _HINT) from error
        if missing := [name for name in _NEEDED if not hasattr(self._model, name)]:
            raise ModelError(
                f"the model in {folder} is not of the CLIP family ({type(self._model).__name__} has no {missing[0]})",
                _HINT,
            )
        if loading["missing_keys"] or loading["mismatched_keys"]:
            raise ModelError(f"the model in {folder} is incomplete: weights are missing", _HINT)
        self._model.eval().requires_grad_(False)
        self.logit_scale = float(self._model.logit_scale.exp())

    @property
    def side(self) -> int:
        """Pixels of the longest side that the image tower looks at."""
        sizes = [value for value in dict(self._processor.size).values() if isinstance(value, int)]
        return max(sizes, default=512)

    @torch.inference_mode()
    def encode_image(self, image: Image.Image) -> torch.Tensor:
        """A normalised vector, shape (dim,), of an RGB image."""
        inputs = self._processor(images=[image], return_tensors="pt")
        return _normalised(self._model.get_image_features(**inputs))[0]

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Normalised vectors, shape (len(texts), dim)."""
        try:
            tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        except Exception as error:  # as above
            raise ModelError(
                f"the tokenizer in {self._folder} cannot be loaded: {_first_line(error)}", _HINT
            ) from error
        config = self._model.config
        longest = min(tokenizer.model_max_length, config.text_config.max_position_embeddings)
        padding = "max_length" if config.model_type in _PADS_TO_THE_END else "longest"
        encoded = []
        for start in range(0, len(texts), _BATCH):
            tokens = tokenizer(
                list(texts[start : start + _BATCH]),
                padding=padding,
                truncation=True,
                max_length=longest,
                return_tensors="pt",
            )
            encoded.append(_normalised(self._model.get_text_features(**tokens)))
        return torch.cat(encoded)

    def forget_texts(self) -> None:
        """Free the text tower, most of some models' memory; `encode_texts` is over."""
        if hasattr(self._model, "text_model"):
            del self._model.text_model


def _normalised(features: Any) -> torch.Tensor:
    """transformers 5 wraps the projected features into an output object; 4 returned them as they are."""
    tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    return torch.nn.functional.normalize(tensor, dim=-1)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
