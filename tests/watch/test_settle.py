"""The rule by which a file counts as completely written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.file import FileIdentity, Stat
from snapsortd.watch.settle import Kind, Observation, Verdict, settle

pytestmark = pytest.mark.pure

FILE = Stat(FileIdentity(dev=1, ino=2, size=3, mtime_ns=4), is_regular=True)


def changed(**fields: int) -> Stat:
    return replace(FILE, identity=replace(FILE.identity, **fields))


@pytest.mark.parametrize(
    ("previous", "stat", "now", "expected"),
    [
        pytest.param(None, None, 5.0, Verdict(Kind.GONE), id="never there"),
        pytest.param(Observation(FILE, 1.0), None, 5.0, Verdict(Kind.GONE), id="deleted"),
        pytest.param(None, replace(FILE, is_regular=False), 5.0, Verdict(Kind.NOT_A_FILE), id="symlink"),
        pytest.param(
            Observation(FILE, 1.0), replace(FILE, is_regular=False), 5.0, Verdict(Kind.NOT_A_FILE), id="swapped"
        ),
        pytest.param(None, changed(size=0), 5.0, Verdict(Kind.EMPTY), id="empty"),
        pytest.param(Observation(FILE, 1.0), changed(size=0), 5.0, Verdict(Kind.EMPTY), id="emptied"),
        pytest.param(None, FILE, 5.0, Verdict(Kind.WAIT, Observation(FILE, 5.0), 7.0), id="first look"),
        pytest.param(
            Observation(FILE, 4.0), FILE, 5.0, Verdict(Kind.WAIT, Observation(FILE, 4.0), 6.0), id="too early"
        ),
        pytest.param(
            Observation(FILE, 3.0), FILE, 5.0, Verdict(Kind.READY, Observation(FILE, 3.0), 5.0), id="just settled"
        ),
        pytest.param(
            Observation(FILE, 1.0), FILE, 5.0, Verdict(Kind.READY, Observation(FILE, 1.0), 3.0), id="long settled"
        ),
        *(
            pytest.param(
                Observation(FILE, 1.0),
                changed(**{field: 9}),
                5.0,
                Verdict(Kind.WAIT, Observation(changed(**{field: 9}), 5.0), 7.0),
                id=f"{field} changed",
            )
            for field in ("ino", "size", "mtime_ns", "ctime_ns")
        ),
        pytest.param(
            Observation(FILE, 1.0),
            replace(FILE, nlink=2),
            5.0,
            Verdict(Kind.READY, Observation(FILE, 1.0), 3.0),
            id="a second name is no change",
        ),
    ],
)
def test_one_look(previous: Observation | None, stat: Stat | None, now: float, expected: Verdict) -> None:
    assert settle(previous, stat, now, quiet=2.0) == expected


def test_no_quiet_time_means_at_once() -> None:
    assert settle(None, FILE, 5.0, quiet=0.0).kind is Kind.READY


looks = st.lists(st.tuples(st.integers(0, 20), st.sampled_from((FILE, changed(size=8), changed(size=0), None))))


@given(looks=looks, quiet=st.integers(1, 30))
def test_ready_only_after_unchanged_looks_that_span_the_quiet_time(
    looks: list[tuple[int, Stat | None]], quiet: int
) -> None:
    now, previous, seen = 0, None, list[tuple[int, Stat | None]]()
    for pause, stat in looks:
        now += pause
        seen.append((now, stat))
        verdict = settle(previous, stat, now, quiet)
        previous = verdict.observation
        same = now
        for when, then in reversed(seen):
            if then != stat:
                break
            same = when
        file_there = stat is not None and stat.identity.size > 0
        assert (verdict.kind is Kind.READY) == (file_there and now - same >= quiet)
        if verdict.kind is Kind.WAIT:
            assert now < verdict.until <= now + quiet
