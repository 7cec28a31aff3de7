"""The integer factor by which an image may be shrunk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.vision.child.decoding.shrink import may_shrink, shrink_factor

pytestmark = pytest.mark.pure

LENGTH = st.integers(1, 3_000)


@pytest.mark.parametrize(
    ("size", "factor"),
    [
        pytest.param((3840, 2160), 6, id="a multiple keeps one and a half times the side"),
        pytest.param((3841, 2160), 4, id="no multiple keeps twice the side"),
        pytest.param((4032, 3024), 9, id="upright or not"),
        pytest.param((3024, 4032), 9, id="not or upright"),
        pytest.param((672, 700), 2, id="three times the side"),
        pytest.param((671, 700), 1, id="a pixel too few"),
        pytest.param((30, 20_000), 1, id="the shorter side counts"),
    ],
)
def test_the_largest_factor_that_leaves_enough(size: tuple[int, int], factor: int) -> None:
    assert shrink_factor(size, 224) == factor


@given(LENGTH, LENGTH, st.integers(1, 512))
def test_no_larger_factor_may_be(width: int, height: int, side: int) -> None:
    size = (width, height)
    factor = shrink_factor(size, side)
    assert factor == 1 or may_shrink(size, factor, side)
    assert not any(may_shrink(size, larger, side) for larger in range(factor + 1, min(size) + 2))
