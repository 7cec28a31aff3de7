"""The order and the times in which files get their turn. The clock and the file system are arguments."""

from __future__ import annotations

import math
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from snapsortd.domain.file import FileIdentity, Stat
from snapsortd.files.answering import Answering, NotAnswering
from snapsortd.watch.queue import (
    BACKLOG_LIMIT,
    FRESH_LIMIT,
    PULLS_PER_UPDATE,
    RETRY_LIMIT,
    WorkQueue,
    retry_pause,
)
from snapsortd.watch.ready import NEW_FILE_WINDOW_S

pytestmark = pytest.mark.pure

T = TypeVar("T")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test depend on how fast this machine is."""
    for module in ("look", "scan_queue"):
        monkeypatch.setattr(f"snapsortd.watch.{module}.SLICE_S", math.inf)


class Disk:
    """Files by path, and the number of stat calls."""

    def __init__(self, *paths: str) -> None:
        self.files = {path: self.file(number) for number, path in enumerate(paths, 1)}
        self.stats = 0

    @staticmethod
    def file(ino: int, size: int = 10, mtime_ns: int = 1, *, is_regular: bool = True) -> Stat:
        return Stat(FileIdentity(1, ino, size, mtime_ns), is_regular)

    def stat(self, path: str) -> Stat | None:
        self.stats += 1
        return self.files.get(path)


def popped(queue: WorkQueue, now: float) -> list[str]:
    queue.update(now)
    return list(iter(queue.pop, None))


def test_a_file_gets_its_turn_once_it_is_settled() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    assert queue.next_due(10.0) is None
    queue.offer("a.png", 2.0)
    assert len(queue) == 1
    assert popped(queue, 10.0) == []
    assert queue.next_due(10.0) == 12.0
    assert popped(queue, 11.9) == []
    assert popped(queue, 12.0) == ["a.png"]
    assert queue.next_due(12.0) is None
    assert len(queue) == 0
    assert popped(queue, 99.0) == []


def test_a_growing_file_waits_on() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.offer("a.png", 2.0)
    for second in range(10, 20):
        disk.files["a.png"] = disk.file(1, size=second)
        assert popped(queue, float(second)) == []
    assert popped(queue, 20.0) == []
    assert queue.next_due(20.0) == 22.0
    assert popped(queue, 22.0) == ["a.png"]


def test_many_events_for_one_file_are_one_turn() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    for _ in range(100):
        queue.offer("a.png", 1.0)
    assert popped(queue, 0.0) == []
    queue.offer("a.png", 1.0)
    queue.offer_many("folder", iter(["a.png"]), 1.0)
    assert popped(queue, 1.0) == ["a.png"]
    assert popped(queue, 9.0) == []


def test_an_event_for_a_settled_file_makes_it_settle_again_if_it_changed() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.offer("a.png", 1.0)
    queue.update(0.0)
    queue.update(1.0)
    disk.files["a.png"] = disk.file(1, size=11)
    queue.offer("a.png", 1.0)
    assert popped(queue, 1.5) == []
    assert popped(queue, 2.5) == ["a.png"]


def test_new_files_come_before_the_backlog_each_in_order() -> None:
    disk = Disk("old1", "old2", "new1", "new2")
    queue = WorkQueue(disk.stat)
    queue.offer_many("folder", iter(["old1", "old2"]), 1.0)
    queue.update(0.0)
    queue.offer("new1", 1.0)
    queue.offer("new2", 1.0)
    queue.update(0.0)
    assert popped(queue, 1.0) == ["new1", "new2", "old1", "old2"]


def test_what_has_just_come_goes_before_what_came_before() -> None:
    disk = Disk("old", "first", "second", "last")
    queue = WorkQueue(disk.stat)
    queue.offer_many("folder", iter(["old"]), 1.0)
    queue.offer("first", 1.0)
    queue.offer("second", 1.0)
    queue.update(0.0)
    queue.update(1.0)
    assert queue.has_new
    queue.update(1.0 + NEW_FILE_WINDOW_S)
    assert not queue.has_new
    assert queue.next_due(1.0 + NEW_FILE_WINDOW_S) == 1.0 + NEW_FILE_WINDOW_S
    queue.offer("last", 0.5)
    queue.update(1.5 + NEW_FILE_WINDOW_S)
    assert popped(queue, 2.0 + NEW_FILE_WINDOW_S) == ["last", "first", "second", "old"]


def test_what_is_requeued_comes_behind_all_that_is_ready() -> None:
    disk = Disk("killer", "old", "new")
    queue = WorkQueue(disk.stat)
    queue.offer_many("folder", iter(["old"]), 1.0)
    queue.update(0.0)
    queue.update(1.0)
    queue.requeue_last("killer", 1.0)
    queue.update(1.0)
    queue.update(2.0)
    queue.offer("new", 1.0)
    queue.update(2.0)
    assert popped(queue, 3.0) == ["new", "old", "killer"]


def test_what_is_requeued_and_offered_again_gets_one_turn() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.offer("a.png", 1.0)
    queue.update(0.0)
    queue.requeue_last("a.png", 1.0)
    assert popped(queue, 1.0) == ["a.png"]
    assert popped(queue, 9.0) == []


def test_a_backlog_file_that_something_happens_to_is_new() -> None:
    disk = Disk("old1", "old2")
    queue = WorkQueue(disk.stat)
    queue.offer_many("folder", iter(["old1", "old2"]), 1.0)
    queue.update(0.0)
    queue.offer("old2", 1.0)
    assert popped(queue, 1.0) == ["old2", "old1"]


@pytest.mark.parametrize(
    "stat",
    [
        pytest.param(None, id="gone"),
        pytest.param(Disk.file(1, is_regular=False), id="not a regular file"),
        pytest.param(Disk.file(1, size=0), id="empty"),
    ],
)
def test_what_is_no_file_with_bytes_is_dropped_until_something_happens(stat: Stat | None) -> None:
    disk = Disk()
    if stat is not None:
        disk.files["a.png"] = stat
    queue = WorkQueue(disk.stat)
    queue.offer("a.png", 1.0)
    assert popped(queue, 0.0) == []
    assert len(queue) == 0
    assert queue.next_due(0.0) is None
    disk.files["a.png"] = disk.file(1)
    queue.offer("a.png", 1.0)
    queue.update(5.0)
    assert popped(queue, 6.0) == ["a.png"]


def test_a_version_that_is_dealt_with_is_not_settled_again() -> None:
    disk = Disk("filed.png", "new.png")
    queue = WorkQueue(disk.stat, lambda _path, stat: stat == disk.file(1))
    queue.offer_many("folder", iter(["filed.png", "new.png"]), 1.0)
    queue.offer("filed.png", 1.0)
    queue.update(0.0)
    assert len(queue) == 1
    disk.files["filed.png"] = disk.file(1, mtime_ns=2)
    queue.offer("filed.png", 1.0)
    queue.update(0.0)
    assert popped(queue, 1.0) == ["filed.png", "new.png"]


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 60), (1, 60), (2, 120), (3, 240), (6, 1920), (7, 3600), (10_000, 3600)]
)
def test_the_pause_before_the_next_try_doubles_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert retry_pause(attempts) == seconds


def test_a_failed_file_is_tried_again_later() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.retry("a.png", 2, 100.0)
    assert len(queue) == 0
    assert queue.next_due(100.0) == 220.0
    assert popped(queue, 219.0) == []
    assert popped(queue, 220.0) == ["a.png"]
    assert len(queue) == 0


def test_an_event_without_a_change_does_not_shorten_the_pause() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.retry("a.png", 1, 100.0)
    queue.offer("a.png", 1.0)
    queue.offer_many("folder", iter(["a.png"]), 1.0)
    assert popped(queue, 110.0) == []
    assert popped(queue, 159.0) == []
    assert popped(queue, 160.0) == ["a.png"]


def test_a_failed_file_that_changes_is_a_new_file() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.retry("a.png", 5, 100.0)
    disk.files["a.png"] = disk.file(1, size=11)
    queue.offer("a.png", 1.0)
    assert popped(queue, 110.0) == []
    assert len(queue) == 1
    assert popped(queue, 111.0) == ["a.png"]
    assert len(queue) == 0


def test_a_failed_file_that_is_gone_is_forgotten() -> None:
    disk = Disk("a.png", "b.png")
    queue = WorkQueue(disk.stat)
    queue.retry("a.png", 1, 100.0)
    queue.retry("missing.png", 1, 100.0)
    del disk.files["a.png"]
    assert popped(queue, 160.0) == []
    assert queue.next_due(160.0) is None
    queue.offer("b.png", 1.0)
    queue.update(160.0)
    assert len(queue) == 1


def test_a_long_scan_is_pulled_only_as_there_is_room() -> None:
    names = [f"{number}.png" for number in range(3 * BACKLOG_LIMIT)]
    disk = Disk(*names)
    queue = WorkQueue(disk.stat)
    queue.offer_many("folder", iter(names), 1.0)
    queue.update(0.0)
    assert disk.stats == len(queue) == BACKLOG_LIMIT
    assert queue.next_due(0.5) == 1.0
    done = []
    now = 0.0
    while (due := queue.next_due(now)) is not None:
        now = due
        done += popped(queue, now)
    assert done == names


def test_a_scan_over_many_known_files_is_cut_into_turns() -> None:
    names = [str(number) for number in range(2 * PULLS_PER_UPDATE)]
    disk = Disk(*names)
    queue = WorkQueue(disk.stat, lambda _path, _stat: True)
    queue.offer_many("folder", iter(names), 1.0)
    queue.update(0.0)
    assert disk.stats == PULLS_PER_UPDATE
    assert queue.next_due(0.0) == 0.0
    queue.update(0.0)
    queue.update(0.0)
    assert disk.stats == 2 * PULLS_PER_UPDATE
    assert queue.next_due(0.0) is None


def test_too_many_events_are_dropped_and_said_so_once() -> None:
    disk = Disk()
    queue = WorkQueue(disk.stat)
    for number in range(FRESH_LIMIT + 1):
        queue.offer(str(number), 1.0)
    assert queue.overflowed()
    assert not queue.overflowed()
    assert len(queue) == FRESH_LIMIT


def test_events_beyond_what_may_wait_are_dropped_and_said_so() -> None:
    names = [str(number) for number in range(FRESH_LIMIT + 1)]
    disk = Disk(*names)
    queue = WorkQueue(disk.stat)
    for name in names[:-1]:
        queue.offer(name, 1.0)
    queue.update(0.0)
    assert not queue.overflowed()
    queue.offer(names[-1], 1.0)
    queue.update(0.0)
    assert queue.overflowed()
    assert popped(queue, 1.0) == names[:-1]


def test_too_many_failed_files_are_left_to_the_next_scan() -> None:
    names = [str(number) for number in range(RETRY_LIMIT + 10)]
    disk = Disk(*names)
    queue = WorkQueue(disk.stat)
    for name in names:
        queue.retry(name, 1, 0.0)
    assert len(popped(queue, 60.0)) == RETRY_LIMIT
    assert len(queue) == 0


class Scan(Iterator[str]):
    """A scan that records if it was closed."""

    def __init__(self, *paths: str) -> None:
        self._paths = iter(paths)
        self.closed = False

    def __next__(self) -> str:
        return next(self._paths)

    def close(self) -> None:
        self.closed = True


def test_a_scan_that_is_asked_for_meanwhile_follows_the_one_that_goes_on() -> None:
    disk = Disk("a", "b", "late")
    queue = WorkQueue(disk.stat)
    old, other, dropped, new = Scan("a"), Scan("b"), Scan("a"), Scan("a", "late")
    for source, paths in (("one", old), ("two", other), ("one", dropped), ("one", new)):
        queue.offer_many(source, paths, 0.0)
    assert dropped.closed
    assert not old.closed
    assert popped(queue, 0.0) == ["a", "b", "late"]
    assert all(scan.closed for scan in (old, other, new))
    assert queue.next_due(0.0) is None


def test_scans_end_though_another_one_is_asked_for_at_every_look() -> None:
    names = [str(number) for number in range(3 * PULLS_PER_UPDATE)]
    disk = Disk(*names, "new", "other")
    queue = WorkQueue(disk.stat, lambda path, _stat: path.isdigit())
    queue.offer_many("one", iter([*names, "new"]), 0.0)
    queue.offer_many("two", iter(["other"]), 0.0)
    done: list[str] = []
    for _ in range(5):
        queue.offer_many("one", iter([*names, "new"]), 0.0)
        done += popped(queue, 0.0)
    assert done == ["new", "other"]


def test_scans_are_let_go_of_and_what_waits_already_stays() -> None:
    disk = Disk("a", "b")
    queue = WorkQueue(disk.stat)
    queue.offer("a", 0.0)
    scans = [Scan("b"), Scan("b")]
    for scan in scans:
        queue.offer_many("folder", scan, 0.0)
    queue.end_scans()
    assert all(scan.closed for scan in scans)
    assert popped(queue, 0.0) == ["a"]
    assert queue.next_due(0.0) is None


@pytest.mark.parametrize("waits", ["for its turn", "for its next try"])
def test_events_for_a_file_that_waits_do_not_add_up(waits: str) -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    if waits == "for its next try":
        queue.retry("a.png", 7, 0.0)

    def memory_after(events: int) -> int:
        for number in range(events):
            queue.offer("".join(("a", ".png")), 0.0)  # a new string object, as in each event
            queue.update(1.0 + number / 1000)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = memory_after(100)
        assert memory_after(5_000) - before < 50_000
    finally:
        tracemalloc.stop()
    assert len(popped(queue, 4000.0)) == 1


def test_clear_forgets_everything() -> None:
    disk = Disk("a", "b", "c")
    queue = WorkQueue(disk.stat)
    scan = Scan("c")
    queue.offer("a", 1.0)
    queue.update(0.0)
    queue.retry("b", 1, 0.0)
    queue.offer_many("folder", scan, 1.0)
    queue.clear()
    assert scan.closed
    assert queue.next_due(0.0) is None
    assert popped(queue, 1e6) == []
    assert len(queue) == 0


def test_waiting_ends_with_an_offer_a_wake_or_the_timeout() -> None:
    disk = Disk("a.png")
    queue = WorkQueue(disk.stat)
    queue.wait(0.0)
    queue.wake()
    queue.wait(None)
    queue.offer("a.png", 0.0)
    queue.wait(None)
    assert popped(queue, 0.0) == ["a.png"]


class Places:
    """Folders that are named by the first letter of their files; the silent ones do not answer."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.asked: list[str] = []

    def ask(self, place: str, work: Callable[[], T], /) -> T:
        self.asked.append(place)
        if place in self.silent:
            raise NotAnswering(place)
        return work()

    @staticmethod
    def of(path: str) -> str:
        return path[0]


