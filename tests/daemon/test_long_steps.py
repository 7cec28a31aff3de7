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
from snapsortd.pipeline.turns import AT_A_TIME
from tests.support.looping import Loop, looping

CONFIG = """\
version: 1
existing: file
model: {{name: embedded}}
labels: {{receipt: a photo of a receipt, other: a photo}}
watch: [{{path: "{folder}/inbox", settle: 100ms}}, {{path: "{folder}/other", settle: 100ms}}]
rules:
  - name: Slow
    filters: [name: "slow*"]
    actions: [run: [sh, "-c", "until [ -e {folder}/gate ]; do sleep 0.05; done"], move: "{folder}/filed/"]
  - name: Only
    filters: [name: "only*"]
    actions: [run: [sh, "-c", "until [ -e {folder}/gate ]; do sleep 0.05; done"]]
  - {{name: Other, locations: "{folder}/other", actions: [move: "{folder}/third/"]}}
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

    def third(self) -> list[str]:
        """The names of the files that were filed from the other folder."""
        return sorted(os.listdir(self.filed.parent / "third"))

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
        for name in ("other", "third"):
            (one.filed.parent / name).mkdir()
        one.begin()
        yield one
        one.end_command()
        one.until(lambda: not one.daemon.workers.overdue, "its command has ended")


def test_others_are_filed_meanwhile(loop: Slow) -> None:
    loop.put("a.png")
    loop.put("../other/b.png")
    loop.until(lambda: loop.names() == ["a.png"] and loop.third() == ["b.png"], "the others are filed")
    loop.until(loop.is_busy, "only the command still runs")
    assert loop.control.status()["working"][0]["path"] == loop.slow
    loop.end_command()
    loop.until(lambda: loop.names() == ["a.png", "slow.png"], "all are filed")


def test_one_destination_gets_few_at_a_time_and_one_command_runs(loop: Slow) -> None:
    """The rest waits, open, and takes no worker from others."""
    names = [f"slow{number}.png" for number in range(4)]
    for name in names:
        loop.put(name)
    loop.until(lambda: len(loop.held()) == 5 and len(loop.daemon.workers.overdue) == AT_A_TIME, "two of them are begun")
    assert len(loop.session.journal.open_entries()) == 1
    loop.put("../other/b.png")
    loop.until(lambda: loop.third() == ["b.png"], "one for another destination is filed")
    assert len(loop.daemon.workers.overdue) == AT_A_TIME
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png", *names], "all are filed")


def test_its_folder_waits_if_the_step_depends_on_nothing_else(loop: Slow) -> None:
    """Its images are passed over, and found again by a scan."""
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png"] and not loop.daemon.waiting, "it is filed")
    gate = loop.filed.parent / "gate"
    gate.unlink()
    loop.put("only.png")
    loop.until(loop.is_busy, "its command runs")
    loop.put("a.png")
    loop.put("../other/b.png")
    loop.until(lambda: loop.third() == ["b.png"], "the image of another folder is filed")
    assert loop.is_busy()
    gate.touch()
    loop.until(lambda: loop.names() == ["a.png", "slow.png"], "all are filed")


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
    loop.put("a.png")
    loop.until(lambda: (loop.filed.parent / "elsewhere" / "a.png").exists(), "the other one is filed by the new one")
    assert loop.is_busy()
    loop.end_command()
    loop.until(lambda: loop.names() == ["slow.png"], "it is filed by the old one")
    assert before is not loop.session.classifier
    assert before.pid is None


def test_at_the_end_the_command_is_ended_and_the_image_stays(loop: Slow) -> None:
    loop.daemon.signals.stop = True
    loop.daemon.run()
    assert not loop.daemon.workers.overdue
    assert loop.names() == []
    assert os.path.exists(loop.slow)
