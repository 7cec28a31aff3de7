"""The choice of an engine by the measurements."""

from __future__ import annotations

import numpy as np
import pytest

from snapsortd.vision.child.engines.choose import MIN_COSINE, Measured, Wanted, choose, min_cosine
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.scoring import LabelScorer

pytestmark = pytest.mark.pure

LABELS = np.eye(2, 8, dtype=np.float32)
REFERENCE = normalised(np.array([[3, 1, 1, 0, 0, 0, 0, 1], [1, 3, 0, 1, 0, 1, 0, 0]], np.float32))


def _scorer(labels: Array, logit_scale: float) -> LabelScorer:
    """Return the scorer of labels with one prompt each."""
    return LabelScorer(tuple(labels[:, None]), logit_scale)


def _turned(vectors: Array, degrees: float) -> Array:
    """Rotate each vector towards an axis on which all are 0, which leaves the scores of labels nearly the same."""
    turned = vectors * np.cos(np.radians(degrees))
    turned[:, 6] = np.sin(np.radians(degrees))
    return normalised(turned)


NEAR, FAR = _turned(REFERENCE, 2), _turned(REFERENCE, 20)
SWAPPED = REFERENCE[:, [1, 0, *range(2, 8)]]


def _measured(
    torch: float, fp32: float, int8: float, *, of_fp32: Array = NEAR, of_int8: Array = NEAR
) -> dict[str, Measured]:
    return {
        "torch": Measured(torch, REFERENCE),
        "onnx fp32": Measured(fp32, of_fp32),
        "onnx int8": Measured(int8, of_int8),
    }


@pytest.mark.parametrize(
    ("measured", "wanted", "name", "words"),
    [
        pytest.param(_measured(150, 70, 50), "auto", "onnx int8", "50.0 ms per image, torch 150.0", id="fastest"),
        pytest.param(_measured(150, 12, 15), "auto", "onnx fp32", "12.0 ms", id="int8-gains-nothing"),
        pytest.param(_measured(10, 12, 15), "auto", "torch", "10.0 ms", id="torch-is-fastest"),
        pytest.param(_measured(10, 12, 15), "onnx", "onnx fp32", "12.0 ms", id="asked-for-onnx"),
        pytest.param(
            _measured(150, 70, 50, of_int8=FAR), "auto", "onnx fp32", "onnx int8 differs from torch", id="int8-strays"
        ),
        pytest.param(
            _measured(150, 70, 50, of_fp32=FAR, of_int8=FAR), "onnx", "torch", "onnx fp32 differs", id="all-stray"
        ),
        pytest.param(
            _measured(150, 70, 50, of_int8=np.full_like(FAR, np.nan)), "auto", "onnx fp32", "differs", id="no-numbers"
        ),
    ],
)
def test_the_fastest_that_sees_the_same(measured: dict[str, Measured], wanted: Wanted, name: str, words: str) -> None:
    chosen, reason = choose(measured, _scorer(LABELS, 10.0), wanted)
    assert chosen == name
    assert words in reason


CLOSE = np.zeros((2, 8), np.float32)
CLOSE[0, 2], CLOSE[1, 5] = 0.1, 1
"""Two labels so close that an inaccurate engine confuses them."""


@pytest.mark.parametrize(
    ("labels", "scale", "name"),
    [
        pytest.param(LABELS, 100.0, "onnx int8", id="labels-that-are-far-apart"),
        pytest.param(CLOSE, 100.0, "onnx fp32", id="close-labels-and-a-clear-decision"),
        pytest.param(CLOSE, 0.1, "onnx int8", id="close-labels-and-no-clear-decision"),
    ],
)
def test_a_small_drift_matters_where_it_changes_a_clear_decision(labels: Array, scale: float, name: str) -> None:
    strayed = REFERENCE.copy()
    strayed[0, 5] += 0.05
    strayed = normalised(strayed)
    assert min_cosine(strayed, REFERENCE) > MIN_COSINE
    chosen, reason = choose(_measured(150, 70, 50, of_int8=strayed), _scorer(labels, scale), "auto")
    assert chosen == name
    assert ("onnx int8 chooses another label for 1 of 2 samples" in reason) == (name == "onnx fp32")


def test_one_label_is_always_right() -> None:
    assert choose(_measured(150, 70, 50), _scorer(LABELS[:1], 10.0), "auto")[0] == "onnx int8"
