"""A session in a folder whose path is short enough for a socket in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.files.locations import find_locations
from snapsortd.pipeline.session import Session

CONFIG = """\
version: 1
existing: file
labels:
  receipt: a photo of a receipt
watch:
  - path: {inbox}
    settle: 100ms
rules:
  - name: Receipts
    filters: [label: receipt]
    actions: [move: "{filed}/"]
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it."""
    made = Path(tempfile.mkdtemp(prefix="snap"))
    for name in ("inbox", "filed"):
        (made / name).mkdir()
    (made / "config.yaml").write_text(CONFIG.format(inbox=made / "inbox", filed=made / "filed"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    locations = find_locations(
        {"SNAPSORTD_CONFIG": str(folder / "config.yaml")} | {name: str(folder) for name in names}
    )
    with Session.open(locations, load_config(locations.config_file, os.environ)) as one:
        yield one
