"""Jobs submitted from other threads to the one that files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from snapsortd.daemon.jobs import MAX_WAITING, JobQueue
from snapsortd.domain.errors import ModelError, Unavailable
from tests.support.waiting import wait_for

TIMEOUT_S = 20.0


class Office:
    """A job queue and the threads that submit to it; `waking` counts how often its owner was woken."""

    def __init__(self, people: ThreadPoolExecutor) -> None:
        self._people = people
        self.waking = threading.Semaphore(0)
        self.jobs = JobQueue(self.waking.release)

    def submit(self, answer: object, *, needs_model: bool = False) -> Future[object]:
        """Submit a job from another thread; return when the owner was woken."""

        def work() -> object:
            if isinstance(answer, BaseException):
                raise answer
            return answer, threading.current_thread().name

        asked: Future[object] = self._people.submit(self.jobs.submit, work, needs_model=needs_model)
        assert self.waking.acquire(timeout=TIMEOUT_S)
        return asked


@pytest.fixture
def office() -> Iterator[Office]:
    with ThreadPoolExecutor(4, "person") as people:
        one = Office(people)
        yield one
        one.jobs.close()


def test_the_owner_does_the_work_and_the_asker_gets_the_answer(office: Office) -> None:
    asked = office.submit("done")
    assert not asked.done()
    assert office.jobs.run_next(model_ready=False)
    assert asked.result(TIMEOUT_S) == ("done", threading.current_thread().name)
    assert not office.jobs.run_next(model_ready=True)


def test_jobs_are_done_in_order_one_at_a_time(office: Office) -> None:
    asked = [office.submit(number) for number in range(3)]
    for number, each in enumerate(asked):
        assert office.jobs.run_next(model_ready=True)
        assert each.result(TIMEOUT_S) == (number, threading.current_thread().name)
        assert not any(other.done() for other in asked[number + 1 :])


@pytest.mark.parametrize("error", [ModelError("no model"), RuntimeError("a defect"), SystemExit(3)])
def test_what_goes_wrong_goes_to_the_asker_alone(office: Office, error: BaseException) -> None:
    asked = office.submit(error)
    assert office.jobs.run_next(model_ready=True)
    assert asked.exception(TIMEOUT_S) is error
    after = office.submit("still here")
    assert office.jobs.run_next(model_ready=True)
    assert after.result(TIMEOUT_S)


def test_what_needs_the_model_waits_for_it_and_holds_up_nothing_else(office: Office) -> None:
    assert not office.jobs.wants_model
    image = office.submit("image", needs_model=True)
    pause = office.submit("pause")
    assert office.jobs.wants_model
    assert office.jobs.run_next(model_ready=False)
    assert pause.result(TIMEOUT_S)
    assert not office.jobs.run_next(model_ready=False)
    assert not image.done()
    assert office.jobs.run_next(model_ready=True)
    assert image.result(TIMEOUT_S)
    assert not office.jobs.wants_model


def test_only_so_many_may_wait_for_the_model_at_a_time() -> None:
    with ThreadPoolExecutor(MAX_WAITING + 1) as people:
        jobs = JobQueue(bool)
        images = [people.submit(jobs.submit, lambda: "image", needs_model=True) for _ in range(MAX_WAITING + 1)]
        refused = wait_for(lambda: [each for each in images if each.done()], seconds=TIMEOUT_S)
        assert isinstance(refused[0].exception(), Unavailable)
        pause = people.submit(jobs.submit, lambda: "pause")
        wait_for(lambda: jobs.run_next(model_ready=False), seconds=TIMEOUT_S)
        assert pause.result(TIMEOUT_S) == "pause"
        while jobs.run_next(model_ready=True):
            pass
        assert {each.result(TIMEOUT_S) for each in images if each not in refused} == {"image"}


def test_closing_sends_all_away_who_wait_and_all_who_come(office: Office) -> None:
    waiting = [office.submit("a"), office.submit("b", needs_model=True)]
    office.jobs.close()
    for each in waiting:
        assert isinstance(each.exception(TIMEOUT_S), Unavailable)
    with pytest.raises(Unavailable):
        office.jobs.submit(lambda: None)
    office.jobs.close()


def test_nobody_is_forgotten_who_comes_while_it_closes() -> None:
    """The submitter gets an answer, whichever of the two comes first."""
    for _ in range(50):
        jobs = JobQueue(bool)
        with ThreadPoolExecutor(1) as person:
            asked = person.submit(jobs.submit, lambda: "done")
            jobs.run_next(model_ready=True)
            jobs.close()
            wait_for(asked.done, seconds=TIMEOUT_S)
        assert asked.exception() is None or isinstance(asked.exception(), Unavailable)
