"""Figures of an evaluation, thresholds suggested from it, and checks of a set of labels."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.config import Label
from snapsortd.ctl.evaluation.fitting import MIN_CORRECT, fit, tempered
from snapsortd.ctl.evaluation.interval import interval
from snapsortd.ctl.evaluation.lint import lint_answers, lint_labels, lint_prompts
from snapsortd.ctl.evaluation.metrics import Evaluation, LabelledImage, LabelSet, Threshold, evaluate, judge
from snapsortd.ctl.evaluation.thresholds import thresholds_in_force
from snapsortd.ctl.output.evaluation import report
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.rules.filters import LabelFilter, Not
from snapsortd.rules.rule import FilterMode, Rule

pytestmark = pytest.mark.pure

NAMES = ("shot", "bill", "other")
LABELS = LabelSet(NAMES, frozenset({"other"}))
TWO_NEGATIVES = LabelSet(("shot", "photo", "page"), frozenset({"photo", "page"}))


def image(given: str, *scores: float, names: tuple[str, ...] = NAMES) -> LabelledImage:
    return LabelledImage(
        "x.png", given, Classification(dict(zip(names, scores, strict=True)), b"", ImageFacts(1, 1), "m")
    )


def test_the_figures_of_a_few_images() -> None:
    images = [
        image("shot", 0.9, 0.05, 0.05),
        image("shot", 0.2, 0.2, 0.6),
        image("bill", 0.55, 0.4, 0.05),
        image("bill", 0.1, 0.8, 0.1),
        image("cat", 0.1, 0.1, 0.8),
        image("other", 0.2, 0.45, 0.35),
    ]
    found = evaluate(images, LABELS)
    assert (found.n, found.accuracy) == (6, 0.5)
    assert found.labels["shot"].n == 2
    assert (found.labels["shot"].precision, found.labels["shot"].recall) == (0.5, 0.5)
    assert (found.labels["other"].n, found.labels["other"].recall) == (2, 0.5)
    # Moved: 0.9 shot (right), 0.55 shot (wrong), 0.8 bill (right); 0.45 is below the filter's own 0.5.
    assert (found.moved.n, found.moved.precision, found.moved.recall) == (4, 2 / 3, 2 / 4)
    assert found.confusion["cat", "other"] == 1
    assert sum(each.n for each in found.bins) == 6
    # Bins of 0.1: .9 right, .6 wrong, .55 wrong, .8 and .8 right, .45 wrong.
    assert found.ece == pytest.approx((0.1 + 0.6 + 0.55 + 2 * 0.2 + 0.45) / 6)


def test_what_no_image_is_or_gets_has_no_share() -> None:
    found = evaluate([image("shot", 1.0, 0.0, 0.0)], LABELS)
    assert (found.labels["bill"].n, found.labels["bill"].precision, found.labels["bill"].recall) == (0, None, None)
    only_other = evaluate([image("other", 0.0, 0.0, 1.0)], LABELS)
    assert (only_other.moved.precision, only_other.moved.recall) == (None, None)


@pytest.mark.parametrize(
    ("scores", "right", "confidence"),
    [
        pytest.param((0.2, 0.5, 0.3), True, 0.8, id="a-negative"),
        pytest.param((0.2, 0.3, 0.5), True, 0.8, id="the-other-negative"),
        pytest.param((0.5, 0.3, 0.2), False, 0.5, id="not-a-negative"),
    ],
)
def test_a_label_that_is_not_in_the_set_counts_as_any_negative(
    scores: tuple[float, ...], right: bool, confidence: float
) -> None:
    answer = judge(image("meme", *scores, names=TWO_NEGATIVES.names), TWO_NEGATIVES)
    assert (answer.right, answer.confidence) == (right, confidence)
    assert answer.truth in TWO_NEGATIVES.negatives


def test_a_negative_that_is_in_the_set_is_a_label_like_another() -> None:
    answer = judge(image("page", 0.2, 0.5, 0.3, names=TWO_NEGATIVES.names), TWO_NEGATIVES)
    assert (answer.right, answer.truth) == (False, "page")


@pytest.mark.parametrize(
    ("threshold", "moves"),
    [
        pytest.param(Threshold(0.6, 0.0), True, id="both-reached"),
        pytest.param(Threshold(0.61, 0.0), False, id="score"),
        pytest.param(Threshold(0.5, 0.41), False, id="margin"),
    ],
)
def test_thresholds_decide_what_is_moved(threshold: Threshold, moves: bool) -> None:
    labels = LabelSet(NAMES, frozenset({"other"}), {"shot": (threshold,)})
    assert labels.moves(image("shot", 0.6, 0.2, 0.2).classification) is moves


def test_the_rules_that_file_set_the_thresholds() -> None:
    rules = (
        Rule("a", (), (LabelFilter(("shot", "bill"), 0.8, 0.4),)),
        Rule("b", (), (LabelFilter(("shot",), 0.6, 0.1),), shadow=True),
        Rule("off", (), (LabelFilter(("shot",), 0.1),), enabled=False),
        Rule("skips", (), (LabelFilter(("shot",), 0.1),), leaves_alone=True),
        Rule("none", (), (LabelFilter(("shot",), 0.1),), filter_mode=FilterMode.NONE),
        Rule("not", (), (Not(LabelFilter(("shot",), 0.1)),)),
    )
    assert thresholds_in_force(rules) == {
        "shot": (Threshold(0.8, 0.4), Threshold(0.6, 0.1)),
        "bill": (Threshold(0.8, 0.4),),
    }


SCORES = st.lists(st.floats(0.001, 1), min_size=3, max_size=3).map(lambda parts: [part / sum(parts) for part in parts])
IMAGES = st.lists(
    st.builds(lambda given, scores: image(given, *scores), st.sampled_from([*NAMES, "cat"]), SCORES), min_size=1
)


@given(IMAGES)
def test_laws_of_the_figures(images: list[LabelledImage]) -> None:
    found: Evaluation = evaluate(images, LABELS)
    assert sum(each.n for each in found.labels.values()) == found.n == len(images)
    assert sum((each.recall or 0) * each.n for each in found.labels.values()) == pytest.approx(found.accuracy * found.n)
    assert 0 <= found.ece <= 1
    assert sum(found.confusion.values()) == found.n


@given(SCORES, st.floats(0.25, 8))
def test_a_temperature_changes_how_sure_never_the_order(scores: list[float], temperature: float) -> None:
    before = image("shot", *scores).classification
    after = tempered(before, temperature)
    assert sum(after.scores.values()) == pytest.approx(1)
    assert after.scores[before.label] == pytest.approx(after.score)
    assert tempered(before, 1.0).scores == pytest.approx(before.scores)


def test_a_model_that_is_too_sure_is_cooled() -> None:
    """The score is always 0.99 but right two times out of three: the best temperature turns it into 2/3."""
    names = ("shot", "bill")
    images = [image("shot", 0.99, 0.01, names=names)] * 60 + [image("bill", 0.99, 0.01, names=names)] * 30
    fitted = fit(images, LabelSet(names))
    assert fitted.temperature == pytest.approx(math.log(99) / math.log(2), rel=0.06)
    assert fitted.ece[1] < 0.03 < 0.3 < fitted.ece[0]


def test_the_lowest_threshold_that_is_right_often_enough() -> None:
    images = [image("shot", 0.9, 0.05, 0.05)] * 30 + [image("shot", 0.72, 0.2, 0.08)] * 30
    images += [image("bill", 0.66, 0.3, 0.04)] * 20 + [image("bill", 0.1, 0.85, 0.05)] * (MIN_CORRECT - 1)
    fitted = fit(images, LABELS)
    assert set(fitted.thresholds) == {"shot", "bill"}
    suggestion = fitted.thresholds["shot"]
    assert suggestion is not None
    assert (suggestion.precision, suggestion.recall) == (1.0, 1.0)
    assert not suggestion.threshold.passed(image("bill", 0.66, 0.3, 0.04).classification)
    assert fitted.thresholds["bill"] is None
    assert fitted.refused == {"bill": "only 19 of its 39 images get this label; describe them by other prompts"}
    assert (suggestion.moved, suggestion.due) == (60, 60)


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        pytest.param(
            [image("shot", 0.9, 0.1, 0.0)] * 19, "too few images: 19, of 20 that are needed at least", id="few"
        ),
        pytest.param(
            [image("shot", 0.9, 0.1, 0.0)] * 50 + [image("bill", 0.9, 0.1, 0.0)] * 20,
            "no threshold is right for 97% of what it moves; give what is confused with it other prompts",
            id="confused",
        ),
    ],
)
def test_no_threshold_is_suggested_without_a_reason(images: list[LabelledImage], reason: str) -> None:
    assert fit(images, LABELS).refused["shot"] == reason


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        pytest.param(81, 263, 0.2553, 0.3662, id="many"),
        pytest.param(15, 148, 0.0624, 0.1605, id="rare"),
        pytest.param(0, 20, 0.0, 0.1611, id="none"),
        pytest.param(1, 29, 0.0061, 0.1718, id="one"),
    ],
)
def test_the_interval_is_wilsons(right: int, n: int, low: float, high: float) -> None:
    assert interval(right / n, n) == pytest.approx((low, high), abs=6e-5)


def test_a_folder_whose_name_is_no_label_is_explained() -> None:
    images = [image("shot", 0.9, 0.05, 0.05), image("shots", 0.9, 0.05, 0.05), image("cat", 0.1, 0.1, 0.8)]
    words = "\n".join(report(evaluate(images, LABELS), images, LABELS))
    assert "3 images, 66.7% right (21% to 94%), calibration error" in words
    assert "'shots' is not a label; did you mean 'shot'?: its 1 image should stay, so other is right for them" in words
    assert "'cat' is not a label: its 1 image should stay, so other is right for them" in words
    assert (
        "50.0% (9% to 91%) of the 2 moved images belong there; 100.0% (21% to 100%) of the 1 that should move" in words
    )


GOOD = (Label("shot", ("a screenshot",)), Label("other", ("a photo",), negative=True))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        pytest.param(GOOD, [], id="good"),
        pytest.param(GOOD[:1], ["no label is negative"], id="no-negative"),
        pytest.param((*GOOD[1:], Label("b", ("b",), True)), ["every label is negative"], id="all-negative"),
        pytest.param((*GOOD, Label("x", ("A  Photo",))), ["'x' and 'other' have a prompt in common"], id="same-prompt"),
    ],
)
def test_labels_are_linted_by_their_words(labels: tuple[Label, ...], words: list[str]) -> None:
    found = list(lint_labels(labels))
    assert len(found) == len(words)
    for sentence, expected in zip(found, words, strict=True):
        assert expected in sentence


def test_the_closest_prompts_of_two_labels_are_told_once() -> None:
    labels = (Label("a", ("one", "two")), Label("b", ("three", "four")))
    vectors = [[1.0, 0.0], [0.0, 1.0], [0.96, 0.28], [0.99, 0.141]]
    (found,) = lint_prompts(labels, vectors)
    assert "'one' (a) and 'four' (b) are nearly the same (cosine 0.99)" in found
    assert list(lint_prompts(labels, [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])) == []


def test_a_label_that_no_image_gets() -> None:
    assert list(lint_answers(GOOD, ["shot", "other", "shot"])) == []
    (found,) = lint_answers(GOOD, ["other", "other"])
    assert found.startswith("none of 2 images was classified as 'shot'")
