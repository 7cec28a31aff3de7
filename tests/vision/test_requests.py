"""Several images in flight in one classifier process, and which one is blamed when it dies. The clock is passed in."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.errors import ClassifierDied, ImageError, Postponed
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.vision.requests import MAX_LAST, MAX_TRIES, UNDISTURBED_S, InFlight, Request

pytestmark = pytest.mark.pure

CLASSIFICATION = Classification({"a": 1.0}, b"", ImageFacts(1, 1, None), "m", 1.0)
BAD = ImageError("bad")


def send(line: InFlight, now: float = 0.0) -> list[int]:
    """Send what can be sent, and return the ids."""
    sent = []
    for request in line.due(now):
        line.mark_sent(request, now)
        sent.append(request.id)
    return sent


def three(line: InFlight) -> list[Request]:
    """Add three images and send all of them."""
    made = [line.add(number, "png") for number in (1, 2, 3)]
    assert send(line) == [1, 2, 3]
    return made


def test_whoever_is_alone_when_it_dies_is_to_blame() -> None:
    line = InFlight()
    request = line.add(9, "png")
    send(line)
    line.record_death("it crashed")
    assert isinstance(request.error, ClassifierDied)
    assert len(line) == 0


def test_of_several_nobody_is_to_blame_and_each_goes_alone_in_the_same_order() -> None:
    line = InFlight()
    requests = three(line)
    line.record_death("it crashed")
    assert not any(request.is_answered for request in requests)
    for request in requests:
        assert send(line) == [request.id]
        assert send(line) == []
        line.record_answer(request, CLASSIFICATION, 1.0)
    assert all(request.classification is CLASSIFICATION for request in requests)


def test_one_that_must_be_alone_waits_for_those_before_it_and_keeps_those_behind_it_waiting() -> None:
    line = InFlight()
    first, alone, last = (line.add(number, "png", alone=number == 2) for number in (1, 2, 3))
    assert send(line) == [1]
    line.record_answer(first, CLASSIFICATION, 1.0)
    assert send(line, 1.0) == [2]
    line.record_answer(alone, CLASSIFICATION, 2.0)
    assert send(line, 2.0) == [3]
    assert not last.others_in_flight


def test_a_slow_one_waits_for_all_others_and_none_of_those_that_come_later_waits_for_it() -> None:
    line = InFlight()
    slow, next_slow, good = three(line)
    line.record_slow(slow, 1.0)
    line.record_slow(next_slow, 1.0)
    assert (send(line, 1.0), line.has_room(1, urgent=False)) == ([], True)
    line.record_answer(good, CLASSIFICATION, 1.0)
    assert send(line, 1.0) == [1]
    line.add(4, "png", urgent=True)
    assert send(line, 1.0) == [4]


def test_one_that_killed_the_process_goes_last_and_is_undisturbed_only_for_a_while() -> None:
    line = InFlight()
    line.add(1, "png", alone=True, last=True)
    good = line.add(2, "png")
    assert send(line) == [2]
    line.record_answer(good, CLASSIFICATION, 1.0)
    assert send(line, 1.0) == [1]
    line.add(3, "png")
    assert send(line, 1.0 + UNDISTURBED_S / 2) == []
    assert send(line, 1.0 + UNDISTURBED_S) == [3]


def test_one_that_may_be_unreadable_goes_last_and_one_that_only_lacks_memory_goes_first() -> None:
    line = InFlight()
    unreadable, greedy, good = three(line)
    line.record_unreadable(unreadable, BAD, 1.0)
    line.record_unreadable(greedy, BAD, 1.0, lacks_memory=True)
    later = line.add(4, "png")
    line.record_answer(good, CLASSIFICATION, 1.0)
    for request in (greedy, later, unreadable):
        assert send(line, 1.0) == [request.id]
        line.record_answer(request, CLASSIFICATION, 1.0)


def test_one_that_is_unreadable_again_and_again_is_so_even_in_company() -> None:
    """Otherwise a slow one that others join each time would never be answered."""
    line = InFlight()
    slow = line.add(1, "png", last=True)
    for tries in range(1, MAX_TRIES + 1):
        assert send(line, 10.0 * tries) == [1]
        other = line.add(2, "png")
        send(line, 10.0 * tries + UNDISTURBED_S)
        line.record_unreadable(slow, BAD, 10.0 * tries + UNDISTURBED_S)
        assert slow.is_answered is (tries == MAX_TRIES)
        line.record_answer(other, CLASSIFICATION, 10.0 * tries + UNDISTURBED_S)


def test_only_so_many_slow_ones_are_held_open() -> None:
    line = InFlight()
    requests = [line.add(number, "png") for number in range(MAX_LAST + 1)]
    send(line)
    for request in requests:
        line.record_slow(request, 1.0)
    assert [type(request.error) for request in requests] == [type(None)] * MAX_LAST + [Postponed]


def test_unreadable_is_believed_only_of_one_that_was_alone() -> None:
    """If others are in flight, they may have used up the memory."""
    line = InFlight()
    first, second, third = three(line)
    line.record_unreadable(second, BAD, 1.0)
    assert not second.is_answered
    assert send(line) == []
    line.record_answer(first, CLASSIFICATION, 1.0)
    line.record_answer(third, CLASSIFICATION, 1.0)
    assert send(line) == [2]
    line.record_unreadable(second, BAD, 2.0)
    assert second.error is BAD


def test_a_classifier_that_was_ended_on_purpose_is_held_against_nobody() -> None:
    line = InFlight()
    requests = three(line)
    line.requeue_all()
    assert send(line) == [1, 2, 3]
    lone = InFlight()
    request = lone.add(1, "png", alone=True)
    send(lone)
    lone.requeue_all()
    assert (request.is_answered, send(lone)) == (False, [1])
    assert not any(request.is_answered for request in requests)


def test_what_nobody_waits_for_is_never_sent_again_but_is_company_while_it_is_looked_at() -> None:
    line = InFlight()
    gone, other = (line.add(number, "png") for number in (1, 2))
    never = line.add(3, "png")
    line.drop(never)
    assert send(line) == [1, 2]
    line.drop(gone)
    assert (line.get(1), len(line)) == (gone, 2)
    line.record_death("it crashed")
    assert (send(line), len(line), other.error) == ([2], 1, None)


def test_the_time_of_the_oldest_begins_when_it_becomes_the_oldest() -> None:
    line = InFlight()
    assert line.age_of_oldest(9.0) == 0.0
    first, second, third = (line.add(number, "png") for number in (1, 2, 3))
    send(line, now=10.0)
    assert line.age_of_oldest(15.0) == 5.0
    line.record_answer(second, CLASSIFICATION, 16.0)
    assert line.age_of_oldest(17.0) == 7.0
    line.record_answer(first, CLASSIFICATION, 20.0)
    assert line.age_of_oldest(25.0) == 5.0
    line.record_answer(third, CLASSIFICATION, 26.0)
    assert line.age_of_oldest(99.0) == 0.0


@pytest.mark.parametrize("number", [0, 4, True, "1", 1.0, None, [1]])
def test_a_number_that_is_in_flight_is_nothing_else(number: object) -> None:
    line = InFlight()
    three(line)
    assert line.get(number) is None


@given(st.lists(st.sampled_from(["good", "killer", "unreadable", "crowded"]), max_size=12), st.randoms())
def test_whatever_comes_together_only_the_guilty_are_blamed(kinds: list[str], lots: random.Random) -> None:
    """`crowded` is an image that cannot be read while others use memory."""
    line = InFlight()
    requests = [line.add(number, kind) for number, kind in enumerate(kinds)]
    in_flight: list[Request] = []
    for now in range(1000):
        if not len(line):
            break
        for request in line.due(float(now)):
            line.mark_sent(request, float(now))
            in_flight.append(request)
        request = in_flight.pop(lots.randrange(len(in_flight)))
        if request.image_format == "killer":
            line.record_death("it crashed")
            in_flight.clear()
        elif request.image_format == "unreadable" or (request.image_format == "crowded" and request.others_in_flight):
            line.record_unreadable(request, BAD, float(now))
        else:
            line.record_answer(request, CLASSIFICATION, float(now))
    assert kinds_of(requests) == [_END[kind] for kind in kinds]


def kinds_of(requests: Iterable[Request]) -> list[type]:
    """Return the type of each result."""
    return [type(request.classification or request.error) for request in requests]


_END = {"good": Classification, "crowded": Classification, "killer": ClassifierDied, "unreadable": ImageError}


def test_an_urgent_one_counts_until_it_is_answered() -> None:
    line = InFlight()
    line.add(1, "png")
    assert not line.has_urgent
    urgent = line.add(2, "png", urgent=True)
    assert line.has_urgent
    send(line)
    assert line.has_urgent
    line.record_answer(urgent, CLASSIFICATION, 1.0)
    assert not line.has_urgent
