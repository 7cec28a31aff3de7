"""The factor by which a model turns cosines into logits."""

from __future__ import annotations

import math
import os

from safetensors import SafetensorError, safe_open

from snapsortd.vision.child.engines.exported_note import read_note
from snapsortd.vision.onnx_towers import find_towers

OF_CLIP = 100.0
"""The highest that CLIP may learn, and has learnt (Radford et al. 2021, arXiv:2103.00020, 2.5); SigLIP's is similar."""


def read_logit_scale(folder: str) -> float:
    """Return the factor of the checkpoint in a folder. Raise ModelError if it cannot be loaded.

    Exported towers do not contain it: there it is what `model export` has noted, or else CLIP's.
    """
    try:
        with safe_open(os.path.join(folder, "model.safetensors"), framework="numpy") as file:
            return math.exp(file.get_tensor("logit_scale").item())
    except (OSError, SafetensorError):  # split into several files, or stored in another format, or exported
        if find_towers(folder):
            return float(read_note(folder).get("logit_scale", OF_CLIP))
        from snapsortd.vision.child.engines.torch_engine import TorchEngine

        return TorchEngine(folder).logit_scale
