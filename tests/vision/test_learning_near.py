"""What was told about images reaches to those that look nearly the same, and to no others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from snapsortd.vision.child.learning.evidence import GRANTED
from snapsortd.vision.child.learning.fit import ANCHOR_WEIGHT, Lessons, Matrix, softmax, wanted_scores
from snapsortd.vision.child.learning.gate import IN_FORCE, Learnt, learn
from snapsortd.vision.child.learning.layer import Layer, layer_from_json, layer_to_json
from snapsortd.vision.child.learning.near import MAX_POINTS, VARIANCE, WIDTH, fit_near

DIM, LABELS = 64, 4
pytestmark = pytest.mark.pure


class Sources:
    """Images of sources that look alike, such as the slides of a deck, and unlike those of any other source."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)

    def new(self, count: int) -> Matrix:
        """Return embeddings of images of one new source."""
        return unit(unit(self.rng.normal(size=DIM)) + 0.02 * self.rng.normal(size=(count, DIM)))

    def guesses(self, labels: list[int]) -> Matrix:
        """Return zero-shot logits by which these labels win."""
        return 3 * np.eye(LABELS)[labels] + 0.1 * self.rng.normal(size=(len(labels), LABELS))


def unit(vectors: Matrix) -> Matrix:
    scaled: Matrix = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def examples(vectors: Matrix, offsets: Matrix, labels: list[int]) -> Lessons:
    denied = np.zeros(len(labels), bool)
    return Lessons(vectors, offsets, wanted_scores(offsets, np.array(labels), denied), np.ones(len(labels)))


def anchors(sources: Sources, count: int) -> Lessons:
    vectors = np.concatenate([sources.new(1) for _ in range(count)])
    offsets = sources.guesses([number % LABELS for number in range(count)])
    return Lessons(vectors, offsets, softmax(offsets), np.full(count, ANCHOR_WEIGHT))


def test_it_is_the_logistic_regression_of_scikit_learn_with_this_kernel() -> None:
    sources = Sources()
    vectors = np.concatenate([sources.new(5) for _ in range(6)])
    labels = [number % LABELS for number in range(30)]
    lessons = examples(vectors, np.zeros((30, LABELS)), labels)
    found = fit_near(lessons, 30, np.ones(LABELS, bool))
    values, directions = np.linalg.eigh(VARIANCE * np.exp((vectors @ vectors.T - 1) / WIDTH))
    features = directions * np.sqrt(np.maximum(values, 0))
    plainly = LogisticRegression(C=1, fit_intercept=False, tol=1e-10, max_iter=100_000).fit(features, labels)
    assert np.allclose(softmax(found.shift(vectors)), plainly.predict_proba(features), atol=1e-3)


def told_about_a_deck(sources: Sources, told: list[int]) -> tuple[Learnt, Matrix]:
    """Return what is learnt from a deck whose slides were taken for label 0, and other slides of the deck."""
    deck = sources.new(len(told) + 20)
    found = learn(
        examples(deck[:-20], sources.guesses([0] * len(told)), told),
        anchors(sources, 60),
        np.array(told),
        np.zeros(len(told), bool),
        np.zeros(LABELS, bool),
    )
    return found, deck[-20:]


def test_images_like_the_examples_are_recognised_and_others_keep_their_scores() -> None:
    sources = Sources(1)
    found, rest = told_about_a_deck(sources, [1] * 8)
    assert found.verdicts[1] == IN_FORCE
    assert GRANTED > 8 / 68
    assert (sources.guesses([0] * 20) + found.shift.of(rest)).argmax(axis=1).tolist() == [1] * 20
    others = np.concatenate([sources.new(1) for _ in range(200)])
    assert np.abs(found.shift.of(others)).max() < 0.01


def test_examples_that_contradict_each_other_change_nothing() -> None:
    found, rest = told_about_a_deck(Sources(2), [0, 1, 2, 3] * 5)
    assert IN_FORCE not in found.verdicts
    assert not found.shift.of(rest).any()


def test_the_same_image_twice_is_no_obstacle() -> None:
    sources = Sources(3)
    vectors = np.repeat(sources.new(4), 3, axis=0)
    found = fit_near(examples(vectors, sources.guesses([0] * 12), [1, 1, 2] * 4), 12, np.ones(LABELS, bool))
    scores = softmax(sources.guesses([0] * 4) + found.shift(vectors[::3]))
    assert np.abs(scores[:, 1] - 2 / 3).max() < 0.1


def test_of_many_examples_those_are_kept_whose_scores_were_wrong() -> None:
    sources = Sources(4)
    count, wrong = MAX_POINTS + 40, 30
    vectors = np.concatenate([sources.new(1) for _ in range(count)])
    labels = [1] * wrong + [0] * (count - wrong)
    sources.rng.shuffle(labels)
    found = fit_near(examples(vectors, sources.guesses([0] * count), labels), count, np.ones(LABELS, bool))
    assert len(found.points) == MAX_POINTS
    corrected = vectors[np.array(labels) == 1]
    assert softmax(sources.guesses([0] * wrong) + found.shift(corrected)).argmax(axis=1).tolist() == [1] * wrong


def test_it_is_stored_and_read_again() -> None:
    found, rest = told_about_a_deck(Sources(5), [1] * 8)
    stored = layer_from_json(json.loads(json.dumps(layer_to_json(Layer(found.shift)))), LABELS, DIM)
    assert stored.shift is not None
    assert np.allclose(stored.shift.of(rest), found.shift.of(rest), atol=1e-3)
