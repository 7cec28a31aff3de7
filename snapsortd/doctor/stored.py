"""The models on this machine, from their files alone: the embedded one, those in the hub's cache, a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snapsortd.doctor.model import read_model
from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import EMBEDDED as EMBEDDED
from snapsortd.vision.checkpoint import digest_checkpoint

_TOWERS = ("text_config", "vision_config")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """`kind` is the checkpoint's own word for its family, `bytes` the size of its weights, `image_side` in pixels
    (None: not told), `faults` what is missing or damaged."""

    name: str
    folder: str
    kind: str
    bytes: int
    image_side: int | None
    faults: tuple[str, ...]


def read_stored(name: str) -> StoredModel:
    """One model. Raises ModelError if it is not on this machine."""
    found = read_model(name)
    if isinstance(found, ModelError):
        raise found
    told = _settings(found.folder)
    vision = told.get("vision_config")
    side = vision.get("image_size") if isinstance(vision, dict) else None
    return StoredModel(
        name,
        found.folder,
        str(told.get("model_type", "unknown")),
        found.weights,
        side if type(side) is int else None,
        found.faults,
    )


def digest_of(model: StoredModel) -> str:
    """SHA-256, in hex, over all of its files."""
    return digest_checkpoint(model.folder)


def stored_models(used: str) -> Iterator[StoredModel]:
    """The embedded model, those of the CLIP family in the hub's cache, and the one in use, if it is here."""
    for name in dict.fromkeys((EMBEDDED, used, *_cached_names())):
        try:
            found = read_stored(name)
        except ModelError:
            continue
        if name in (EMBEDDED, used) or is_of_family(_settings(found.folder)):
            yield found


def is_of_family(told: Mapping[str, Any]) -> bool:
    """Does a config.json tell of an image tower and a text tower?"""
    return all(isinstance(told.get(tower), dict) for tower in _TOWERS)


def _cached_names() -> list[str]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return sorted(each.repo_id for each in scan_cache_dir().repos if each.repo_type == "model")
    except CacheNotFound:
        return []


def _settings(folder: str) -> Mapping[str, Any]:
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
