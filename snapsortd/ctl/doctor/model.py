"""Check that the model is complete, and that its libraries and enough memory are available. Imports none of them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.errors import ModelError
from snapsortd.domain.text import size_words
from snapsortd.vision.catalog import StoredModel
from snapsortd.vision.checkpoint import EMBEDDED
from snapsortd.vision.extras import CLIP, HUB
from snapsortd.vision.onnx_towers import EMBEDDED as EMBEDDED_TOWERS
from snapsortd.vision.onnx_towers import find_towers

NAME = "model"
LIBRARIES = ("onnxruntime", "PIL", "numpy", "safetensors")
PACKAGES = {"PIL": "pillow", "huggingface_hub": "huggingface-hub"}
"""The names under which libraries are installed, where they differ."""
LIBRARY_BYTES = 350 << 20
"""Memory that Python and PyTorch take without a model, measured with the embedded one."""


def missing_libraries(found: StoredModel | ModelError) -> tuple[str, ...]:
    """Return the names of the libraries that the model needs and that are not installed, without importing any."""
    return tuple(name for name in (*LIBRARIES, *_of_other_models(found)) if find_spec(name) is None)


def _of_other_models(found: StoredModel | ModelError) -> tuple[str, ...]:
    if isinstance(found, ModelError) or (towers := find_towers(found.folder)) == EMBEDDED_TOWERS:
        return ()
    return HUB.modules if towers else CLIP.modules


def check_model(
    found: StoredModel | ModelError, missing: tuple[str, ...], memory: int | None, python: str
) -> Iterator[Finding]:
    """Report the state of the model. `memory`: available bytes, None if the model is loaded already."""
    if missing:
        yield problem(
            NAME,
            f"not installed: {', '.join(missing)}",
            f"`{quoted(python)} -m pip install {' '.join(PACKAGES.get(each, each) for each in missing)}`",
        )
    if isinstance(found, ModelError):
        yield problem(NAME, found.message, found.hint)
        return
    if found.faults:
        again = "install snapsortd again" if found.name == EMBEDDED else f"download {found.name} again"
        yield problem(NAME, f"{found.folder}: {'; '.join(found.faults)}", f"{again}, or set model.name to {EMBEDDED}")
        return
    # Half-precision weights double in size when loaded; full-precision ones are briefly held twice.
    needed = LIBRARY_BYTES + 2 * found.bytes
    if memory is not None and memory < needed:
        yield warning(
            NAME,
            f"{found.name} needs about {size_words(needed)} of memory, but {size_words(memory)} are available",
            "close other programs, or set model.unload_after to 10m, so that it is unloaded when idle",
        )
    elif not missing:
        yield ok(NAME, f"{found.name} ({size_words(found.bytes)} of weights)")
