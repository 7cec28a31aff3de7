"""The recovery table, row by row, and properties that hold for every combination."""

from __future__ import annotations

from itertools import product

import pytest

from snapsortd.actions.recovery_table import Act, SourceSeen, TargetSeen, resolve
from snapsortd.domain.entry import OPEN_STATES, Method, State

pytestmark = pytest.mark.pure

S, T = SourceSeen, TargetSeen
FILING = [method for method in Method if method is not Method.CALL]
ALL = list(product(sorted(OPEN_STATES), FILING, (False, True), SourceSeen, TargetSeen))


@pytest.mark.parametrize(
    ("state", "method", "source", "target", "act"),
    [
        pytest.param(State.INTENT, Method.RENAME, S.SAME, T.ABSENT, Act.DROP, id="never renamed"),
        pytest.param(State.INTENT, Method.RENAME, S.ABSENT, T.SAME_FILE, Act.FINISH, id="renamed"),
        pytest.param(State.INTENT, Method.RENAME, S.ABSENT, T.SAME_BYTES, Act.FINISH, id="renamed, new inode"),
        pytest.param(State.INTENT, Method.RENAME, S.SAME, T.SAME_FILE, Act.RELEASE, id="linked, not unlinked"),
        pytest.param(State.INTENT, Method.RENAME, S.SAME, T.SAME_BYTES, Act.DROP, id="name taken by a twin"),
        pytest.param(State.INTENT, Method.RENAME, S.SAME, T.DIFFERENT, Act.DROP, id="name taken"),
        pytest.param(State.INTENT, Method.RENAME, S.SAME, T.UNREACHABLE, Act.DROP, id="surely not renamed"),
        pytest.param(State.INTENT, Method.RENAME, S.CHANGED, T.ABSENT, Act.DROP, id="changed before"),
        pytest.param(State.INTENT, Method.RENAME, S.CHANGED, T.DIFFERENT, Act.DROP, id="changed, name taken"),
        pytest.param(State.INTENT, Method.RENAME, S.CHANGED, T.SAME_FILE, Act.FINISH, id="renamed, old name anew"),
        pytest.param(State.INTENT, Method.RENAME, S.CHANGED, T.SAME_BYTES, Act.CONFLICT, id="who is who"),
        pytest.param(State.INTENT, Method.RENAME, S.ABSENT, T.ABSENT, Act.CONFLICT, id="both gone"),
        pytest.param(State.INTENT, Method.RENAME, S.ABSENT, T.DIFFERENT, Act.CONFLICT, id="gone, another there"),
        pytest.param(State.INTENT, Method.RENAME, S.ABSENT, T.UNREACHABLE, Act.DEFER, id="target's disk away"),
        pytest.param(State.INTENT, Method.RENAME, S.UNREACHABLE, T.ABSENT, Act.DEFER, id="source's disk away"),
        pytest.param(State.INTENT, Method.RENAME, S.UNREACHABLE, T.SAME_FILE, Act.FINISH, id="old folder deleted"),
        pytest.param(State.INTENT, Method.COPY, S.SAME, T.ABSENT, Act.DROP, id="copy unfinished"),
        pytest.param(State.INTENT, Method.COPY, S.SAME, T.DIFFERENT, Act.DROP, id="copy unfinished, name taken"),
        pytest.param(State.INTENT, Method.COPY, S.SAME, T.SAME_FILE, Act.DROP, id="a link is no copy"),
        pytest.param(State.INTENT, Method.COPY, S.SAME, T.SAME_BYTES, Act.RELEASE, id="copy published"),
        pytest.param(State.INTENT, Method.COPY, S.ABSENT, T.SAME_BYTES, Act.FINISH, id="copy whole, source gone"),
        pytest.param(State.INTENT, Method.COPY, S.CHANGED, T.SAME_BYTES, Act.CONFLICT, id="copied, then changed"),
        pytest.param(State.INTENT, Method.COPY, S.CHANGED, T.ABSENT, Act.DROP, id="changed while copying"),
        pytest.param(State.INTENT, Method.COPY, S.ABSENT, T.ABSENT, Act.CONFLICT, id="copy: both gone"),
        pytest.param(State.INTENT, Method.COPY, S.SAME, T.UNREACHABLE, Act.DEFER, id="copy: disk away"),
        pytest.param(State.MOVED, Method.COPY, S.SAME, T.SAME_BYTES, Act.RELEASE, id="moved, not unlinked"),
        pytest.param(State.MOVED, Method.COPY, S.ABSENT, T.SAME_BYTES, Act.FINISH, id="moved, unlinked"),
        pytest.param(State.MOVED, Method.COPY, S.CHANGED, T.SAME_BYTES, Act.CONFLICT, id="moved, source changed"),
        pytest.param(State.MOVED, Method.COPY, S.SAME, T.ABSENT, Act.DROP, id="moved, copy deleted by hand"),
        pytest.param(State.MOVED, Method.COPY, S.SAME, T.DIFFERENT, Act.CONFLICT, id="moved, copy edited by hand"),
        pytest.param(State.MOVED, Method.COPY, S.CHANGED, T.ABSENT, Act.CONFLICT, id="moved, both touched by hand"),
        pytest.param(State.MOVED, Method.COPY, S.ABSENT, T.ABSENT, Act.CONFLICT, id="moved, both gone"),
        pytest.param(State.MOVED, Method.COPY, S.SAME, T.UNREACHABLE, Act.DEFER, id="moved, disk away"),
        pytest.param(State.INTENT, Method.REMOVE, S.SAME, T.SAME_BYTES, Act.DROP, id="copy not yet removed"),
        pytest.param(State.INTENT, Method.REMOVE, S.ABSENT, T.SAME_BYTES, Act.FINISH, id="copy removed"),
        pytest.param(State.INTENT, Method.REMOVE, S.ABSENT, T.DIFFERENT, Act.CONFLICT, id="removed, original other"),
        pytest.param(State.INTENT, Method.REMOVE, S.CHANGED, T.SAME_BYTES, Act.DROP, id="copy changed"),
        pytest.param(State.INTENT, Method.REMOVE, S.ABSENT, T.UNREACHABLE, Act.DEFER, id="original's disk away"),
        pytest.param(State.INTENT, Method.REMOVE, S.UNREACHABLE, T.SAME_BYTES, Act.DEFER, id="copy's disk away"),
        *(
            row
            for method in (Method.LINK, Method.SYMLINK)
            for row in (
                pytest.param(State.INTENT, method, S.SAME, T.SAME_FILE, Act.FINISH, id=f"{method} made"),
                pytest.param(State.INTENT, method, S.SAME, T.ABSENT, Act.DROP, id=f"{method} not made"),
                pytest.param(State.INTENT, method, S.SAME, T.DIFFERENT, Act.DROP, id=f"{method}, name taken"),
                pytest.param(State.INTENT, method, S.SAME, T.SAME_BYTES, Act.DROP, id=f"{method}: a twin is none"),
                pytest.param(State.INTENT, method, S.CHANGED, T.SAME_FILE, Act.FINISH, id=f"{method} made, replaced"),
                pytest.param(State.INTENT, method, S.UNREACHABLE, T.SAME_FILE, Act.FINISH, id=f"{method}, folder gone"),
                pytest.param(State.INTENT, method, S.ABSENT, T.ABSENT, Act.CONFLICT, id=f"{method}: both gone"),
                pytest.param(State.INTENT, method, S.SAME, T.UNREACHABLE, Act.DEFER, id=f"{method}: disk away"),
            )
        ),
        pytest.param(State.INTENT, Method.TAG, S.SAME, T.SAME_FILE, Act.FINISH, id="tags set"),
        pytest.param(State.INTENT, Method.TAG, S.SAME, T.DIFFERENT, Act.DROP, id="tags not set"),
        pytest.param(State.INTENT, Method.TAG, S.CHANGED, T.SAME_FILE, Act.DROP, id="another file has such tags"),
        pytest.param(State.INTENT, Method.TAG, S.ABSENT, T.ABSENT, Act.CONFLICT, id="what was to be tagged is gone"),
        pytest.param(State.INTENT, Method.TAG, S.UNREACHABLE, T.UNREACHABLE, Act.DEFER, id="tags: disk away"),
    ],
)
def test_the_table(state: State, method: Method, source: SourceSeen, target: TargetSeen, act: Act) -> None:
    assert resolve(state, method, False, source, target).act is act


