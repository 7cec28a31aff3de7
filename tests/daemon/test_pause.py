"""A pause lasts as long as a person said, whatever is started again meanwhile, and a saved configuration is loaded."""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.daemon.pause import Pause
from snapsortd.daemon.rest import CHECK_S, Rest, is_on_battery, why
from snapsortd.daemon.saved_config import SavedConfig
from tests.support.looping import looping

CONFIG = """\
version: 1
existing: file
labels: {{good: good}}
rescan: 1d
watch: [{{path: "{folder}/inbox", settle: 100ms}}]
rules:
  - {{name: All, actions: [move: "{folder}/filed/"]}}
"""


class Time:
    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="snap"))
    yield made
    shutil.rmtree(made)


def test_a_pause_is_kept_and_ends_by_itself_or_when_asked(tmp_path: Path) -> None:
    path = str(tmp_path / "paused")
    pause = Pause(path)
    assert pause.until is None
    pause.begin(1000.0)
    assert Pause(path).remaining(400.0) == 600
    assert Pause(path).remaining(1001.0) == 0
    pause.begin()
    assert Pause(path).until == math.inf
    pause.begin(2.0**63)
    assert (pause.until, Pause(path).until) == (math.inf, math.inf)
    pause.end()
    pause.end()
    assert Pause(path).until is None


@pytest.mark.parametrize("content", [b"", b"{", b'"x"', b"[1]", b"\xff", b"NaN", b"9" * 400, b"-1"])
def test_a_damaged_pause_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paused").write_bytes(content)
    assert Pause(str(tmp_path / "paused")).until is None


def test_a_pause_survives_a_restart_and_ends_when_it_is_over(tmp_path: Path, folder: Path) -> None:
    clock = Time()
    with looping(tmp_path, CONFIG, clock=clock, folder=folder) as loop:
        assert loop.daemon.pause(True, 3600)["state"] == "paused"
        assert loop.daemon.reason.startswith("until 20")
        saved = Pause(str(Path(loop.session.locations.state_dir) / "paused"))
        assert 3590 < saved.remaining(time.time()) < 3601
        loop.put("a.png")
        loop.turn()
        kept = saved.until
        assert kept is not None
    saved.begin(kept)  # closing the loop paused it for good
    with looping(tmp_path, CONFIG, clock=clock, folder=folder) as loop:
        loop.ready()
        assert loop.daemon.state == "paused"
        assert not list(loop.filed.iterdir())
        clock.offset = 3601
        loop.until(lambda: [each.name for each in loop.filed.iterdir()] == ["a.png"], "filed after the pause")
        assert loop.daemon.state == "running"


def test_a_saved_configuration_is_noticed_once_it_stays_the_same(tmp_path: Path) -> None:
    path, saved = tmp_path / "config.yaml", list[int]()
    path.write_text("a")
    watch = SavedConfig(str(path), lambda: saved.append(1))
    watch.check()
    path.write_text("ab")
    watch.check()
    path.write_text("abc")
    watch.check()
    assert not saved, "a program was still writing"
    watch.check()
    watch.check()
    assert saved == [1]
    path.unlink()
    watch.check()
    watch.check()
    path.write_text("a new file")
    watch.loaded()
    watch.check()
    watch.check()
    assert saved == [1], "it was loaded already"


def test_a_saved_configuration_is_loaded_and_a_broken_one_is_told(tmp_path: Path, folder: Path) -> None:
    with looping(tmp_path, CONFIG, folder=folder) as loop:
        good = loop.config.read_text()
        for text, is_good in ((good.replace("All", "Others"), True), (good.replace("rules:", "ruls:"), False)):
            loop.config.write_text(text)
            for _ in range(2):
                loop.daemon.saved_config.check()
            loop.turn()
            assert bool(loop.daemon.reload_error) is not is_good
            assert [rule.name for rule in loop.session.config.rules] == ["Others"]
        assert "the last valid one stays in effect" in loop.daemon.announcer.last["reason"]
        loop.put("a.png")
        loop.until(lambda: len(list(loop.filed.iterdir())) == 1, "filed by the last good one")


def supply(folder: Path, name: str, **facts: str) -> None:
    (folder / name).mkdir()
    for fact, text in facts.items():
        (folder / name / fact).write_text(f"{text}\n")


@pytest.mark.skipif(sys.platform != "linux", reason="files of Linux")
@pytest.mark.parametrize(
    ("mains", "battery", "scope", "expected"),
    [
        pytest.param("0", "Discharging", "System", True, id="unplugged"),
        pytest.param("1", "Charging", "System", False, id="plugged"),
        pytest.param("1", "Discharging", "System", False, id="plugged-but-discharging"),
        pytest.param("0", "Discharging", "Device", False, id="a-mouse"),
        pytest.param("0", "Full", "System", False, id="full"),
    ],
)
def test_a_discharging_battery_is_noticed(tmp_path: Path, mains: str, battery: str, scope: str, expected: bool) -> None:
    supply(tmp_path, "AC", type="Mains", online=mains)
    supply(tmp_path, "BAT0", type="Battery", status=battery, scope=scope)
    assert is_on_battery(str(tmp_path)) is expected
    assert is_on_battery(str(tmp_path / "nothing")) is False


def test_it_rests_only_for_what_the_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):  # what is shown on this screen does not count
        monkeypatch.delenv(name, raising=False)
    assert why(on_battery=True, busy=False, discharges=lambda: True) == "while the computer is on battery"
    assert why(on_battery=False, busy=False, discharges=lambda: True) == ""
    monkeypatch.setattr(os, "getloadavg", lambda: (1000.0, 1000.0, 1000.0))
    assert why(on_battery=False, busy=True) == "while the computer is busy"
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert "keeps the screen on" in why(on_battery=False, busy=True, keeps_awake=lambda: True)
    monkeypatch.setattr(os, "getloadavg", lambda: (1000.0, 1000.0, 1000.0))
    rest = Rest()
    assert not rest.update(0.0, on_battery=False, busy=False)
    assert rest.next_check == math.inf
    rest.check_soon()
    assert rest.update(1.0, on_battery=False, busy=True)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert not rest.update(2.0, on_battery=False, busy=True), "not checked yet"
    assert rest.update(2.0 + CHECK_S, on_battery=False, busy=True)
    assert rest.reason == ""


def test_a_busy_computer_is_left_in_peace(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1000.0, 1000.0, 1000.0))
    with looping(tmp_path, CONFIG + "busy: pause\n", folder=folder) as loop:
        loop.ready()
        loop.put("a.png")
        loop.turn()
        assert (loop.daemon.state, loop.daemon.reason) == ("paused", "while the computer is busy")
        monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
        loop.daemon._pauses.check_soon()
        loop.until(lambda: len(list(loop.filed.iterdir())) == 1, "filed afterwards")
