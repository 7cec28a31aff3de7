"""The factor by which a model turns cosines into logits, for scores that need no images."""

from __future__ import annotations

import math
import os

from safetensors import SafetensorError, safe_open


def read_logit_scale(folder: str) -> float:
    """Return the factor that is stored in the checkpoint in a folder. Raise ModelError if it cannot be loaded."""
    try:
        with safe_open(os.path.join(folder, "model.safetensors"), framework="numpy") as file:
            return math.exp(file.get_tensor("logit_scale").item())
    except (OSError, SafetensorError):  # split into several files, or stored in another format
        from snapsortd.vision.child.engines.torch_engine import TorchEngine

        return TorchEngine(folder).logit_scale