def test_files_of_a_folder_that_does_not_answer_are_dropped_and_the_others_go_on() -> None:
    places, disk = Places(), Disk("a1", "b1", "a2")
    queue = WorkQueue(disk.stat, place=places.of, ask=places.ask)
    queue.retry("a2", 1, 0.0)
    for path in ("a1", "b1"):
        queue.offer(path, 1.0)
    queue.update(0.0)
    places.silent = {"a"}
    assert popped(queue, 1.0) == ["b1"]
    assert len(queue) == 0
    assert popped(queue, 60.0) == []
    places.silent = set()
    queue.offer("a1", 1.0)
    queue.offer("a2", 1.0)
    queue.update(61.0)
    assert popped(queue, 62.0) == ["a1", "a2"]


def test_each_folder_is_asked_once_for_all_its_files() -> None:
    names = [f"{letter}{number}" for number in range(100) for letter in "ab"]
    places, disk = Places(), Disk(*names)
    queue = WorkQueue(disk.stat, place=places.of, ask=places.ask)
    for name in names:
        queue.offer(name, 1.0)
    queue.update(0.0)
    assert popped(queue, 1.0) == [f"{letter}{number}" for letter in "ab" for number in range(100)]
    assert places.asked == ["a", "b", "a", "b"]


def test_a_scan_that_does_not_answer_waits_until_it_is_asked_for_again_and_goes_on() -> None:
    places, disk = Places(), Disk("a1", "a2", "b1")
    queue = WorkQueue(disk.stat, place=places.of, ask=places.ask)
    places.silent = {"a"}
    first = Scan("a1", "a2")
    queue.offer_many("a", first, 0.0)
    queue.offer_many("b", Scan("b1"), 0.0)
    assert popped(queue, 0.0) == ["b1"]
    assert queue.next_due(0.0) is None, "nothing to do, and so no busy loop"
    assert not first.closed
    places.silent = set()
    queue.offer_many("a", Scan("a1", "a2"), 0.0)
    assert popped(queue, 0.0) == ["a1", "a2"]
    assert first.closed


