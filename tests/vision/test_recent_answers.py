"""An answer is kept until it is taken, for the same content in the same format, and as long as there is room."""

from __future__ import annotations

import pytest

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
