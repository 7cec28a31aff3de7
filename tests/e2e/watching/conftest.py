"""One daemon for all tests, in a mount namespace of its own; each test has watched folders that no other one uses.

It scans its folders by itself only every five minutes: anything it notices earlier was reported by an event.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exported import tiny_checkpoint
from tests.support.instance import kept
from tests.support.observed import Observed

CONFIG = """\
version: 1
existing: file
model: MODEL
labels: {{picture: a picture}}
watch:
  - {{path: "{inbox}/plain", settle: 300ms}}
  - {{path: "{inbox}/slow", settle: 300ms}}
  - {{path: "{inbox}/programs", settle: 300ms}}
  - {{path: "{inbox}/meanwhile", settle: 300ms}}
  - {{path: "{inbox}/storm", settle: 300ms}}
  - {{path: "{inbox}/storm in subfolders", settle: 300ms, subfolders: true}}
  - {{path: "{inbox}/crowd", settle: 300ms}}
  - {{path: "{inbox}/removed", settle: 300ms}}
  - {{path: "{inbox}/renamed", settle: 300ms}}
  - {{path: "{inbox}/disk", settle: 300ms}}
  - {{path: "{inbox}/paused", settle: 300ms}}
  - {{path: "{inbox}/special", settle: 300ms}}
  - {{path: "{inbox}/far", settle: 300ms}}
  - {{path: "{inbox}/tree", settle: 300ms, subfolders: true}}
  - {{path: "{inbox}/inside", settle: 300ms, subfolders: true}}
  - {{path: "{inbox}/left", settle: 300ms}}
  - {{path: "{inbox}/right", settle: 300ms}}
  - {{path: "{inbox}/copied", settle: 300ms}}
  - {{path: "{inbox}/copies", settle: 300ms}}
rules:
  - {{name: Far, locations: "{inbox}/far", actions: [move: "{filed}-far/sub/"]}}
  - {{name: Inside, locations: "{inbox}/inside", actions: [move: "{inbox}/inside/filed/{{label}}/"]}}
  - {{name: To the right, locations: "{inbox}/left", actions: [move: "{inbox}/right/"]}}
  - {{name: To the left, locations: "{inbox}/right", actions: [move: "{inbox}/left/"]}}
  - {{name: Copy, locations: "{inbox}/copied", actions: [copy: "{inbox}/copies/"]}}
  - {{name: Copy on, locations: "{inbox}/copies", actions: [copy: "{inbox}/copied/"]}}
  - {{name: Programs, locations: "{inbox}/programs", actions: [move: "{filed}/"]}}
  - name: All
    locations: "{inbox}"
    filters: [size: "< 1kB"]
    actions: [move: "{filed}/"]
"""


@pytest.fixture(scope="session")
def model() -> Path:
    """A model that classifies a hundred images in a second, and loads without torch."""
    return tiny_checkpoint()


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Observed]:
    """Yield the one daemon."""
    if sys.platform != "linux":
        pytest.skip("about inotify, mounts and /proc")
    namespace = ("unshare", "--mount", "--propagation", "private")
    possible = subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    prefix = namespace if possible else ()
    one = Observed(tmp_path_factory.mktemp("watching"), CONFIG.replace("MODEL", str(model)), prefix)
    with kept(one):
        one.start()
        yield one
