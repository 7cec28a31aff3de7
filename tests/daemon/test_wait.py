"""A new image waits where it is for as long as its folder or rule says, even across restarts; not if asked for."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.domain.decision import ActionKind, Decision, PlannedAction
from snapsortd.domain.result import Outcome
from snapsortd.pipeline.wait import end_of_wait
from tests.support.images_seen import NOW, seen
from tests.support.looping import Loop, looping

CONFIG = """\
version: 1
labels: {{good: good}}
rescan: 1d
watch: [{{path: "{folder}/inbox", settle: 100ms, wait: 10m}}]
rules:
  - {{name: Now, wait: 0s, filters: [name: "now*"], actions: [move: "{folder}/filed/"]}}
  - {{name: Later, wait: 1h, filters: [name: "later*"], actions: [move: "{folder}/filed/"]}}
  - {{name: Rest, filters: [not name: "no*"], actions: [move: "{folder}/filed/"]}}
"""
MOVE = PlannedAction(ActionKind.MOVE, "A")
SHADOW = PlannedAction(ActionKind.MOVE, "A", shadow=True)


class Time:
    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="snap"))
    yield made
    shutil.rmtree(made)


def outcome(loop: Loop, name: str) -> Outcome | None:
    known = loop.session.journal.history_of(str(loop.inbox / name)).known
    return known.outcome if known else None


def filed(folder: Path) -> set[str]:
    return {each.name for each in (folder / "filed").iterdir()}


def test_images_wait_as_long_as_their_folder_or_rule_says(tmp_path: Path, folder: Path) -> None:
    clock = Time()
    with looping(tmp_path, CONFIG, clock=clock, folder=folder) as loop:
        for name in ("now.png", "later.png", "rest.png", "asked.png", "no.png"):
            loop.put(name)
        loop.until(lambda: outcome(loop, "no.png") is Outcome.LEFT and filed(folder) == {"now.png"}, "one is filed")
        loop.until(lambda: {outcome(loop, f"{each}.png") for each in ("later", "rest", "asked")} == {"waits"}, "waits")
        waits = loop.session.history.status()["waits"]
        assert [Path(each["path"]).name for each in waits][2] == "later.png"
        seconds = datetime.fromisoformat(waits[0]["until"]).timestamp() - time.time()
        assert 500 < seconds < 602
        assert "rule 'Rest' files it at " in waits[0]["reason"]
        assert loop.session.classifier.recent, "not classified again when it is time"
        assert loop.session.image(str(loop.inbox / "asked.png"))["outcome"] == "filed"
    clock.offset = 660
    with looping(tmp_path, CONFIG, clock=clock, folder=folder) as loop:
        loop.until(lambda: "rest.png" in filed(folder), "filed after the wait")
        loop.config.write_text(loop.config.read_text().replace("name: Rest", "name: Others"))
        loop.daemon.reload()
        loop.until(lambda: not loop.daemon.waiting and outcome(loop, "later.png") is Outcome.WAITING, "waits still")
        clock.offset = 3660
        loop.daemon.due.check_soon()
        loop.until(lambda: filed(folder) == {"now.png", "rest.png", "asked.png", "later.png"}, "the last is filed")
        assert not loop.session.classifier.recent, "its answer was used"


def test_no_image_waits_unless_the_configuration_says_so(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(folder="/w").replace(", wait: 10m", ""))
    config = load_config(str(path), {})
    assert config.watch[0].wait == 0
    assert [rule.wait for rule in config.rules] == [0, 3600, None]


@pytest.mark.parametrize(
    ("actions", "rule", "folder", "added", "seconds"),
    [
        pytest.param((MOVE,), None, 600, 0, 600, id="folder"),
        pytest.param((MOVE,), 60, 600, 0, 60, id="rule"),
        pytest.param((MOVE,), 0, 600, 0, None, id="rule-without"),
        pytest.param((MOVE,), None, 0, 0, None, id="neither"),
        pytest.param((), None, 600, 0, None, id="nothing-to-do"),
        pytest.param((SHADOW,), 60, 600, 0, None, id="shadow"),
        pytest.param((MOVE,), None, 600, -590, 10, id="nearly-over"),
        pytest.param((MOVE,), None, 600, -602, None, id="over"),
        pytest.param((MOVE,), None, 600, 9999, 600, id="from-the-future"),
    ],
)
def test_when_a_wait_ends(
    actions: tuple[PlannedAction, ...], rule: float | None, folder: float, added: float, seconds: float | None
) -> None:
    file = replace(seen().file, added=NOW + timedelta(seconds=added))
    until = end_of_wait(Decision((), actions, wait=rule), file, folder, NOW)
    assert (until is None) is (seconds is None)
    assert until is None or seconds is None or seconds <= (until - NOW).total_seconds() <= seconds + 1
