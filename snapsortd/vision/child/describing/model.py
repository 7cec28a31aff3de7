"""A captioner: any image-to-text checkpoint of transformers, in a folder of this machine."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor, AutoTokenizer, ProcessorMixin

from snapsortd.domain.errors import ModelError

MAX_TOKENS = 60
"""Tokens of a caption: about 40 words."""
_HINT = "download it again, free some memory, or choose another one: describe.model in the configuration"
_INSTRUCTED = frozenset({"llava", "llava_next", "vipllava", "video_llava"})
"""Architectures whose older checkpoints are chat models without a chat template."""


class Captioner:
    """The model of one checkpoint folder, on the CPU."""

    def __init__(self, folder: str, prompt: str, threads: int) -> None:
        """`prompt` is asked of models that follow instructions; the others describe every image. Raise ModelError."""
        torch.set_num_threads(threads)
        try:
            self._processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
            if not isinstance(self._processor, ProcessorMixin):  # a vision encoder-decoder has its parts side by side
                self._processor = _Parts(folder)
            loaded: Any = AutoModelForImageTextToText.from_pretrained(
                folder, local_files_only=True, dtype="auto", output_loading_info=True
            )
            self._model, loading = loaded
        except Exception as error:  # transformers raises nearly anything on a bad checkpoint
            raise ModelError(f"the captioner in {folder} cannot be loaded: {_first_line(error)}", _HINT) from error
        if loading["missing_keys"] or loading["mismatched_keys"]:
            raise ModelError(f"the captioner in {folder} is incomplete: weights are missing", _HINT)
        if self._model.dtype == torch.float16:  # slow, or not implemented, on a CPU
            self._model.float()
        self._model.eval().requires_grad_(False)
        self._prompt = prompt

    @torch.inference_mode()
    def describe(self, image: Image.Image) -> str:
        """Return the words of the model for an RGB image."""
        given = self._asked(image).to(dtype=self._model.dtype)
        made = self._model.generate(**given, max_new_tokens=MAX_TOKENS, do_sample=False, num_beams=1)
        asked = given["input_ids"].shape[1] if "input_ids" in given else 0  # what it writes begins with the question
        return str(self._processor.batch_decode(made[:, asked:], skip_special_tokens=True)[0])

    def _asked(self, image: Image.Image) -> Any:
        """Return the input of the model: the image, and for a chat model the question about it."""
        if getattr(self._processor, "chat_template", None):
            content = [{"type": "image", "image": image}, {"type": "text", "text": self._prompt}]
            chat = [{"role": "user", "content": content}]
            return self._processor.apply_chat_template(
                chat, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
            )
        if self._model.config.model_type in _INSTRUCTED:
            text = f"USER: <image>\n{self._prompt} ASSISTANT:"
            return self._processor(images=[image], text=[text], return_tensors="pt")
        return self._processor(images=[image], return_tensors="pt")


class _Parts:
    """The image processor and the tokenizer of a checkpoint that has no processor of its own."""

    def __init__(self, folder: str) -> None:
        self._images = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        self._words = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.batch_decode = self._words.batch_decode

    def __call__(self, images: list[Image.Image], return_tensors: str) -> Any:
        return self._images(images=images, return_tensors=return_tensors)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
