"""Calls with a deadline. What hangs is the opening of a FIFO, which returns once somebody else opens it too."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from snapsortd.files.answering import Answering, NotAnswering
from tests.support.waiting import wait_for

PATIENCE_S = 0.5


@pytest.fixture
def answering() -> Iterator[Answering]:
    one = Answering(PATIENCE_S)
    yield one
    one.close()


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    yield path
    release(path)


def hang(path: Path) -> None:
    """Return only once `release` was called."""
    os.close(os.open(path, os.O_RDONLY))


def release(path: Path) -> None:
    """Let every call that hangs return."""
    os.close(os.open(path, os.O_RDWR))


def hung(answering: Answering, fifo: Path) -> None:
    """Have a call at "far" hang."""
    with pytest.raises(NotAnswering, match="the disk at far does not answer"):
        answering.ask("far", partial(hang, fifo))


def test_a_call_returns_what_it_returns_and_raises_what_it_raises(answering: Answering) -> None:
    assert answering.ask("here", lambda: 7) == 7
    with pytest.raises(TimeoutError, match="by the server"):
        answering.ask("here", partial(fail, TimeoutError("by the server")))
    assert answering.silent_since("here") is None


def fail(error: Exception) -> None:
    raise error


def test_each_place_has_one_thread(answering: Answering) -> None:
    threads = [answering.ask(place, threading.get_ident) for place in ("one", "two", "one")]
    assert threads[0] == threads[2] != threads[1]
    assert threading.get_ident() not in threads


def test_a_call_that_hangs_hangs_only_its_place(answering: Answering, fifo: Path) -> None:
    began = time.time()
    hung(answering, fifo)
    since = answering.silent_since("far")
    assert since is not None
    assert abs(since - began) < PATIENCE_S
    assert answering.ask("here", lambda: 7) == 7
    began = time.monotonic()
    with pytest.raises(NotAnswering):
        answering.ask("far", lambda: 7)
    assert time.monotonic() - began < PATIENCE_S, "it is refused at once"


def test_a_place_that_answers_again_is_reported_once_to_everybody_who_was_refused(
    answering: Answering, fifo: Path
) -> None:
    reports: list[str] = []
    one, two = partial(reports.append, "one"), partial(reports.append, "two")
    with pytest.raises(NotAnswering):
        answering.ask("far", partial(hang, fifo), then=one)
    for then in (one, two, one):
        with pytest.raises(NotAnswering):
            answering.ask("far", lambda: 7, then=then)
    assert reports == []
    release(fifo)
    wait_for(lambda: len(reports) == 2, what="both reported")
    assert sorted(reports) == ["one", "two"]
    assert answering.silent_since("far") is None
    assert answering.ask("far", lambda: 7) == 7
    assert len(reports) == 2


def test_a_call_that_nobody_waits_for_any_more_is_not_begun(answering: Answering, fifo: Path) -> None:
    """It waited behind the one that hangs, which had begun before that was known."""
    made: list[str] = []
    first = threading.Thread(target=hung, args=(answering, fifo))
    first.start()
    wait_for(lambda: any(thread.name == "answering far" for thread in threading.enumerate()), what="the first call")
    with pytest.raises(NotAnswering):
        answering.ask("far", partial(made.append, "late"))
    first.join()
    release(fifo)
    wait_for(lambda: answering.silent_since("far") is None, what="it answers again")
    answering.ask("far", partial(made.append, "next"))
    assert made == ["next"]


def test_a_place_where_something_else_is_now_gets_a_new_thread(answering: Answering, fifo: Path) -> None:
    hung(answering, fifo)
    answering.abandon("far")
    assert answering.silent_since("far") is None
    assert answering.ask("far", lambda: 7) == 7


def test_what_a_call_refers_to_is_not_kept_until_the_next_call(answering: Answering) -> None:
    """So a scan that was given up closes its folder."""
    gone = threading.Event()

    class Scan:
        def __del__(self) -> None:
            gone.set()

        def read(self) -> int:
            return 7

    assert answering.ask("here", Scan().read) == 7
    assert gone.wait(30)


def test_closing_ends_the_threads_and_the_one_that_hangs_when_it_returns(fifo: Path) -> None:
    before = set(threading.enumerate())
    answering = Answering(PATIENCE_S)
    answering.ask("here", lambda: 7)
    hung(answering, fifo)
    answering.close()
    wait_for(lambda: len(set(threading.enumerate()) - before) == 1, what="only the one that hangs is left")
    release(fifo)
    wait_for(lambda: set(threading.enumerate()) <= before, what="every thread ended")


def test_what_fails_once_a_place_answers_again_makes_it_no_silent_one(answering: Answering, fifo: Path) -> None:
    def fail() -> None:
        raise ValueError("a defect")

    with pytest.raises(NotAnswering):
        answering.ask("there", partial(hang, fifo), then=fail)
    release(fifo)
    wait_for(lambda: answering.silent_since("there") is None, what="the place answers")
    assert answering.ask("there", lambda: "an answer") == "an answer"
