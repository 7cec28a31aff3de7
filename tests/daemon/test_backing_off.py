"""Disks that cannot be written: the image stays, the problem is reported, and it is filed once there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.daemon.halt import JOURNAL_RETRY_S
from snapsortd.daemon.loop import Daemon
from snapsortd.domain.entry import State
from snapsortd.files.locations import find_locations
from snapsortd.pipeline.session import Session
from snapsortd.watch.queue import retry_pause
from tests.support import images
from tests.support.mounting import mounted
from tests.support.privileges import as_a_normal_user
from tests.support.turns import make_daemon, turn
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

CONFIG = """\
version: 1
existing: file
labels: {{picture: a picture}}
watch:
  - path: {top}/inbox
    settle: 100ms
rules:
  - name: All
    actions: [move: "{top}/filed/"]
"""
TIMEOUT_S = 120.0

Repair = Callable[[], object]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One for all tests in this file, because loading its model takes seconds; the journal has its own small disk."""
    top = tmp_path_factory.mktemp("top")
    for name in ("inbox", "filed", "state"):
        (top / name).mkdir()
    (top / "config.yaml").write_text(CONFIG.format(top=top))
    names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    folders = {name: str(top / "state" if "STATE" in name else top) for name in names}
    locations = find_locations(folders | {"SNAPSORTD_CONFIG": str(top / "config.yaml")})
    with (
        mounted(top / "state", "-t", "tmpfs", "-o", "size=4m", "none"),
        Session.open(locations, load_config(locations.config_file, os.environ)) as one,
    ):
        yield one


@pytest.fixture
def daemon(session: Session) -> Daemon:
    return make_daemon(session)


@pytest.fixture
def top(session: Session) -> Path:
    return Path(session.config.path).parent


@pytest.fixture
def image(top: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A new image in the inbox, with a unique name."""
    path = top / "inbox" / f"{request.node.name}.png"
    images.receipt(3).resize((200, 300)).save(path)
    yield path
    path.unlink(missing_ok=True)


def fill(path: Path) -> None:
    """Write a file that fills the file system."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


@contextmanager
def full(folder: Path) -> Iterator[Repair]:
    with mounted(folder, "-t", "tmpfs", "-o", "size=1m", "none"):
        fill(folder / "filler")
        yield (folder / "filler").unlink


@contextmanager
def read_only(folder: Path) -> Iterator[Repair]:
    with mounted(folder, "-t", "tmpfs", "-o", "ro", "none"):
        yield lambda: subprocess.run(["mount", "-o", "remount,rw", folder], check=True)


@contextmanager
def forbidden(folder: Path) -> Iterator[Repair]:
    folder.chmod(0o555)
    with as_a_normal_user():
        yield lambda: folder.chmod(0o755)


@pytest.mark.parametrize(
    ("trouble", "reported"),
    [
        pytest.param(full, "the disk is full", id="full"),
        pytest.param(read_only, "the disk is read-only", id="read-only"),
        pytest.param(forbidden, "no permission", id="forbidden"),
    ],
)
def test_a_destination_that_takes_nothing_now_is_tried_again_later(
    daemon: Daemon, top: Path, image: Path, trouble: Callable[[Path], AbstractContextManager[Repair]], reported: str
) -> None:
    session, filed = daemon.session, top / "filed"
    content = image.read_bytes()

    def attempts() -> int:
        turn(daemon)
        known = session.journal.history_of(str(image)).known
        return known.attempts if known else 0

    with trouble(filed) as repair:
        there = sorted(os.listdir(filed))
        wait_for(lambda: attempts() == 2, seconds=TIMEOUT_S, what="tried twice")
        assert [attempts() for _ in range(5)] == [2] * 5, "it pauses"
        assert image.read_bytes() == content
        assert sorted(os.listdir(filed)) == there, "nothing was left behind there"
        entries = session.journal.entries(path=str(image))
        assert {(entry.state, entry.intent.target) for entry in entries} == {(State.FAILED, str(filed / image.name))}
        assert reported in session.history.explain(str(image))["reason"]
        (problem,) = DaemonControl(daemon).status()["problems"]
        assert (problem["path"], problem["outcome"]) == (str(image), "failed")
        assert reported in problem["reason"]
        repair()
        wait_for(lambda: [turn(daemon, retry_pause(2)), not image.exists()][1], seconds=TIMEOUT_S, what="filed")
        assert (filed / image.name).read_bytes() == content
        assert DaemonControl(daemon).status()["problems"] == []
        assert session.undoing.undo()["done"] == 1


def test_a_journal_whose_disk_is_full_stops_filing_until_there_is_room(daemon: Daemon, top: Path, image: Path) -> None:
    content = image.read_bytes()
    fill(top / "state" / "filler")
    try:
        wait_for(lambda: turn(daemon), seconds=TIMEOUT_S, what="filing stopped")
        status = DaemonControl(daemon).status()
        assert status["state"] == "halted"
        assert "is full" in status["reason"]
        assert "free some space" in status["reason"]
        assert image.read_bytes() == content
        assert not (top / "filed" / image.name).exists()
    finally:
        (top / "state" / "filler").unlink()
    assert turn(daemon), "it pauses"
    wait_for(lambda: not turn(daemon, JOURNAL_RETRY_S) and not image.exists(), seconds=TIMEOUT_S, what="filed")
    assert (top / "filed" / image.name).read_bytes() == content
    assert daemon.session.undoing.undo()["done"] == 1
