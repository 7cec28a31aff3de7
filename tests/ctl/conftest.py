"""Fixtures: a stand-in for the daemon behind the real API, and a folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.daemon.api.server import ApiServer
from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl


@pytest.fixture
def daemon(ctl: Ctl) -> Iterator[FakeControl]:
    control = FakeControl()
    folder = Path(ctl.env["XDG_RUNTIME_DIR"]) / "snapsortd"
    folder.mkdir(mode=0o700)
    server = ApiServer(control, str(folder / "control.sock"))
    server.start()
    yield control
    server.stop()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "below").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "notes.txt", ".snapsort.1", "below/c.webp"):
        (folder / name).write_bytes(b"x")
    (folder / "link.png").symlink_to("b.png")
    return folder
