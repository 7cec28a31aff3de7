"""The fit of what was told: its gradient, its optimum, and that it takes effect only if cross-validation approves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from snapsortd.vision.child.learning.fit import (
    ANCHOR_WEIGHT,
    RIDGE,
    Lessons,
    Matrix,
    fit,
    gradient,
    inputs,
    objective,
    softmax,
    wanted_scores,
)
from snapsortd.vision.child.learning.gate import IN_FORCE, NO_BETTER, TOO_FEW, Learnt, learn

LABELS, DIM = 3, 8
pytestmark = pytest.mark.pure


class World:
    """Embeddings of three kinds of images, which the zero-shot logits tell apart only as well as `skill` lets them."""

    def __init__(self, seed: int = 0, skill: float = 0.5, noise: float = 0.15) -> None:
        self.rng = np.random.default_rng(seed)
        self.kinds = np.linalg.qr(self.rng.normal(size=(DIM, LABELS)))[0].T
        self.skill, self.noise = skill, noise

    def images(self, labels: list[int]) -> tuple[Matrix, Matrix]:
        """Return embeddings and zero-shot logits."""
        vectors = self.kinds[labels] + self.noise * self.rng.normal(size=(len(labels), DIM))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        guess = self.skill * np.eye(LABELS)[labels] + self.rng.normal(size=(len(labels), LABELS))
        return vectors, guess

    def examples(self, labels: list[int], denied: list[bool] | None = None, told: list[int] | None = None) -> Lessons:
        vectors, offsets = self.images(labels)
        flags = np.array(denied or [False] * len(labels))
        return Lessons(vectors, offsets, wanted_scores(offsets, np.array(told or labels), flags), np.ones(len(labels)))

    def anchors(self, count: int) -> Lessons:
        vectors, offsets = self.images([number % LABELS for number in range(count)])
        return Lessons(vectors, offsets, softmax(offsets), np.full(count, ANCHOR_WEIGHT))


def everything(one: Lessons, two: Lessons) -> Lessons:
    parts = zip(
        *((each.embeddings, each.offsets, each.wanted, each.weights) for each in (one, two)),
        strict=True,
    )
    return Lessons(*map(np.concatenate, parts))


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_objective(seed: int) -> None:
    world = World(seed)
    lessons = everything(world.examples([0, 1, 2, 2], denied=[False, True, False, False]), world.anchors(5))
    u = inputs(lessons.embeddings)
    weights = world.rng.normal(size=(LABELS, DIM + 1))
    direction = world.rng.normal(size=weights.shape)
    step = 1e-5
    slope = (objective(weights + step * direction, u, lessons) - objective(weights - step * direction, u, lessons)) / (
        2 * step
    )
    assert slope == pytest.approx((gradient(weights, u, lessons) * direction).sum(), rel=1e-7)


@pytest.mark.parametrize("free", [(True, True, True), (True, False, True)])
@pytest.mark.parametrize("size", [3, 40, 300])
def test_the_fit_is_a_numerical_optimum(size: int, free: tuple[bool, ...]) -> None:
    world = World(size)
    labels = [int(each) for each in world.rng.integers(0, LABELS, size)]
    lessons = everything(world.examples(labels, denied=[number % 7 == 0 for number in range(size)]), world.anchors(20))
    flags, u = np.array(free), inputs(lessons.embeddings)

    def unfold(values: Matrix) -> Matrix:
        weights = np.zeros((LABELS, DIM + 1))
        weights[flags] = values.reshape(-1, DIM + 1)
        return weights

    best = minimize(
        lambda values: objective(unfold(values), u, lessons),
        np.zeros(flags.sum() * (DIM + 1)),
        jac=lambda values: gradient(unfold(values), u, lessons)[flags].ravel(),
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 1e-15, "maxiter": 10_000},
    )
    found = fit(lessons, flags)
    assert np.allclose(found, unfold(best.x), atol=1e-4)
    assert objective(found, u, lessons) <= best.fun + 1e-8


def test_without_an_offset_it_is_the_logistic_regression_of_scikit_learn() -> None:
    world = World(5)
    labels = [number % LABELS for number in range(30)]
    plain = world.examples(labels)
    lessons = Lessons(plain.embeddings, np.zeros((30, LABELS)), np.eye(LABELS)[labels], world.rng.uniform(0.1, 2, 30))
    plainly = LogisticRegression(C=1 / RIDGE, fit_intercept=False, tol=1e-10, max_iter=10_000)
    plainly.fit(inputs(lessons.embeddings), labels, sample_weight=lessons.weights)
    assert np.allclose(fit(lessons, np.ones(LABELS, bool)), plainly.coef_, atol=1e-4)


def test_without_examples_nothing_changes() -> None:
    world = World()
    anchors = world.anchors(30)
    assert not fit(anchors, np.ones(LABELS, bool)).any()


def learnt(world: World, labels: list[int], told: list[int] | None = None, denied: list[bool] | None = None) -> Learnt:
    flags = np.array(denied or [False] * len(labels))
    examples = world.examples(labels, denied, told)
    return learn(examples, world.anchors(60), np.array(told or labels), flags, np.zeros(LABELS, bool))


@pytest.mark.parametrize(
    ("labels", "told", "skill", "verdicts"),
    [
        pytest.param([0] * 2 + [1] * 2, None, 0.5, (TOO_FEW, TOO_FEW, TOO_FEW), id="too few"),
        pytest.param([0] * 9 + [1] * 9 + [2] * 9, None, 0.5, (IN_FORCE,) * 3, id="a weak model is improved"),
        pytest.param([0] * 20 + [1] * 20 + [2], None, 0.5, (IN_FORCE, IN_FORCE, TOO_FEW), id="two of three"),
        pytest.param(
            [number % 3 for number in range(30)],
            [number // 3 % 3 for number in range(30)],
            0.0,
            (NO_BETTER,) * 3,
            id="noise",
        ),
    ],
)
def test_verdicts(labels: list[int], told: list[int] | None, skill: float, verdicts: tuple[str, ...]) -> None:
    world = World(1, skill)
    found = learnt(world, labels, told)
    assert found.verdicts == verdicts
    assert found.shift.of(world.kinds).any(axis=0).tolist() == [verdict == IN_FORCE for verdict in verdicts]
    if IN_FORCE in verdicts:
        assert found.validated.after.mean() < found.validated.before.mean()
        vectors, offsets = world.images([0, 1] * 100)
        truth = np.array([0, 1] * 100)
        better = (offsets + found.shift.of(vectors)).argmax(axis=1) == truth
        assert better.mean() > (offsets.argmax(axis=1) == truth).mean() + 0.1


def test_what_an_image_is_not_leaves_the_others_in_proportion() -> None:
    offsets = np.log(np.array([[0.6, 0.3, 0.1]]))
    assert np.allclose(wanted_scores(offsets, np.array([0]), np.array([True])), [[0, 0.75, 0.25]])
    assert np.allclose(wanted_scores(offsets, np.array([1]), np.array([False])), [[0, 1, 0]])
