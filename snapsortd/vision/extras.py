"""The extras `clip` and `hub`: what models other than the embedded one need. Imports none of it."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from snapsortd.domain.errors import ModelError
from snapsortd.domain.text import listed


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of pyproject.toml, the modules that it brings, and what can be done without it."""

    name: str
    modules: tuple[str, ...]
    otherwise: str

    def require(self, what: str) -> None:
        """Raise ModelError, with the command that installs the extra, unless it is installed."""
        if missing := self.missing():
            verb = "is" if len(missing) == 1 else "are"
            raise ModelError(
                f"{what} needs {listed(missing)}, which {verb} not installed",
                f"run `{self.install_command()}`, or {self.otherwise}",
            )

    def missing(self) -> list[str]:
        """Return the modules that are not installed."""
        return [name for name in self.modules if find_spec(name) is None]

    def install_command(self) -> str:
        """Return the command that installs the extra where snapsortd is, with pip from elsewhere if none is there."""
        program, root = shlex.quote(sys.executable), "" if os.access(sys.prefix, os.W_OK) else "sudo "
        pip = f"{program} -m pip install" if find_spec("pip") else f"python3 -m pip --python {program} install"
        return f"{root}{pip} 'snapsortd[{self.name}]'"


CLIP = Extra(
    "clip", ("onnx", "torch", "transformers"), "use what `snapsortctl model export` writes where they are installed"
)
HUB = Extra("hub", ("huggingface_hub", "tokenizers"), "set model.name to embedded")
"""Finds models in the hub's cache, downloads them, and reads the tokenizers of those with ONNX graphs."""
