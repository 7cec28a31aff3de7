"""Similarity of prompts to the model, whose text encoder runs in a separate process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from snapsortd.config import Label
from snapsortd.ctl.evaluation.lint import lint_prompts
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.embed_texts import embed_texts

_QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}


def close_prompts(model: str, labels: Sequence[Label]) -> Iterator[str]:
    """Yield a warning for every two labels with nearly the same prompts. Raises ModelError."""
    os.environ.update(_QUIET)
    prompts = [prompt for label in labels for prompt in label.prompts]
    yield from lint_prompts(labels, embed_texts(find_checkpoint(model), prompts))
