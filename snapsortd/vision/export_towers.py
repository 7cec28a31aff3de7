"""Export a model for computers without torch, in a process of its own. Never imports torch."""

from __future__ import annotations

import os
import shutil
import tempfile

from snapsortd.domain.errors import ModelError, SnapsortError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.extras import CLIP
from snapsortd.vision.spawn import spawn


def export_towers(model: str, folder: str, state_dir: str) -> None:
    """Write `model` as ONNX graphs into `folder`, which must be new; on failure nothing is left of it.

    Raise ModelError, SnapsortError if there is something at that path, OSError.
    """
    find_checkpoint(model)
    CLIP.require(f"the model {model}")
    if os.path.lexists(folder):
        raise SnapsortError(f"there is something at {folder} already", "name a new folder")
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    fresh = tempfile.mkdtemp(prefix=".snapsort.", dir=parent)
    try:
        if spawn("snapsortd.vision.child.engines.export_towers", model, fresh, state_dir).wait() != 0:
            raise ModelError(f"the model {model} cannot be exported", "its own message is above")
        os.chmod(fresh, 0o755)
        os.rename(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
