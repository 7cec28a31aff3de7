"""List and describe the models on this machine: the embedded one, those in the hub's cache, and folders.

Only files are read; no model is loaded and nothing goes online.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import EMBEDDED as EMBEDDED
from snapsortd.vision.checkpoint import digest_checkpoint, find_checkpoint
from snapsortd.vision.checkpoint_files import find_faults, weight_files
from snapsortd.vision.extras import HUB

_TOWERS = ("text_config", "vision_config")
_WRITES = re.compile(r"(ForConditionalGeneration|ForCausalLM|Vision2Seq|VisionText2Text|VisionEncoderDecoderModel)$")
"""Names of transformers' classes that generate text."""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model on this machine.

    `kind` is the checkpoint's name for its family, `bytes` the size of its weights, `image_side` in pixels (None if
    not specified), `faults` a sentence for each file that is missing or damaged.
    """

    name: str
    folder: str
    kind: str
    bytes: int
    image_side: int | None
    faults: tuple[str, ...]


def read_stored(name: str) -> StoredModel:
    """Return the description of a model. Raise ModelError if it is not on this machine."""
    folder = find_checkpoint(name)
    weights = weight_files(folder)
    paths = [os.path.join(folder, each) for each in weights]
    settings = _settings(folder)
    vision = settings.get("vision_config")
    side = vision.get("image_size") if isinstance(vision, dict) else None
    return StoredModel(
        name,
        folder,
        str(settings.get("model_type", "unknown")),
        sum(os.path.getsize(path) for path in paths if os.path.exists(path)),
        side if type(side) is int else None,
        tuple(find_faults(folder, weights)),
    )


def digest_of(model: StoredModel) -> str:
    """Return the SHA-256, in hex, over all of the model's files."""
    return digest_checkpoint(model.folder)


def stored_models(used: str) -> Iterator[StoredModel]:
    """Yield the embedded model, the CLIP-family models in the hub's cache, and `used` if it is on this machine."""
    for name in dict.fromkeys((EMBEDDED, used, *_cached_names())):
        try:
            found = read_stored(name)
        except ModelError:
            continue
        if name in (EMBEDDED, used) or is_clip_family(_settings(found.folder)):
            yield found


def is_clip_family(settings: Mapping[str, Any]) -> bool:
    """Return whether a config.json describes both an image tower and a text tower, to compare images with texts."""
    return all(isinstance(settings.get(tower), dict) for tower in _TOWERS) and not is_captioner(settings)


def is_captioner(settings: Mapping[str, Any]) -> bool:
    """Return whether a config.json describes a model that writes text about images."""
    names = settings.get("architectures")
    writes = isinstance(names, list) and any(_WRITES.search(each) for each in names if isinstance(each, str))
    return writes and any(isinstance(settings.get(tower), dict) for tower in ("vision_config", "encoder"))


def _cached_names() -> list[str]:
    if HUB.missing():
        return []
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return sorted(each.repo_id for each in scan_cache_dir().repos if each.repo_type == "model")
    except CacheNotFound:
        return []


def _settings(folder: str) -> Mapping[str, Any]:
    """Return the content of config.json, or an empty mapping if it is missing or damaged."""
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
