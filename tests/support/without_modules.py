"""Processes for which packages are not installed that are."""

from __future__ import annotations

from pathlib import Path


def without_modules(env: dict[str, str], folder: Path, *names: str) -> dict[str, str]:
    """Return the environment of processes that find none of these modules; `folder` is made for it."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({names}))\n")
    return env | {"PYTHONPATH": str(folder)}
