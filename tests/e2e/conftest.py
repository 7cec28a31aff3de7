"""Installed daemons: one per test, or one for all tests that leave it as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.instance import Instance

SHARED = """\
version: 1
labels: {{picture: a picture}}
watch:
  - path: {inbox}
    subfolders: true
    settle: 200ms
rules:
  - name: Names
    locations: {inbox}/names
    actions: [move: "{filed}/names/{{name}}/"]
  - name: Disk
    locations: {inbox}/disk
    actions: [move: "{filed}/disk/sub/"]
  - name: All
    actions: [move: "{filed}/"]
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that is not started yet; whatever runs at the end is killed."""
    with kept(Instance(tmp_path)) as one:
        yield one


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running daemon that files every image, because a model takes seconds. Use names that no other test has."""
    one = Instance(tmp_path_factory.mktemp("shared"), SHARED)
    for name in ("names", "disk"):
        (one.inbox / name).mkdir()
    with kept(one):
        one.start()
        yield one


@contextmanager
def kept(one: Instance) -> Iterator[Instance]:
    """Kill what runs in the end, and clean up."""
    try:
        yield one
    finally:
        one.kill()
        shutil.rmtree(one.runtime)
