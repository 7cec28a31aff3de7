"""The daemon asks the rules again when that is due, by a wall clock that the test sets."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.daemon import due
from snapsortd.daemon.due import CHECK_S, PAUSE_S
from snapsortd.domain.result import Outcome
from snapsortd.pipeline.history import History
from snapsortd.pipeline.session import Session
from tests.support.looping import Loop, looping
from tests.support.mortal_child import image

DAY_S = 86_400

CONFIG = """\
version: 1
existing: file
model: {{name: embedded}}
labels: {{receipt: a photo of a receipt, other: a photo}}
rescan: 1d
watch: [{{path: "{folder}/inbox", subfolders: true, settle: 100ms}}]
rules:
  - {{name: Keep, filters: [name: "keep*"], actions: [skip]}}
  - name: Backup
    filters: [name: "copy*"]
    actions: [run: [sh, "-c", "echo >> {folder}/runs"], copy: "{folder}/backup/"]
    continue: true
  - {{name: Tagged, filters: [name: "tag*"], actions: [tag: new], continue: true}}
  - {{name: New, filters: [name: "new*", age: "< 1d"], actions: [move: "{folder}/inbox/new/"]}}
  - {{name: Twins, filters: [duplicate: exact], actions: [move: "{folder}/twins/"]}}
  - {{name: First, filters: [name: "first*"], actions: [move: "{folder}/filed/"]}}
  - {{name: Shadow, mode: shadow, filters: [name: "shadow*", age: "> 20d"], actions: [move: "{folder}/no/"]}}
  - {{name: Old, filters: [age: "> 30d", not age: "> 90d"], actions: [move: "{folder}/filed/"]}}
