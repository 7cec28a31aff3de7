"""The daemon's loop while a step of an image's life takes long: a rule's command, which ends when the test says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from snapsortd.daemon import workers
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.domain.entry import Method, State
from tests.support.looping import Loop, looping

CONFIG = """\
version: 1
model: {{name: embedded}}
labels: {{receipt: a photo of a receipt, other: a photo}}
watch: [{{path: "{folder}/inbox", settle: 100ms}}, {{path: "{folder}/other", settle: 100ms}}]
rules:
  - name: Slow
    filters: [name: "slow*"]
    actions: [run: [sh, "-c", "until [ -e {folder}/gate ]; do sleep 0.05; done"], move: "{folder}/filed/"]
  - {{name: Others, actions: [move: "{folder}/filed/"]}}
"""


class Slow(Loop):
    """A loop in which slow.png is being filed; its command waits for a file named gate."""

    def begin(self) -> None:
        self.ready()
        self.slow = self.put("slow.png")
        self.until(self.is_busy, "its command runs")
        self.control = DaemonControl(self.daemon)

    def is_busy(self) -> bool:
        return [each.doing for each in self.daemon.workers.overdue] == ["running a command for"]

    def end_command(self) -> None:
        (self.filed.parent / "gate").touch()

    def names(self) -> list[str]:
        """The names of the files that were filed."""
        return sorted(os.listdir(self.filed))

    def ask(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        """Have another thread ask the daemon, which takes turns meanwhile; return its reply."""
        with ThreadPoolExecutor(1) as client:
            asked: Future[Any] = client.submit(operation, *args, **kwargs)
            self.until(asked.done, "there is a reply")
            return asked.result()


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    monkeypatch.setattr(workers, "PATIENCE_S", 0.1)
    monkeypatch.setattr(workers, "TURN_S", 0.2)
    with looping(tmp_path, CONFIG, Slow) as one:
        (one.filed.parent / "other").mkdir()
        one.begin()
        yield one
        one.end_command()
        one.until(lambda: not one.daemon.workers.overdue, "its command has ended")


def test_other_folders_are_filed_and_its_own_follows(loop: Slow) -> None:
    loop.put("a.png")
    loop.put("../other/b.png")
    loop.until(lambda: loop.names() == ["b.png"], "the image of another folder is filed")
    assert loop.is_busy()
    assert loop.control.status()["working"][0]["path"] == loop.slow
    loop.end_command()
    loop.until(lambda: loop.names() == ["a.png", "b.png", "slow.png"], "all are filed")


def test_a_rescan_repairs_nothing_that_is_being_done(loop: Slow) -> None:
    assert loop.control.status()["problems"] == []
    loop.daemon.folders.rescan()
    (entry,) = loop.session.journal.open_entries()
    assert entry.intent.method is Method.CALL
    loop.end_command()
    loop.until(lambda: not loop.daemon.workers.overdue, "it is filed")
    assert [each.state for each in loop.session.journal.entries()] == [State.DONE, State.DONE]


def test_the_same_file_reported_again_is_filed_once(loop: Slow) -> None:
    for _ in range(3):
        loop.daemon.queue.offer(loop.slow, 0.01)
        loop.turn()
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png"] and not loop.daemon.waiting, "it is filed")
    assert loop.order() == ["slow.png", "slow.png"]


def test_people_are_served_meanwhile(loop: Slow) -> None:
    """Requests, undo, pause and resume; and what runs is not undone."""
    asked = loop.ask(loop.control.image, loop.put("../other/c.png"), dry_run=False, batch=None)
    assert asked["outcome"] == "filed"
    assert loop.ask(loop.control.undo, last=1)["done"] == 1
    assert loop.ask(loop.control.undo, all=True)["results"] == []
    assert loop.ask(loop.control.pause)["state"] == "paused"
    assert loop.is_busy()
    assert loop.ask(loop.control.resume)["state"] == "running"
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png"], "it is filed")


def test_a_new_configuration_takes_effect_at_once(loop: Slow) -> None:
    """What is in hand is finished by the old one."""
    (loop.filed.parent / "elsewhere").mkdir()
    new = CONFIG.format(folder=loop.filed.parent).replace("/filed/", "/elsewhere/")
    loop.config.write_text(new.replace("other: a photo", "photo: a photo"))
    before = loop.session.classifier
    loop.ask(loop.control.reload)
    loop.put("../other/b.png")
    loop.until(lambda: (loop.filed.parent / "elsewhere" / "b.png").exists(), "the other one is filed by the new one")
    assert loop.is_busy()
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png"], "it is filed by the old one")
    assert before is not loop.session.classifier
    assert before.pid is None


def test_at_the_end_the_command_is_ended_and_the_image_stays(loop: Slow) -> None:
    loop.daemon.signals.stop = True
    loop.daemon.run()
    assert not loop.daemon.hangs
    assert loop.names() == []
    assert os.path.exists(loop.slow)
