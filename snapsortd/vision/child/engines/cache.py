"""Cache the exports and measurements of a model in the user's cache folder: `engines/<digest of the checkpoint>/`.

`fp32.onnx` and `int8.onnx` are image towers, `samples.safetensors` holds every engine's vectors of the samples, and
`choice.json` the rest. The cache only saves time: if anything in it is damaged, it is created again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from snapsortd.vision.child.engines.choose import Measured
from snapsortd.vision.child.engines.engine import ONNX_FP32, ONNX_INT8

FILES = {ONNX_FP32: "fp32.onnx", ONNX_INT8: "int8.onnx"}
"""The file name of each engine's exported model."""
MAX_CACHED = 3
"""Number of models whose exports are kept; the least recently used are removed."""

_FORMAT = 2
_FACTS, _SAMPLES, _FRESH = "choice.json", "samples.safetensors", ".new-"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The content of `choice.json`: `machine` as returned by `machine()`, `hashes` of the files (SHA-256, hex).

    `failed` is the reason why nothing could be exported; then there are no files.
    """

    machine: str
    threads: int
    logit_scale: float = 1.0
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    cosines: Mapping[str, float] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""


def machine() -> str:
    """Return the processor and the versions of the libraries; measured times are valid for this combination only."""
    processor = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return ", ".join((processor or os.uname().machine, *map(_version, ("onnxruntime", "torch", "transformers"))))


def folder_of(cache_dir: str, digest: str) -> str:
    """Return the folder for the exports of the checkpoint with this digest."""
    return os.path.join(cache_dir, "engines", digest)


def read_facts(folder: str) -> EngineFacts | None:
    """Return the facts about an exported model, or None if there are none or they cannot be read."""
    try:
        with open(os.path.join(folder, _FACTS), encoding="utf-8") as file:
            content = json.load(file)
        return EngineFacts(**content["facts"]) if content["format"] == _FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_measured(folder: str, facts: EngineFacts) -> dict[str, Measured] | None:
    """Return each engine's time and vectors of the samples, or None if they are damaged."""
    try:
        vectors = load_file(os.path.join(folder, _SAMPLES))
        return {name: Measured(each, vectors[name]) for name, each in facts.milliseconds.items()}
    except (OSError, SafetensorError, KeyError):
        return None


def is_unchanged(folder: str, facts: EngineFacts, engine: str) -> bool:
    """Return whether the engine's file is unchanged since it was measured."""
    return _sha256(path_of(folder, engine)) == facts.hashes.get(FILES[engine], "none")


def path_of(folder: str, engine: str) -> str:
    """Return the path of an engine's exported model."""
    return os.path.join(folder, FILES[engine])


def mark_used(folder: str) -> None:
    """Set the folder's time to now, so that `prune` keeps it."""
    with contextlib.suppress(OSError):
        os.utime(folder)


@contextmanager
def fresh_folder(folder: str) -> Iterator[str]:
    """Yield a new folder that replaces `folder` as a whole at the end; on an error it is removed. Raise OSError."""
    home = os.path.dirname(folder)
    os.makedirs(home, mode=0o700, exist_ok=True)
    for name in os.listdir(home):
        if name.startswith(_FRESH):  # left behind by an export that was killed; only one runs at a time
            shutil.rmtree(os.path.join(home, name), ignore_errors=True)
    fresh = tempfile.mkdtemp(prefix=_FRESH, dir=home)
    try:
        yield fresh
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write(folder: str, facts: EngineFacts, measured: Mapping[str, Measured]) -> None:
    """Add the measurements to a folder that contains the exported files already. Raise OSError."""
    if measured:
        save_file({name: each.vectors for name, each in measured.items()}, os.path.join(folder, _SAMPLES))
    with open(os.path.join(folder, _FACTS), "w", encoding="utf-8") as file:
        json.dump({"format": _FORMAT, "facts": asdict(facts)}, file, indent=1)


def hashes_in(folder: str) -> dict[str, str]:
    """Return the SHA-256, in hex, of every exported file in a folder."""
    found = ((name, _sha256(os.path.join(folder, name))) for name in FILES.values())
    return {name: digest for name, digest in found if digest is not None}


def prune(cache_dir: str) -> None:
    """Remove the exports of the least recently used models."""
    home = os.path.join(cache_dir, "engines")
    with contextlib.suppress(OSError):
        folders = [entry for entry in os.scandir(home) if entry.is_dir(follow_symlinks=False)]
        for entry in sorted(folders, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)[MAX_CACHED:]:
            shutil.rmtree(entry.path, ignore_errors=True)


def _sha256(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"
