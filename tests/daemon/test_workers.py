"""Workers: one thing after the other as long as nothing takes long, and no more than a few threads that hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from snapsortd.daemon import workers as module
from snapsortd.daemon.workers import MAX_OVERDUE, Workers
from snapsortd.domain.errors import Interrupted
from snapsortd.files.progress import report
from tests.support.waiting import wait_for


class Crew:
    """Workers, what hangs in them, and what has come of their tasks."""

    def __init__(self) -> None:
        self.stop = False
        self.woken = threading.Semaphore(0)
        self.workers = Workers(self.woken.release, lambda: self.stop)
        self.gate = threading.Event()
        self.outcomes: list[object] = []

    def note(self, outcome: Future[object]) -> None:
        self.outcomes.append(outcome.exception() or (outcome.result(), threading.current_thread().name))

    def give(self, answer: object = "", path: str = "", root: str = "") -> None:
        """Have a worker return `answer` with the name of its thread; raise an exception."""

        def work() -> object:
            if isinstance(answer, BaseException):
                raise answer
            return answer, threading.current_thread().name

        self.workers.run(work, self.note, path, root)

    def hang(self, path: str = "", root: str = "") -> None:
        """Have one wait for the gate."""
        self.workers.run(lambda: self.gate.wait(60), self.note, path, root)

    def copy(self, root: str, begun: threading.Event) -> None:
        """Have one report that it is half done, until it is to end."""

        def work() -> None:
            while not self.gate.wait(0.01):
                report("copying", 21, 50)
                begun.set()

        self.workers.run(work, self.note, "/far/a.png", root)


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    monkeypatch.setattr(module, "TURN_S", 0.0)
    one = Crew()
    yield one
    one.gate.set()
    assert one.workers.end(60)


def test_one_thing_after_the_other_in_another_thread(crew: Crew) -> None:
    here = threading.current_thread().name
    for answer in ("a", "b"):
        crew.give(answer)
        assert crew.outcomes.pop() == ((answer, "worker"), here)
    error = SystemExit(3)
    crew.give(error)
    assert crew.outcomes == [error]
    assert not crew.workers.overdue
    assert not crew.workers.finish()


def test_what_takes_long_is_not_waited_for(crew: Crew) -> None:
    crew.hang("/far/a.png", "/far")
    crew.give("b")
    assert len(crew.outcomes) == 1, "the second one has ended"
    assert [each.path for each in crew.workers.overdue] == ["/far/a.png"]
    assert crew.workers.holds("/far")
    assert not crew.workers.holds("/near")
    crew.gate.set()
    assert crew.woken.acquire(timeout=60)
    assert crew.workers.finish()
    assert crew.outcomes[1:] == [(True, threading.current_thread().name)]
    assert not crew.workers.overdue


def test_others_wait_for_their_turn(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_S", 3600.0)
    crew.hang()
    assert not crew.workers.has_room
    assert 3500 < crew.workers.next_due - time.monotonic() < 3600
    monkeypatch.setattr(module, "TURN_S", 0.0)
    assert crew.workers.has_room
    assert crew.workers.next_due < time.monotonic()


def test_only_so_many_may_hang(crew: Crew) -> None:
    for _ in range(MAX_OVERDUE):
        assert crew.workers.has_room
        crew.hang()
    assert not crew.workers.has_room
    crew.gate.set()
    wait_for(lambda: crew.workers.finish() and crew.workers.has_room)


def test_progress_is_shown_and_holds_up_nothing_in_its_folder(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    crew.copy("/far", begun)
    assert begun.wait(60)
    shown = crew.workers.overdue[0].to_json()
    assert (shown["path"], shown["doing"], shown["percent"], shown["silent_s"]) == ("/far/a.png", "copying", 42, None)
    assert not crew.workers.holds("/far")
    monkeypatch.setattr(module, "SILENCE_S", -1.0)
    assert crew.workers.holds("/far")
    assert crew.workers.overdue[0].to_json()["silent_s"] is not None


def test_the_end_ends_what_makes_progress_and_does_not_wait_for_what_hangs(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FINISH_S", 0.1)
    begun = threading.Event()
    crew.copy("/far", begun)
    crew.hang()
    assert begun.wait(60)
    crew.stop = True
    assert not crew.workers.end(0.5)
    (ended,) = crew.outcomes
    assert isinstance(ended, Interrupted)
    assert len(crew.workers.overdue) == 1
