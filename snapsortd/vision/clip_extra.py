"""The extra `clip`: what models other than the embedded one need. Imports none of it."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec

from snapsortd.domain.errors import ModelError
from snapsortd.domain.text import listed

PACKAGES = ("onnx", "torch", "transformers")


def require_clip(model: str) -> None:
    """Raise ModelError, with the command that installs the extra, unless it is installed."""
    if missing := missing_packages():
        verb = "is" if len(missing) == 1 else "are"
        raise ModelError(
            f"the model {model} needs {listed(missing)}, which {verb} not installed",
            f"run `{install_command()}`, or use what `snapsortctl model export` writes where they are installed",
        )


def missing_packages() -> list[str]:
    """Return those that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def install_command() -> str:
    """Return the command that installs the extra."""
    return f"{shlex.quote(sys.executable)} -m pip install 'snapsortd[clip]'"
