"""The dependencies: what pyproject.toml asks for, and what constraints.txt pins."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TREE = Path(__file__).resolve().parents[2]


def direct(tree: Path) -> Iterator[Requirement]:
    """Yield the requirements of the package, without those of its extras."""
    project = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    yield from map(Requirement, project["dependencies"])


def with_extras(tree: Path) -> Iterator[Requirement]:
    """Yield the requirements of the package and of all extras, without the package itself."""
    project = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    for words in [project["dependencies"], *project["optional-dependencies"].values()]:
        for requirement in map(Requirement, words):
            if requirement.name != project["name"]:
                yield requirement


def pinned(tree: Path) -> dict[str, str]:
    """Return name → version of the constraints. Raise ValueError for a line that pins nothing, or pins again."""
    found: dict[str, str] = {}
    for line in (tree / "constraints.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, equals, version = line.partition("==")
        if not equals or canonicalize_name(name) in found:
            raise ValueError(f"constraints.txt: {line}")
        found[canonicalize_name(name)] = version
    return found


def disagreements(tree: Path) -> Iterator[str]:
    """Yield where pins and requirements disagree, and the direct requirements that have no pin."""
    pins = pinned(tree)
    for requirement in with_extras(tree):
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is not None and not requirement.specifier.contains(pin):
            yield f"constraints.txt has {requirement.name} {pin}, but pyproject.toml wants {requirement.specifier}"
    for requirement in direct(tree):
        if canonicalize_name(requirement.name) not in pins:
            yield f"constraints.txt has no {requirement.name}"
