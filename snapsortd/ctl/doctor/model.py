"""The model: are its files here and complete, and is there what loads it? Never imports what it asks about."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.errors import ModelError
from snapsortd.domain.text import size_words
from snapsortd.vision.catalog import (
    ModelFacts,
)
from snapsortd.vision.checkpoint import EMBEDDED

NAME = "model"
LIBRARIES = ("torch", "transformers", "onnxruntime", "onnx", "PIL", "numpy", "safetensors")
LIBRARY_BYTES = 350 << 20
"""What Python and PyTorch take without a model; measured with the embedded one."""


def missing_libraries() -> tuple[str, ...]:
    """Those of LIBRARIES that are not installed; none is imported."""
    return tuple(name for name in LIBRARIES if find_spec(name) is None)


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
