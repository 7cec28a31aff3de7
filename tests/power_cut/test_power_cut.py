"""After any number of power cuts and kills at any moment, the image is whole and the journal is accurate.

Every scene is searched exhaustively (exploring.py). SNAPSORTD_FULL=1 is the long form.
"""

from __future__ import annotations

from functools import cache

import pytest

from snapsortd.actions.recovery_table import SourceSeen as S
from snapsortd.actions.recovery_table import TargetSeen as T
from snapsortd.domain.entry import Method, State
from tests.power_cut.exploring import LONG, Row, searching
from tests.power_cut.scenes import SCENES, Scene

INTENT, MOVED = State.INTENT, State.MOVED
RENAME, COPY, REMOVE, LINK, TAG = Method.RENAME, Method.COPY, Method.REMOVE, Method.LINK, Method.TAG

ROWS: set[Row] = {
    (INTENT, RENAME, False, S.SAME, T.ABSENT),
    (INTENT, RENAME, False, S.SAME, T.SAME_FILE),
    (INTENT, RENAME, False, S.ABSENT, T.SAME_FILE),
    (INTENT, RENAME, False, S.ABSENT, T.ABSENT),  # the name of an original that was never synced
    (MOVED, RENAME, False, S.SAME, T.SAME_FILE),
    (MOVED, RENAME, False, S.ABSENT, T.SAME_FILE),
    (INTENT, COPY, False, S.SAME, T.ABSENT),
    (INTENT, COPY, False, S.SAME, T.SAME_BYTES),
    (INTENT, COPY, False, S.ABSENT, T.SAME_BYTES),
    (INTENT, COPY, False, S.ABSENT, T.ABSENT),  # again, never synced
    (MOVED, COPY, False, S.SAME, T.SAME_BYTES),
    (MOVED, COPY, False, S.SAME, T.ABSENT),
    (MOVED, COPY, False, S.ABSENT, T.SAME_BYTES),
    (MOVED, COPY, False, S.CHANGED, T.SAME_BYTES),
    (INTENT, COPY, True, S.SAME, T.ABSENT),
    (INTENT, COPY, True, S.SAME, T.SAME_BYTES),
    (INTENT, COPY, True, S.ABSENT, T.SAME_BYTES),
    (INTENT, COPY, True, S.ABSENT, T.ABSENT),
    (INTENT, REMOVE, False, S.SAME, T.SAME_BYTES),
    (INTENT, REMOVE, False, S.SAME, T.ABSENT),
    (INTENT, REMOVE, False, S.SAME, T.DIFFERENT),
    (INTENT, REMOVE, False, S.ABSENT, T.SAME_BYTES),
    (INTENT, LINK, True, S.SAME, T.ABSENT),
    (INTENT, LINK, True, S.SAME, T.SAME_FILE),
    (INTENT, TAG, True, S.SAME, T.DIFFERENT),
    (INTENT, TAG, True, S.SAME, T.SAME_FILE),
}
"""State, method, whether the source is kept, the facts of the source and of the target.

These are all cases that crashes cause before recovery in these scenes. The other rows of the table require an action
of another program at that moment, or a missing disk: tests/actions/test_recovery_table.py,
tests/actions/test_recover.py.
"""

RUN = [scene for scene in SCENES if LONG or not scene.wide]

FAILING = [
    scene
    for scene in RUN
    if LONG or scene.name in ("move", "move by link", "move far", "copy", "undo by link", "undo of a copy", "trash")
]


@cache
def searched(scene: Scene) -> tuple[list[tuple[str, int]], int, frozenset[Row]]:
    """Return faults with their counts, the number of worlds, and the cases that recovery had to decide."""
    with searching(scene) as search:
        search.run()
        return search.faults.most_common(), search.worlds, frozenset(search.rows)


@pytest.mark.parametrize("scene", RUN, ids=lambda scene: scene.name)
def test_after_any_number_of_power_cuts_and_kills_all_is_well(scene: Scene) -> None:
    faults, worlds, _ = searched(scene)
    assert faults == []
    assert worlds > 5


def test_what_recovery_is_asked_is_known() -> None:
    met = frozenset[Row]().union(*(searched(scene)[2] for scene in RUN))
    wider = {(INTENT, COPY, False, S.SAME, T.DIFFERENT)} if LONG else set()  # a file of the same content that lost it
    assert met == ROWS | wider


@pytest.mark.parametrize("scene", FAILING, ids=lambda scene: scene.name)
def test_a_failed_fsync_is_never_believed(scene: Scene) -> None:
    """Each fsync of the step fails once; the next would succeed, but what the first should have synced is still lost.

    Then the power is cut, before a restart. A restart alone would not be enough: the new process cannot know that what
    it sees is in memory only.
    """
    for number in range(99):
        with searching(scene, kills=0) as search:
            if not search.run_failing(number):
                break
            assert search.faults.most_common() == [], number
    assert number > 1


@pytest.mark.parametrize("scene", FAILING, ids=lambda scene: scene.name)
def test_a_failed_fsync_of_the_repair_is_never_believed(scene: Scene) -> None:
    with searching(scene) as search:
        assert search.run_failing_repair() > 10
        assert search.faults.most_common() == []


def test_a_rename_that_is_not_atomic_is_more_than_any_order_of_calls_can_mend() -> None:
    """The assumption about the file system is necessary: FAT does not provide such a rename."""
    with searching(Scene("move", atomic_rename=False)) as search:
        assert "the picture is nowhere" in search.run(until_fault=True).faults
