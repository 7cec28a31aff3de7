"""Scores of labels, compared with plain arithmetic: prompts that agree or not, kinds of images, and the second view."""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.fit_kinds import DECAY, fit_kinds
from snapsortd.vision.child.engines.kinds import (
    MIN_INFORMATION,
    NAME,
    PROMPTS_SHARE,
    SHARPNESS,
    Kinds,
    information,
    kind_prior,
    kinds_to_bytes,
    label_groups,
    read_kinds,
)
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.scoring import DISAGREEMENT, LabelScorer, label_scorer
from snapsortd.vision.child.engines.views import encode_views, prepare_views, second_size
from snapsortd.vision.fit_kinds import fitted_path

pytestmark = pytest.mark.pure

IMAGES = np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
EYE = np.eye(2, dtype=np.float32)


def test_one_prompt_is_a_softmax_of_scaled_cosines() -> None:
    scores = LabelScorer((EYE[:1], EYE[1:]), 10.0).scores(IMAGES)
    assert scores.sum(axis=-1).tolist() == pytest.approx([1, 1])
    assert scores[0, 1] / scores[0, 0] == pytest.approx(exp(2), rel=1e-4)
    assert scores[1, 0] / scores[1, 1] == pytest.approx(exp(10), rel=1e-4)


@pytest.mark.parametrize("angle", [0.0, 0.1, 0.9])
def test_prompts_that_disagree_count_one_by_one(angle: float) -> None:
    """Two prompts at ±angle to the first axis: their mean has the length cos(angle)."""
    prompts = np.array([[np.cos(angle), np.sin(angle)], [np.cos(angle), -np.sin(angle)]], np.float32)
    image = normalised(np.array([[3.0, 1.0]], np.float32))
    x, y = 3 / sqrt(10), 1 / sqrt(10)
    along, across = x * np.cos(angle), y * np.sin(angle)
    soft = log(exp(5 * (along + across)) + exp(5 * (along - across)))
    share = min(1.0, DISAGREEMENT * (1 - np.cos(angle)))
    expected = (1 - share) * 5 * x + share * soft
    assert LabelScorer((prompts,), 5.0).logits(image)[0, 0] == pytest.approx(expected, rel=1e-5)


def kinds_along(axes: Array) -> Kinds:
    """Return kinds whose classifier and means both lie along the axes."""
    return Kinds(4 * axes, np.zeros(len(axes), np.float32), axes)


def test_the_prior_of_kinds_is_applied() -> None:
    kinds = kinds_along(EYE)
    scorer = label_scorer((EYE[:1], EYE[1:]), 1.5, kinds)
    strong, weak = exp(1.5 * SHARPNESS) / (exp(1.5 * SHARPNESS) + 1), 1 / (exp(1.5 * SHARPNESS) + 1)
    first, second = (exp(4 * each) / (exp(4 * 0.6) + exp(4 * 0.8)) for each in (0.6, 0.8))
    expected = [
        0.9 * PROMPTS_SHARE + log(first * strong + second * weak),
        1.2 * PROMPTS_SHARE + log(first * weak + second * strong),
    ]
    assert scorer.zero_shot(IMAGES)[0].tolist() == pytest.approx([0.9, 1.2], rel=1e-5)
    assert scorer.logits(IMAGES)[0].tolist() == pytest.approx(expected, rel=1e-5)


def test_labels_that_no_kind_tells_apart_are_decided_by_their_prompts() -> None:
    """The third label is the likeliest for no kind: it shares a group with the first."""
    third = normalised(np.array([[2.0, 1.0]], np.float32))
    alone = LabelScorer((EYE[:1], EYE[1:], third), 10.0)
    scorer = label_scorer(alone.prompts, 10.0, kinds_along(EYE))
    assert scorer.prior is not None
    assert scorer.prior.groups.tolist() == [0, 1, 0]
    assert scorer.prior.shares.shape == (2, 2)
    prompts, logits = alone.zero_shot(IMAGES), scorer.logits(IMAGES)
    assert (logits[:, 2] - logits[:, 0]).tolist() == pytest.approx((prompts[:, 2] - prompts[:, 0]).tolist())
    both = np.logaddexp(logits[:, 0], logits[:, 2]) - PROMPTS_SHARE * np.logaddexp(prompts[:, 0], prompts[:, 2])
    other = logits[:, 1] - PROMPTS_SHARE * prompts[:, 1]
    assert (np.exp(both) + np.exp(other)).tolist() == pytest.approx([1, 1])  # what is left is P(group | image)


@pytest.mark.parametrize(
    ("shares", "groups"),
    [
        pytest.param([[0.9, 0.1], [0.1, 0.9]], [0, 1], id="each-has-a-kind"),
        pytest.param([[0.8, 0.2, 0.0], [0.0, 0.1, 0.9]], [0, 0, 1], id="one-without-joins-the-likest"),
        pytest.param([[0.1, 0.9], [0.2, 0.8]], [0, 0], id="one-for-all-kinds"),
    ],
)
def test_labels_are_grouped_by_kinds(shares: list[list[float]], groups: list[int]) -> None:
    assert label_groups(np.array(shares)).tolist() == groups


