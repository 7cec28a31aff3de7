"""The models on this machine, from their files alone: the embedded one, those in the hub's cache, a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import EMBEDDED as EMBEDDED
from snapsortd.vision.checkpoint import digest_checkpoint, find_checkpoint

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


TOKENIZERS = frozenset(
    {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"}
)


PROCESSORS = frozenset({"preprocessor_config.json", "processor_config.json"})


WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


_LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model's folder. `faults` says what is missing or cut short, `weights` is their size in bytes."""

    name: str
    folder: str
    faults: tuple[str, ...]
    weights: int


def read_model(name: str) -> ModelFacts | ModelError:
    """Look for the model's files on this machine."""
    try:
        folder = find_checkpoint(name)
    except ModelError as error:
        return error
    names = frozenset(os.listdir(folder))
    faults = []
    weights = _weights(folder, names)
    if not weights:
        faults.append("weights are missing (model.safetensors)")
    if not names & TOKENIZERS:
        faults.append("the tokenizer is missing (tokenizer.json)")
    if not names & PROCESSORS:
        faults.append("the image processor is missing (preprocessor_config.json)")
    for each in ("config.json", *weights):
        if fault := _fault(os.path.join(folder, each)):
            faults.append(f"{each} {fault}")
    paths = (os.path.join(folder, each) for each in weights)
    return ModelFacts(name, folder, tuple(faults), sum(os.path.getsize(path) for path in paths if os.path.exists(path)))


def _weights(folder: str, names: frozenset[str]) -> tuple[str, ...]:
    """The files that hold the weights, in the order in which transformers looks for them."""
    for name in WEIGHTS:
        if name not in names:
            continue
        if not name.endswith(".json"):
            return (name,)
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return (name, *sorted(set(json.load(file)["weight_map"].values())))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return (name,)
    return ()


def _fault(path: str) -> str:
    """What is wrong with one file, as the end of a sentence; empty if nothing can be seen."""
    try:
        with open(path, "rb") as file:
            start = file.read(len(_LFS))
            if start == _LFS:
                return "is only a pointer of Git LFS (fetch it with `git lfs pull`)"
            if path.endswith(".json"):
                file.seek(0)
                json.load(file)
            elif path.endswith(".safetensors") and _end(path) > os.path.getsize(path):
                return "is cut short"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {os.strerror(error.errno or 0).lower()}"
    except (ValueError, KeyError, TypeError, AttributeError, MemoryError):
        return "is damaged"
    return ""


def _end(path: str) -> int:
    """How long a safetensors file must be, by its header (github.com/huggingface/safetensors, "Format")."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(min(length, 100 << 20)))
    ends = (value["data_offsets"][1] for name, value in header.items() if name != "__metadata__")
    return 8 + length + max(ends, default=0)
