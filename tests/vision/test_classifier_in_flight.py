"""Several images in flight: answers, crashes and blame, with real processes that do what their images say."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.vision.child.workers import MAX_BATCH, Progress, Steps, Workers
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.requests import QUEUED_PER_THREAD, Request
from tests.support.mortal_child import as_classifier, image
from tests.support.waiting import wait_for

THREADS = 2
LABELS = {"a": ("a cat",), "b": ("a dog",)}


def go_on() -> bool:
    return False


class Mortal(Classifier):
    """A classifier whose process does what its images say, and the files of these images."""

    def __init__(self, folder: Path, **how: Any) -> None:
        super().__init__(model="m", labels=LABELS, cache_dir=str(folder), threads=THREADS, **how)
        self.folder = folder
        self.files = ExitStack()

    @property
    def is_idle(self) -> bool:
        """True if no image is in flight."""
        return not len(self._in_flight)

    def give(self, word: bytes, **how: bool) -> Request:
        """Begin an image that contains `word`."""
        path = self.folder / "image"
        path.unlink(missing_ok=True)
        path.write_bytes(image(word))
        fd = os.open(path, os.O_RDONLY)
        self.files.callback(os.close, fd)
        return self.begin(fd, "png", **how)

    def outcome(self, request: Request) -> object:
        """Return the width, which is the length of the image's word, or the class of the error."""
        try:
            return self.finish(request, go_on).image.width
        except (ImageError, ClassifierDied) as error:
            return type(error)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    with as_classifier(tmp_path):
        one = Mortal(tmp_path)
        one.wait_ready(go_on)
        yield one
        one.stop()
        one.files.close()


def test_each_is_given_its_own_answer_in_whatever_order_it_comes(mortal: Mortal) -> None:
    requests = [mortal.give(b"x" * width) for width in range(1, 9)]
    assert [mortal.outcome(request) for request in reversed(requests)] == list(range(8, 0, -1))
    assert mortal.is_idle


def test_there_is_room_for_so_many_that_no_thread_waits(mortal: Mortal) -> None:
    assert mortal.pid is not None
    os.kill(mortal.pid, signal.SIGSTOP)
    requests = []
    while mortal.has_room():
        requests.append(mortal.give(b"good"))
    assert len(requests) == QUEUED_PER_THREAD * THREADS
    assert mortal.has_room(urgent=True)
    requests.append(mortal.give(b"good", urgent=True))
    assert not mortal.has_room(urgent=True)
    os.kill(mortal.pid, signal.SIGCONT)
    assert [mortal.outcome(request) for request in requests] == [4] * len(requests)
    assert mortal.has_room()


@pytest.mark.parametrize(
    ("word", "end"),
    [
        pytest.param(b"kill", ClassifierDied, id="crashes"),
        pytest.param(b"bug", ClassifierDied, id="meets a defect"),
        pytest.param(b"bad", ImageError, id="cannot be read"),
    ],
)
@pytest.mark.parametrize("place", [0, 2, 5])
def test_one_that_costs_the_classifier_its_life_costs_the_others_nothing(
    mortal: Mortal, word: bytes, end: type, place: int
) -> None:
    words = [b"good"] * 6
    words[place] = word
    requests = [mortal.give(each) for each in words]
    expected: list[object] = [4] * 6
    expected[place] = end
    assert [mortal.outcome(request) for request in requests] == expected


def test_one_that_hangs_is_found_out_among_others(tmp_path: Path) -> None:
    with as_classifier(tmp_path):
        mortal = Mortal(tmp_path, image_timeout_s=1.0)
        mortal.wait_ready(go_on)
        with mortal.files:
            requests = [mortal.give(word) for word in (b"good", b"hang", b"good", b"good")]
            assert [mortal.outcome(request) for request in requests] == [4, ClassifierDied, 4, 4]
        mortal.stop()


def test_killed_with_several_in_flight_all_are_looked_at_again(mortal: Mortal) -> None:
    pid = mortal.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # so that it has answered none
    requests = [mortal.give(b"good") for _ in range(4)]
    os.kill(pid, signal.SIGKILL)
    assert [mortal.outcome(request) for request in requests] == [4] * 4
    assert mortal.pid not in (None, pid)


def test_ended_on_purpose_with_one_in_flight_nothing_is_held_against_it(mortal: Mortal) -> None:
    assert mortal.pid is not None
    os.kill(mortal.pid, signal.SIGSTOP)
    request = mortal.give(b"good")
    mortal.stop()
    assert not request.is_answered
    assert mortal.outcome(request) == 4


def test_the_answer_that_nobody_waits_for_any_more_harms_nobody(mortal: Mortal) -> None:
    assert mortal.pid is not None
    os.kill(mortal.pid, signal.SIGSTOP)
    gone, other = mortal.give(b"good"), mortal.give(b"better")
    mortal.drop(gone)
    os.kill(mortal.pid, signal.SIGCONT)
    assert mortal.outcome(other) == 6
    wait_for(lambda: [mortal.poll(), mortal.is_idle][1], what="the other answer is received")


