"""An answer is kept until it is taken, for the same content in the same format, and as long as there is room.

One of the journal is valid as long as what decides the answers has the same name.
"""

from __future__ import annotations

import pytest

from snapsortd.vision.answers import answered_by
from snapsortd.vision.recent_answers import MAX_ANSWERS, RecentAnswers
from tests.support.images_seen import seen


@pytest.mark.pure
def test_answers_are_given_once_and_the_oldest_make_room() -> None:
    answers, answer = RecentAnswers(), seen().classification
    for number in range(MAX_ANSWERS + 1):
        answers.add(number.to_bytes(32), "png", answer)
    assert answers.take(bytes(32), "png") is None
    assert answers.take((1).to_bytes(32), "jpeg") is None
    assert answers.take((1).to_bytes(32), "png") is answer
    assert answers.take((1).to_bytes(32), "png") is None
    answers.clear()
    assert not answers


@pytest.mark.pure
def test_whatever_decides_the_answers_changes_their_name() -> None:
    model, labels = {"digest": "d", "kinds": 0, "engine": "onnx"}, {"a": ("a", "b"), "c": ("c",)}
    others = (
        answered_by(model | {"digest": "e"}, labels, None),
        answered_by(model | {"kinds": 1}, labels, None),
        answered_by(model, {"a": ("b", "a"), "c": ("c",)}, None),
        answered_by(model, {"c": ("c",), "a": ("a", "b")}, None),
        answered_by(model, labels, {"version": "1"}),
        answered_by(model, labels, {"version": "2"}),
    )
    assert len({answered_by(model, labels, None), *others}) == 1 + len(others)
    assert answered_by(model | {"dim": 512}, dict(labels), None) == answered_by(model, labels, None)