def test_a_scan_in_a_thread_that_was_given_up_is_dropped_for_the_next_one() -> None:
    disk = Disk("a1", "a2")
    late: list[Callable[[], object]] = []

    def ask(place: str, work: Callable[[], T], /) -> T:
        """Hang the first call in the middle, as the disk's unmounting leaves it."""
        if late:
            return work()
        late.append(work)
        raise NotAnswering(place)

    class Hanging(Scan):
        """A scan during whose only step the folder is scanned again."""

        def __next__(self) -> str:
            queue.offer_many("a", Scan("a1", "a2"), 0.0)
            done.extend(popped(queue, 0.0))
            raise StopIteration

    done: list[str] = []
    queue = WorkQueue(disk.stat, ask=ask)
    queue.offer_many("a", Hanging("a1"), 0.0)
    assert popped(queue, 0.0) == []
    late[0]()
    assert done == ["a1", "a2"]


@pytest.mark.parametrize("is_abandoned", [True, False])
def test_a_scan_in_which_a_thread_hangs_can_be_followed_and_aborted(is_abandoned: bool) -> None:
    """Its generator can't be closed, because it is being executed."""
    has_hung, goes_on, disk = threading.Event(), threading.Event(), Disk("a2")
    answering = Answering(patience=0.1)

    def hanging() -> Iterator[str]:
        has_hung.set()
        goes_on.wait()
        yield from ()

    queue = WorkQueue(disk.stat, ask=answering.ask)
    queue.offer_many("a", hanging(), 0.0)
    assert popped(queue, 0.0) == []
    assert has_hung.is_set()
    if is_abandoned:
        answering.abandon("a")
        queue.offer_many("a", iter(["a2"]), 0.0)
        assert popped(queue, 0.0) == ["a2"]
    queue.end_scans()
    goes_on.set()
    answering.close()


def test_a_slow_folder_is_read_a_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk("a", "b")
    monkeypatch.setattr("snapsortd.watch.look.SLICE_S", 0.0)
    queue = WorkQueue(disk.stat)
    for path in ("a", "b"):
        queue.offer(path, 1.0)
    queue.update(0.0)
    assert disk.stats == 1
    assert queue.next_due(0.0) == 0.0
    queue.update(0.0)
    assert disk.stats == 2
    queue.update(1.0)
    assert popped(queue, 1.0) == ["a", "b"]