@pytest.mark.parametrize(
    ("shares", "known"),
    [
        pytest.param([[1, 0], [0, 1]], 1.0, id="each-kind-has-its-label"),
        pytest.param([[0.5, 0.5], [0.5, 0.5]], 0.0, id="the-kinds-say-nothing"),
        pytest.param([[0.9, 0.1], [0.1, 0.9]], 1 + 0.9 * log(0.9, 2) + 0.1 * log(0.1, 2), id="in-between"),
        pytest.param([[1.0], [1.0]], 0.0, id="one-label"),
    ],
)
def test_what_kinds_say_about_labels(shares: list[list[float]], known: float) -> None:
    assert information(np.array(shares)) == pytest.approx(known, abs=1e-6)
    prior = kind_prior(kinds_along(EYE), lambda _: np.log(np.array(shares) + 1e-12))
    assert (prior is not None) == (known >= MIN_INFORMATION)


def test_kinds_are_read_where_they_are(tmp_path: Path) -> None:
    """Those that were fitted go first; a damaged file is as good as none."""
    checkpoint, state = tmp_path / "model", tmp_path / "state"
    fitted = Path(fitted_path(str(state), "digest"))
    fitted.parent.mkdir(parents=True)
    checkpoint.mkdir()
    assert read_kinds(str(checkpoint), "digest", str(state)) is None
    (checkpoint / NAME).write_bytes(kinds_to_bytes(kinds_along(EYE)))
    shipped = read_kinds(str(checkpoint), "digest", str(state))
    assert shipped is not None
    assert shipped.probabilities(IMAGES).tolist() == kinds_along(EYE).probabilities(IMAGES).tolist()
    fitted.write_bytes(kinds_to_bytes(kinds_along(2 * EYE)))
    found = read_kinds(str(checkpoint), "digest", str(state))
    assert found is not None
    assert found.weights.tolist() == (8 * EYE).tolist()
    fitted.write_bytes(b"damaged")
    found = read_kinds(str(checkpoint), "digest", str(state))
    assert found is not None
    assert found.weights.tolist() == (4 * EYE).tolist()


def test_fitted_kinds_are_those_of_a_logistic_regression() -> None:
    """The gradient of its loss is zero: kinds weighted equally, squared weights times DECAY."""
    random = np.random.default_rng(0)
    names = ["bill"] * 30 + ["cat"] * 10 + ["shot"] * 20
    centres = {"bill": [1, 0, 0, 0], "cat": [0, 1, 0, 0], "shot": [0, 1, 1, 0]}
    images = normalised(np.array([random.normal(centres[name], 0.6) for name in names], np.float32))
    kinds = fit_kinds(images, names)
    order = sorted(set(names))
    is_kind = np.array([[name == kind for kind in order] for name in names], np.float64)
    share = (is_kind / is_kind.sum(axis=0)).sum(axis=1, keepdims=True) / len(order)
    excess = share * (kinds.probabilities(images) - is_kind)
    assert np.abs(excess.T @ images + 2 * DECAY * kinds.weights).max() < 1e-4
    assert np.abs(excess.sum(axis=0)).max() < 1e-4
    assert kinds.means[1].tolist() == pytest.approx(normalised(images[30:40].mean(axis=0)).tolist(), abs=1e-6)


class Tower:
    """A replacement for an image tower: the mean colour of each image, and the number of its pixels."""

    name, dim = "means", 3

    def __init__(self, *, any_size: bool) -> None:
        self.any_size = any_size
        self.sizes: list[tuple[int, ...]] = []

    def encode(self, pixels: Array) -> Array:
        self.sizes += [pixels.shape[2:]] * len(pixels)
        return normalised(pixels.mean(axis=(2, 3)) + 2)


@pytest.mark.parametrize(
    ("size", "any_size", "second"),
    [
        pytest.param((300, 200), True, None, id="not-long"),
        pytest.param((200, 800), True, (672, 168), id="twice-as-high-as-wide"),
        pytest.param((800, 200), True, (168, 672), id="wide"),
        pytest.param((9000, 3), True, (137, 823), id="far-too-long"),
        pytest.param((200, 800), False, (288, 288), id="a-tower-of-squares"),
    ],
)
def test_a_long_image_is_seen_twice(size: tuple[int, int], any_size: bool, second: tuple[int, int] | None) -> None:
    processor = Preprocessor.load(find_checkpoint("embedded"))
    assert processor is not None
    image = Image.new("RGB", size, (250, 10, 90))
    image.paste((0, 200, 0), (0, 0, size[0] // 2, size[1] // 2))
    tower = Tower(any_size=any_size)
    views = prepare_views(image, processor, any_size=any_size)
    (vector,) = encode_views(tower, [views])
    assert tower.sizes == [(288, 288), *([second] if second else [])]
    each = [view.mean(axis=(1, 2)) + 2 for view in views if view is not None]
    expected = sum(vector / np.linalg.norm(vector) for vector in each)
    assert vector.tolist() == pytest.approx((expected / np.linalg.norm(expected)).tolist(), rel=1e-5)


def test_the_second_view_has_its_shape_and_area() -> None:
    for width, height in ((100, 200), (900, 200), (1, 3)):
        wide, high = second_size((width, height), 288)
        assert wide * high == pytest.approx(336 * 336, rel=0.01)
        assert wide / high == pytest.approx(width / height, rel=0.01)