"""


class Time:
    """A wall clock that is right at first."""

    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


class DueLoop(Loop):
    """A loop whose wall clock can be set."""

    clock: Time

    def __init__(self, folder: Path, session: Session) -> None:
        super().__init__(folder, session)
        self.made: list[str] = []

    def put(self, name: str, word: bytes = b"") -> str:
        """Put an image into the watched folder, unlike any before, or with this content."""
        self.made.append(super().put(name, image(word or b"good %d" % len(self.made))))
        return self.made[-1]

    def begin(self) -> None:
        """Set the clock right, and remove and forget everything."""
        self.clock.offset = 0.0
        self.settle()
        for path in self.made:
            self.session.journal.forget(path)
        folders = (self.filed.parent / name for name in ("filed", "backup", "twins", "no"))
        for each in (*self.inbox.iterdir(), *folders, self.filed.parent / "runs"):
            shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)
        self.filed.mkdir()
        self.daemon.due.check_soon()

    def is_known(self, path: str) -> bool:
        return self.session.journal.history_of(path).known is not None

    def leave(self, *names: str) -> list[str]:
        """Put images into the inbox, and wait until each is known."""
        paths = [self.put(name) for name in names]
        self.until(lambda: all(self.is_known(path) for path in paths), "known")
        return paths

    def set_clock(self, days: float) -> None:
        """Set the wall clock, and let the next check come at once."""
        self.clock.offset = days * DAY_S
        self.check()

    def check(self) -> float:
        """Make the next check, for which the loop would have slept; return for how long it sleeps after that."""
        now = self.daemon.due.next_check
        if now < math.inf:
            self.daemon.due.update(now)
        return self.daemon.due.next_check - now if now < math.inf else now

    def settle(self) -> None:
        self.until(lambda: not self.daemon.waiting and not self.daemon.workers.overdue, "all decided")

    def outcome(self, path: str) -> str:
        known = self.session.journal.history_of(path).known
        return str(known.outcome) if known else ""

    def names(self, folder: str = "filed") -> list[str]:
        where = self.filed.parent / folder
        return sorted(os.listdir(where)) if where.exists() else []


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DueLoop]:
    clock = Time()
    with looping(tmp_path_factory.mktemp("due"), CONFIG, DueLoop, clock) as one:
        one.clock = clock
        one.ready()
        yield one


@pytest.fixture
def loop(shared: DueLoop) -> DueLoop:
    shared.begin()
    return shared


def test_what_was_left_is_filed_once_it_is_old_enough(loop: DueLoop) -> None:
    left, kept = loop.leave("a.png", "keep.png")
    told = History(loop.session.journal).explain(left)
    assert time.strftime("%Y-%m-%dT%H", time.localtime(os.stat(left).st_mtime + 30 * DAY_S + 1)) in told["due"]
    assert History(loop.session.journal).explain(kept)["due"] is None
    loop.set_clock(29)
    loop.settle()
    assert os.path.exists(left)
    loop.set_clock(31)
    loop.until(lambda: loop.names() == ["a.png"], "filed")
    assert os.path.exists(kept)
    loop.session.undoing.undo(ids=[loop.session.journal.entries()[0].id])
    loop.daemon.folders.rescan_soon()
    for days in (32, 62, 1, 100):
        loop.set_clock(days)
        loop.settle()
    assert loop.outcome(left) == Outcome.UNDONE
    assert os.path.exists(left)


def test_the_loop_sleeps_until_then_but_notices_a_clock_that_was_set(loop: DueLoop) -> None:
    loop.leave("keep.png")
    loop.check()
    assert loop.check() == math.inf
    (left,) = loop.leave("a.png")
    assert loop.daemon.due.next_check <= time.monotonic() + PAUSE_S
    assert loop.check() == CHECK_S
    known = loop.session.journal.history_of(left).known
    assert known is not None
    assert known.due is not None
    loop.clock.offset = known.due - time.time() - CHECK_S / 2
    assert PAUSE_S < loop.check() <= CHECK_S / 2
    loop.clock.offset += CHECK_S / 2
    loop.check()
    loop.until(lambda: loop.names() == ["a.png"], "filed")


def test_after_a_clock_was_set_back_what_is_due_is_filed(loop: DueLoop) -> None:
    loop.set_clock(-40)
    (early,) = loop.leave("early.png")  # by this clock it is from the future
    loop.set_clock(-400)
    loop.set_clock(31)
    loop.until(lambda: loop.names() == ["early.png"], "filed")
    assert not os.path.exists(early)


def test_actions_that_were_carried_out_are_not_repeated(loop: DueLoop) -> None:
    copied, tagged, shadowed = loop.leave("copy.png", "tag.png", "shadow.png")
    assert [loop.outcome(each) for each in (copied, tagged, shadowed)] == ["copied", "done", "left"]
    loop.set_clock(21)
    loop.until(lambda: loop.outcome(shadowed) == Outcome.SHADOW, "recorded")
    loop.settle()
    assert loop.outcome(copied) == Outcome.COPIED
    inbox = loop.inbox
    inbox.parent.joinpath("filed").rmdir()
    inbox.parent.joinpath("filed").write_text("in the way")  # so the first attempts fail
    loop.set_clock(31)
    loop.until(lambda: loop.outcome(copied) == loop.outcome(tagged) == Outcome.FAILED, "failed")
    inbox.parent.joinpath("filed").unlink()
    loop.daemon.queue.clear()  # it would only be tried again in a minute
    loop.daemon.folders.rescan_soon()
    loop.until(lambda: loop.names() == ["copy.png", "tag.png"], "filed")
    assert loop.names("backup") == ["copy.png"]
    assert (inbox.parent / "runs").read_text() == "\n"
    assert os.path.exists(shadowed)
    assert len([each for each in loop.session.journal.entries() if each.state == "shadow"]) == 1


def test_the_original_of_a_copy_that_was_undone_is_left_alone(loop: DueLoop) -> None:
    (copied,) = loop.leave("copy.png")
    assert loop.session.undoing.undo(last=2)["done"] == 1
    assert loop.names("backup") == []
    loop.set_clock(31)
    loop.daemon.folders.rescan_soon()
    loop.settle()
    assert os.path.exists(copied)


def test_outside_of_the_watched_folders_nothing_is_due(loop: DueLoop) -> None:
    (inside,) = loop.leave("a.png")
    outside = loop.filed / "a.png"
    outside.write_bytes(image(b"good outside"))
    loop.made.append(str(outside))
    for path, is_due in ((inside, True), (str(outside), False)):
        assert bool(loop.session.image(path, dry_run=True)["due"]) is is_due
        assert bool(loop.session.image(path)["due"]) is is_due
        assert bool(loop.session.history.explain(path)["due"]) is is_due


def test_what_was_filed_into_a_watched_folder_stays_there(loop: DueLoop) -> None:
    put = loop.put("new.png")
    loop.until(lambda: not os.path.exists(put), "filed")
    loop.set_clock(31)
    loop.daemon.folders.rescan_soon()
    loop.settle()
    assert loop.names("inbox/new") == ["new.png"]
    assert loop.names() == []


def test_a_twin_that_is_filed_later_is_noticed(loop: DueLoop) -> None:
    left = loop.put("a.png", b"twin")
    loop.until(lambda: loop.outcome(left) == Outcome.LEFT, "left")
    loop.leave("keep.png")
    loop.put("first.png", b"twin")
    loop.until(lambda: loop.names("twins") == ["a.png"], "its twin was noticed")
    assert loop.names() == ["first.png"]
    assert loop.names("inbox") == ["keep.png"]


def test_if_too_many_are_due_at_once_the_folders_are_scanned(loop: DueLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "MOST", 2)
    names = [f"{number}.png" for number in range(4)]
    loop.leave(*names)
    loop.set_clock(31)
    loop.until(lambda: loop.names() == names, "filed")


def test_a_file_that_is_gone_or_no_longer_watched_costs_nothing(loop: DueLoop) -> None:
    left, _ = loop.leave("a.png", "b.png")
    os.unlink(left)
    loop.set_clock(31)
    loop.until(lambda: loop.names() == ["b.png"], "filed")
    loop.check()
    assert loop.check() == math.inf
