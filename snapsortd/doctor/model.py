"""The model: are its files here and complete, and is there what loads it? Never imports what it asks about."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from snapsortd.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.errors import ModelError
from snapsortd.domain.text import size_words
from snapsortd.vision.checkpoint import EMBEDDED, find_checkpoint

NAME = "model"
LIBRARIES = ("torch", "transformers", "onnxruntime", "onnx", "PIL", "numpy", "safetensors")
TOKENIZERS = frozenset(
    {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"}
)
PROCESSORS = frozenset({"preprocessor_config.json", "processor_config.json"})
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
LIBRARY_BYTES = 350 << 20
"""What Python and PyTorch take without a model; measured with the embedded one."""
_LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model's folder. `faults` says what is missing or cut short, `weights` is their size in bytes."""

    name: str
    folder: str
    faults: tuple[str, ...]
    weights: int


def missing_libraries() -> tuple[str, ...]:
    """Those of LIBRARIES that are not installed; none is imported."""
    return tuple(name for name in LIBRARIES if find_spec(name) is None)


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


def free_memory(meminfo: str = "/proc/meminfo") -> int | None:
    """Bytes that programs can still get without swapping, as the kernel estimates; None if it does not tell."""
    try:
        with open(meminfo, encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def check_model(
    found: ModelFacts | ModelError, missing: tuple[str, ...], memory: int | None, python: str
) -> Iterator[Finding]:
    """`memory` is what is free, None if that is not known or the model is loaded already."""
    if missing:
        yield problem(
            NAME,
            f"not installed: {', '.join(missing)}",
            f"`{quoted(python)} -m pip install --force-reinstall snapsortd`",
        )
    if isinstance(found, ModelError):
        yield problem(NAME, found.message, found.hint)
        return
    if found.faults:
        again = "install snapsortd again" if found.name == EMBEDDED else f"fetch {found.name} again"
        yield problem(NAME, f"{found.folder}: {'; '.join(found.faults)}", f"{again}, or set model.name to {EMBEDDED}")
        return
    # Half-precision weights are doubled when loaded; full ones are for a moment held twice.
    needed = LIBRARY_BYTES + 2 * found.weights
    if memory is not None and memory < needed:
        yield warning(
            NAME,
            f"{found.name} takes about {size_words(needed)} of memory and {size_words(memory)} are free",
            "end other programs, or set model.unload_after to 10m so that it is only held while there is work",
        )
    elif not missing:
        yield ok(NAME, f"{found.name} ({size_words(found.weights)} of weights)")