@pytest.mark.parametrize("source", SourceSeen)
def test_a_copy_action_that_is_whole_is_done_whatever_became_of_the_source(source: SourceSeen) -> None:
    act = resolve(State.INTENT, Method.COPY, True, source, T.SAME_BYTES).act
    assert act is (Act.DEFER if source is S.UNREACHABLE else Act.FINISH)


def test_what_became_of_another_program_is_not_known_wherever_the_file_is() -> None:
    found = {resolve(State.INTENT, Method.CALL, True, source, target) for source in S for target in T}
    assert {(each.act, each.reason) for each in found} == {(Act.DROP, "interrupted: it is not known whether it ended")}


@pytest.mark.parametrize("case", ALL, ids=lambda case: "-".join(map(str, case)))
def test_laws(case: tuple[State, Method, bool, SourceSeen, TargetSeen]) -> None:
    """In every combination, recovery acts only on what is proved."""
    _, method, keep_source, source, target = case
    resolution = resolve(*case)
    there = target is T.SAME_FILE or target is T.SAME_BYTES
    if resolution.act is Act.RELEASE:
        assert source is S.SAME
        assert there
        assert not keep_source or method is Method.RENAME
        assert method in (Method.RENAME, Method.COPY)
    if resolution.act is Act.FINISH:
        assert there
        assert source is S.SAME or method is not Method.TAG
    if resolution.act is Act.DROP:
        assert source is not S.ABSENT
    if S.UNREACHABLE is source and T.UNREACHABLE is target:
        assert resolution.act is Act.DEFER
    if source is S.ABSENT and target in (T.ABSENT, T.DIFFERENT):
        assert resolution.act is Act.CONFLICT
    assert bool(resolution.reason) == (resolution.act in (Act.DEFER, Act.DROP, Act.CONFLICT))
