"""Read and write what a checkpoint of ONNX graphs lacks: an entry `snapsortd` in its config.json, by `model export`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KEY = "snapsortd"


def read_config(folder: str) -> Mapping[str, Any]:
    """Return the content of config.json. Raise OSError, ValueError."""
    content: Mapping[str, Any] = json.loads(Path(folder, "config.json").read_bytes())
    return content


def read_note(folder: str) -> Mapping[str, Any]:
    """Return `logit_scale` and `any_size` (see `Engine`), or nothing if another program exported the checkpoint."""
    note: Mapping[str, Any] = read_config(folder).get(_KEY, {})
    return note


def write_note(folder: str, logit_scale: float, *, any_size: bool) -> None:
    """Add the entry to config.json."""
    content = dict(read_config(folder)) | {_KEY: {"logit_scale": logit_scale, "any_size": any_size}}
    Path(folder, "config.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