def test_one_that_died_before_is_looked_at_alone_from_the_start(mortal: Mortal) -> None:
    """So a killer affects no other image a second time."""
    good, killer, last = mortal.give(b"good"), mortal.give(b"kill", alone=True), mortal.give(b"good")
    pid = mortal.pid
    assert mortal.outcome(good) == 4
    assert mortal.outcome(killer) is ClassifierDied
    assert mortal.outcome(last) == 4
    assert mortal.pid != pid


def test_the_child_is_as_nice_as_it_is_told(tmp_path: Path) -> None:
    with as_classifier(tmp_path):
        mortal = Mortal(tmp_path, nice=7)
        mortal.wait_ready(go_on)
        assert mortal.pid is not None
        expected = min(os.getpriority(os.PRIO_PROCESS, 0) + 7, 19)
        assert os.getpriority(os.PRIO_PROCESS, mortal.pid) == expected
        mortal.stop()


def test_ended_it_leaves_no_process_and_no_descriptor(mortal: Mortal) -> None:
    """`unload_after` relies on this: all memory is returned to the system."""
    before = set(os.listdir("/dev/fd"))
    pid = mortal.pid
    assert pid is not None
    assert mortal.outcome(mortal.give(b"good")) == 4
    mortal.files.close()
    mortal.stop()
    assert len(os.listdir("/dev/fd")) < len(before)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_two_images_are_looked_at_at_the_same_time() -> None:
    """Each waits until the other is being decoded too; both are answered, although one cannot be read."""
    together = threading.Barrier(2, timeout=30)
    answers: list[dict[str, Any]] = []

    def prepare(fd: int, _format: str | None, _progress: Progress) -> dict[str, Any]:
        together.wait()
        if fd == 8:
            raise ImageError("it is bad")
        return {"seen": fd}

    workers = Workers(Steps(prepare, list), answers.append, 2)
    workers.submit(1, 7, None)
    workers.submit(2, 8, None)
    wait_for(lambda: len(answers) == 2, what="both answers")
    assert sorted(answers, key=lambda answer: answer["id"]) == [
        {"id": 1, "seen": 7},
        {"id": 2, "unreadable": "it is bad"},
    ]


def test_images_that_wait_go_to_the_model_together() -> None:
    """There are two more images than a batch holds, and one of them cannot be read."""
    all_submitted = threading.Event()
    answers: list[dict[str, Any]] = []
    batches: list[int] = []
    was_alone: dict[int, bool] = {}

    def prepare(fd: int, _format: str | None, progress: Progress) -> int:
        was_alone[fd] = progress.alone
        assert all_submitted.wait(30)
        if fd == 101:
            raise ImageError("it is bad")
        return fd

    def classify(prepared: Sequence[int]) -> list[dict[str, Any]]:
        batches.append(len(prepared))
        return [{"seen": fd} for fd in prepared]

    workers = Workers(Steps(prepare, classify), answers.append, 1)
    count = MAX_BATCH + 2
    for number in range(count):
        workers.submit(number, 100 + number, None)
    all_submitted.set()
    wait_for(lambda: len(answers) == count, what="all answers")
    assert batches == [MAX_BATCH, 1]
    assert not was_alone[100 + count - 2]
    assert was_alone[100 + count - 1]
    assert {answer["id"]: answer.get("seen") for answer in answers} == {
        number: None if number == 1 else 100 + number for number in range(count)
    }


@pytest.mark.parametrize(
    ("threads", "urgent"),
    [pytest.param(2, False, id="for a batch"), pytest.param(1, True, id="for a thread, if it is urgent")],
)
def test_an_image_does_not_wait(threads: int, urgent: bool) -> None:
    """The decoding of the other image lasts until this one is answered."""
    one_is_answered = threading.Event()
    answers: list[dict[str, Any]] = []

    def prepare(fd: int, _format: str | None, _progress: Progress) -> dict[str, Any]:
        if fd == 8:
            assert one_is_answered.wait(30)
        return {"seen": fd}

    workers = Workers(Steps(prepare, list), answers.append, threads)
    workers.submit(2, 8, None)
    workers.submit(1, 7, None, urgent=urgent)
    wait_for(lambda: len(answers) == 1, what="the answer to the one that is decoded")
    one_is_answered.set()
    wait_for(lambda: len(answers) == 2, what="the other answer")
    assert [answer["id"] for answer in answers] == [1, 2]


def test_images_do_not_wait_for_a_thread_whose_decode_cannot_be_stopped() -> None:
    good_is_answered = threading.Event()
    answers: list[dict[str, Any]] = []

    def prepare(fd: int, _format: str | None, _progress: Progress) -> dict[str, Any]:
        if fd == 8:
            assert good_is_answered.wait(30)
        return {"seen": fd}

    workers = Workers(Steps(prepare, list), answers.append, 1)
    workers.submit(1, 8, None)
    workers.submit(2, 7, None)
    wait_for(lambda: len(answers) == 1, what="the answer to the good one")
    good_is_answered.set()
    wait_for(lambda: len(answers) == 2, what="the other answer")
    assert [answer["id"] for answer in answers] == [2, 1]
