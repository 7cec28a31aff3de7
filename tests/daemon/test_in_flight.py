"""The daemon's loop with several images in flight, and a classifier that does what its images say."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.result import Known, Outcome
from snapsortd.vision.cores import default_threads
from snapsortd.vision.requests import QUEUED_PER_THREAD
from snapsortd.watch.ready import NEW_FILE_WINDOW_S
from tests.support.filing import identity_of
from tests.support.looping import Loop, looping
from tests.support.mortal_child import image

AT_MOST = QUEUED_PER_THREAD * default_threads()
CONFIG = """\
version: 1
existing: file
model: {{name: embedded}}
labels: {{receipt: a photo of a receipt, other: a photo}}
watch: [{{path: "{folder}/inbox", settle: 100ms}}]
rules: [{{name: Receipts, filters: [label: receipt], actions: [move: "{folder}/filed/"]}}]
"""


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looping(tmp_path, CONFIG) as one:
        yield one


def stopped_with_all_in_flight(loop: Loop, names: list[str]) -> int:
    """Have as many images in flight as there may be, with a classifier that stands still."""
    pid = loop.ready()
    os.kill(pid, signal.SIGSTOP)
    for name in names:
        loop.put(name)
    loop.until(lambda: len(loop.held()) == AT_MOST, "as many as there may be are in flight")
    return pid


def test_several_are_in_flight_and_filed_as_they_are_answered(loop: Loop) -> None:
    names = [f"{number:02}.png" for number in range(20)]
    pid = stopped_with_all_in_flight(loop, names)
    loop.turn()
    assert len(loop.held()) == AT_MOST
    assert loop.daemon.waiting >= 20
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: len(loop.order()) == 20, "all are filed")
    assert sorted(loop.order()) == names
    assert loop.held() == set()


def test_a_slow_one_holds_up_no_answer_of_others(loop: Loop) -> None:
    loop.ready()
    loop.put("slow.png", b"hang")
    loop.until(lambda: loop.held() == {"slow.png"}, "the slow one is begun")
    names = [f"{number:02}.png" for number in range(2 * AT_MOST)]
    for name in names:
        loop.put(name)
    loop.until(lambda: len(loop.order()) == len(names), "all others are filed")
    assert loop.held() == {"slow.png"}


def test_a_new_image_waits_for_none_of_a_backlog(loop: Loop) -> None:
    """It is classified and filed, though every thread is busy with one of the backlog, and as many are queued."""
    for number in range(2 * AT_MOST):
        (loop.inbox / f"old{number:02}.png").write_bytes(image(b"hang"))
    loop.ready()  # the first turn has begun a scan
    loop.until(lambda: len(loop.held()) == AT_MOST, "the backlog is begun")
    loop.put("new.png")
    loop.until(lambda: "new.png" in loop.order(), "the new one is filed")
    assert loop.order() == ["new.png"]
    assert len(loop.held()) == AT_MOST


def test_a_new_image_goes_before_those_that_came_before(loop: Loop) -> None:
    names = [f"{number:02}.png" for number in range(20)]
    pid = stopped_with_all_in_flight(loop, names)
    loop.daemon.step(time.monotonic() + NEW_FILE_WINDOW_S)
    loop.put("new.png")
    loop.until(lambda: loop.daemon.queue.has_new, "it has settled")
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: len(loop.order()) == 21, "all are filed")
    assert loop.order().index("new.png") <= AT_MOST


def test_one_that_kills_the_classifier_is_told_from_the_good_ones(loop: Loop) -> None:
    loop.ready()
    killer = loop.put("a.png", b"kill")
    for number in range(5):
        loop.put(f"good{number}.png")
    loop.until(lambda: len(loop.order()) == 5, "the good ones are filed")

    def deaths() -> int:
        (problem,) = loop.session.journal.problems(9) or (None,)
        story = loop.session.journal.history_of(killer).known
        assert problem is None or problem.path == killer
        return story.deaths if story is not None else 0

    loop.until(lambda: deaths() == 2, "it was tried twice, the second time at once")
    known = loop.session.journal.history_of(killer).known
    assert known is not None
    assert (known.outcome, known.attempts) == (Outcome.FAILED, 2)


def test_one_that_killed_the_classifier_goes_after_all_others_in_hand(loop: Loop) -> None:
    """So none of them is filed later because of it, or classified twice."""
    pid = loop.ready()
    os.kill(pid, signal.SIGSTOP)
    loop.put("good.png")
    loop.until(lambda: "good.png" in loop.held(), "the good one is in flight")
    killer = loop.inbox / "a.png"
    killer.write_bytes(image(b"kill"))
    loop.session.journal.remember(
        Known(str(killer), identity_of(killer), Outcome.FAILED, "it crashed", attempts=1, deaths=1)
    )
    loop.daemon.queue.offer(str(killer), 0.01)
    loop.until(lambda: loop.held() == {"a.png", "good.png"}, "the killer waits for its turn")
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: loop.session.journal.problems(9)[0].reason != "it crashed", "the killer has its turn")
    assert loop.order() == ["good.png"]
    known = loop.session.journal.history_of(str(killer)).known
    assert known is not None
    assert known.deaths == 2


def test_an_image_that_was_processed_while_in_flight_keeps_its_outcome(loop: Loop) -> None:
    """As by a request: the answer to the earlier classification, here a death, no longer counts."""
    pid = loop.ready()
    os.kill(pid, signal.SIGSTOP)
    path = loop.put("a.png", b"kill")
    loop.until(lambda: "a.png" in loop.held(), "it is in flight")
    loop.session.journal.remember(Known(path, identity_of(Path(path)), Outcome.DONE, "it was requested"))
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: not loop.held(), "it has ended")
    known = loop.session.journal.history_of(path).known
    assert known is not None
    assert (known.outcome, known.reason) == (Outcome.DONE, "it was requested")


def test_kill_9_of_the_classifier_with_several_in_flight_costs_nothing(loop: Loop) -> None:
    with loop.daemon.announcer.events.listen(lambda: None) as heard:
        os.kill(stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(6)]), signal.SIGKILL)
        loop.until(lambda: len(loop.order()) == 6, "all are filed")
        events = [event["event"] for event in heard.take()]
    assert (events.count("filed"), events.count("failed")) == (6, 0)
    assert loop.session.journal.problems(9) == []


def test_paused_it_holds_no_image_and_goes_on_where_it_was(loop: Loop) -> None:
    pid = stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(6)])
    loop.daemon.pause(True)
    loop.turn()
    assert loop.held() == set()
    os.kill(pid, signal.SIGCONT)
    loop.turn()
    assert loop.order() == []
    loop.daemon.pause(False)
    loop.until(lambda: len(loop.order()) == 6, "all are filed")


def test_a_new_configuration_counts_for_what_was_in_flight(loop: Loop) -> None:
    pid = stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(6)])
    elsewhere = loop.filed.parent / "elsewhere"
    elsewhere.mkdir()
    loop.config.write_text(CONFIG.format(folder=loop.filed.parent).replace("/filed/", "/elsewhere/"))
    loop.daemon.reload()
    assert loop.held() == set()
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: len(loop.order()) == 6, "all are filed")
    assert sorted(path.name for path in elsewhere.iterdir()) == [f"{number}.png" for number in range(6)]


def test_a_changed_file_is_filed_as_it_is_then(loop: Loop) -> None:
    pid = stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(AT_MOST)])
    changed = loop.inbox / "1.png"
    changed.write_bytes(image(b"good, and more"))
    loop.daemon.queue.offer(str(changed), 0.01)  # as its event would
    os.kill(pid, signal.SIGCONT)
    loop.until(lambda: len(loop.order()) == AT_MOST, "all are filed")
    assert (loop.filed / "1.png").read_bytes() == image(b"good, and more")
    assert loop.order()[-1] == "1.png"


def test_the_end_lets_go_of_what_is_in_flight(loop: Loop) -> None:
    stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(6)])
    loop.daemon.signals.stop = True
    loop.daemon.run()
    assert loop.held() == set()
    assert len(list(loop.inbox.iterdir())) == 6


def test_a_person_who_asks_for_one_in_flight_has_it_filed_once(loop: Loop) -> None:
    pid = stopped_with_all_in_flight(loop, [f"{number}.png" for number in range(AT_MOST)])
    os.kill(pid, signal.SIGCONT)
    told = loop.daemon.file_for(str(loop.inbox / "1.png"), dry_run=False, batch=None)
    assert told["outcome"] == "filed"
    loop.until(lambda: len(loop.order()) == AT_MOST and not loop.daemon.waiting, "all are filed")
    assert sorted(loop.order()) == [f"{number}.png" for number in range(AT_MOST)]
