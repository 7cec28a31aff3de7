"""Check that a checkpoint's files are there and whole, without loading the model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence

from snapsortd.domain.errors import ModelError
from snapsortd.vision.onnx_towers import VARIANTS, exported_files, graphs_in

TOKENIZERS = frozenset(
    {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"}
)
NEEDED_BY_ONNX = frozenset({"tokenizer.json"})
"""The one tokenizer that can be loaded without transformers."""
PROCESSORS = frozenset({"preprocessor_config.json", "processor_config.json"})
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
"""In the order in which transformers looks for them."""

_LFS_POINTER = b"version https://git-lfs"
_MAX_HEADER_BYTES = 100 << 20


def weight_files(folder: str) -> tuple[str, ...]:
    """Return the paths, in `folder`, of the files that hold the weights: the index, if there is one, first."""
    names = frozenset(os.listdir(folder))
    name = next((name for name in WEIGHTS if name in names), None)
    if exported := exported_files(folder):
        return tuple(exported)
    if name is None:
        return ()
    if not name.endswith(".json"):
        return (name,)
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return (name, *sorted(set(json.load(file)["weight_map"].values())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return (name,)


def require_weights(model: str, folder: str) -> None:
    """Raise ModelError if the folder of `model` has no weights but those in graphs that are not of one tower each."""
    if (graphs := graphs_in(folder)) and not weight_files(folder):
        raise ModelError(
            f"{model} has ONNX graphs, but none that snapsortd can use: {', '.join(graphs)}",
            "take onnx/vision_model.onnx and onnx/text_model.onnx from where they are, or both with one of "
            f"{', '.join(VARIANTS[1:])} before .onnx",
        )


def find_faults(folder: str, weights: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each file that is missing or damaged; `weights` as returned by `weight_files`."""
    names = frozenset(os.listdir(folder))
    if not weights:
        yield "weights are missing (model.safetensors, or onnx/vision_model.onnx and onnx/text_model.onnx)"
    if not names & (NEEDED_BY_ONNX if exported_files(folder) else TOKENIZERS):
        yield "the tokenizer is missing (tokenizer.json)"
    if not names & PROCESSORS:
        yield "the image processor is missing (preprocessor_config.json)"
    for name in ("config.json", *weights):
        if fault := _fault(os.path.join(folder, name)):
            yield f"{name} {fault}"


def _fault(path: str) -> str:
    """Describe what is wrong with a file, as the end of a sentence; return "" if nothing is found."""
    try:
        with open(path, "rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                return "is only a pointer of Git LFS (fetch it with `git lfs pull`)"
            if path.endswith(".json"):
                file.seek(0)
                json.load(file)
            elif path.endswith(".safetensors") and _expected_size(path) > os.path.getsize(path):
                return "is truncated"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {os.strerror(error.errno or 0).lower()}"
    except (ValueError, KeyError, TypeError, AttributeError, MemoryError):
        return "is damaged"
    return ""


def _expected_size(path: str) -> int:
    """Return a safetensors file's size in bytes by its header (github.com/huggingface/safetensors, "Format")."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(min(length, _MAX_HEADER_BYTES)))
    ends = (value["data_offsets"][1] for name, value in header.items() if name != "__metadata__")
    return 8 + length + max(ends, default=0)
