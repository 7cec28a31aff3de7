"""Test each filter on one image: the match, and the reason that is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.rules.filters import (
    AgeFilter,
    Comparison,
    DimensionsFilter,
    ExtensionFilter,
    Facts,
    Filter,
    LabelFilter,
    NameFilter,
    Not,
    SizeFilter,
)

pytestmark = pytest.mark.pure

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)


def facts(
    name: str = "Shot.PNG",
    scores: dict[str, float] | None = None,
    taken: datetime | None = None,
    size: int = 1_500_000,
) -> Facts:
    file = FileFacts(
        path=f"/in/{name}",
        root="/in",
        identity=FileIdentity(1, 2, size, 3),
        created=NOW - timedelta(days=2),
        modified=NOW - timedelta(days=1),
        format="png",
    )
    image = ImageFacts(1920, 1080, taken)
    classification = Classification(scores or {"receipt": 0.81, "photo": 0.12, "other": 0.07}, b"", image, "embedded")
    return Facts(file, classification, frozenset({"other", "junk"}), NOW)


def bound(operator: str, number: float) -> tuple[Comparison, ...]:
    return (Comparison(operator, number, f"{operator} {number:g}"),)


CLOSE = {"receipt": 0.555, "photo": 0.445}
NEGATIVE = {"receipt": 0.2, "other": 0.8}


@pytest.mark.parametrize(
    ("asked", "scores", "matched", "reason"),
    [
        pytest.param(LabelFilter(("receipt",)), None, True, "label is receipt (0.81)", id="best"),
        pytest.param(LabelFilter(("a", "receipt")), None, True, "label is receipt (0.81)", id="one-of"),
        pytest.param(LabelFilter(("photo",)), None, False, "label is receipt (0.81), wanted photo", id="second"),
        pytest.param(LabelFilter(("a", "b")), None, False, "label is receipt (0.81), wanted a or b", id="none-of"),
        pytest.param(
            LabelFilter(("receipt",), min_score=0.6),
            CLOSE,
            False,
            "label is receipt, but score 0.55 is below min_score 0.60",
            id="score",
        ),
        pytest.param(
            LabelFilter(("receipt",), 0.5, 0.15),
            CLOSE,
            False,
            "label is receipt (0.55), but margin 0.11 is below min_margin 0.15",
            id="margin",
        ),
        pytest.param(LabelFilter(("receipt",), 0.555), CLOSE, True, "label is receipt (0.55)", id="exactly-min-score"),
        pytest.param(LabelFilter(("receipt",)), {"receipt": 1.0}, True, "label is receipt (1.00)", id="one-label"),
        pytest.param(
            LabelFilter(("receipt",), min_score=0.6),
            {"receipt": 0.5999, "photo": 0.4001},
            False,
            "label is receipt, but score 0.59 is below min_score 0.60",
            id="never-rounded-up",
        ),
        pytest.param(
            LabelFilter(("receipt",)),
            NEGATIVE,
            None,
            "label is other (0.80), which is negative: the file is left alone",
            id="negative",
        ),
        pytest.param(
            Not(LabelFilter(("receipt",))),
            NEGATIVE,
            None,
            "label is other (0.80), which is negative: the file is left alone",
            id="not-negative",
        ),
        pytest.param(LabelFilter(("other",)), NEGATIVE, True, "label is other (0.80)", id="negative-named"),
        pytest.param(
            Not(LabelFilter(("other",))),
            NEGATIVE,
            False,
            "label is other (0.80), wanted not other",
            id="not-negative-named",
        ),
        pytest.param(
            LabelFilter(("junk",)),
            NEGATIVE,
            None,
            "label is other (0.80), which is negative: the file is left alone",
            id="another-negative-named",
        ),
        pytest.param(Not(LabelFilter(("photo",))), None, True, "label is receipt (0.81)", id="not"),
        pytest.param(
            Not(LabelFilter(("receipt",))), None, False, "label is receipt (0.81), wanted not receipt", id="not-best"
        ),
    ],
)
def test_label(asked: Filter, scores: dict[str, float] | None, matched: bool | None, reason: str) -> None:
    verdict = asked.check(facts(scores=scores))
    assert (verdict.matched, verdict.reason) == (matched, reason)


@pytest.mark.parametrize(
    ("asked", "matched", "reason"),
    [
        pytest.param(ExtensionFilter(("png",)), True, "extension is png", id="extension"),
        pytest.param(
            ExtensionFilter(("jpg", "gif")), False, "extension is png, wanted jpg or gif", id="other-extension"
        ),
        pytest.param(Not(ExtensionFilter(("png",))), False, "extension is png, wanted not png", id="not-extension"),
        pytest.param(NameFilter(("shot*",)), True, "name is Shot.PNG", id="name-any-case"),
        pytest.param(NameFilter(("*.jpg", "sh?t.*")), True, "name is Shot.PNG", id="second-pattern"),
        pytest.param(NameFilter(("shot",)), False, "name is Shot.PNG, wanted shot", id="whole-name"),
        pytest.param(SizeFilter(bound("<", 2e6)), True, "size is 1,500,000 bytes", id="size"),
        pytest.param(
            SizeFilter(bound(">", 1e6) + bound("<=", 1.2e6)),
            False,
            "size is 1,500,000 bytes, wanted > 1e+06 and <= 1.2e+06",
            id="size-range",
        ),
        pytest.param(DimensionsFilter(width=bound(">=", 1920)), True, "image is 1920 × 1080", id="width"),
        pytest.param(
            DimensionsFilter(bound("==", 1920), bound("<", 1080)),
            False,
            "image is 1920 × 1080, wanted width == 1920 and height < 1080",
            id="height",
        ),
        pytest.param(AgeFilter(bound("<", 86401)), True, "modified 1.0 days ago", id="modified"),
        pytest.param(
            AgeFilter(bound("<", 86401), "created"), False, "created 2.0 days ago, wanted < 86401", id="created"
        ),
        pytest.param(AgeFilter(bound("<", 1), "added"), None, "it is not known when it was added", id="not-added"),
        pytest.param(AgeFilter(bound("<", 1), "taken"), None, "the image has no date taken", id="not-taken"),
        pytest.param(
            Not(AgeFilter(bound("<", 1), "taken")),
            None,
            "the image has no date taken",
            id="not-not-taken",
        ),
    ],
)
def test_file_and_image(asked: Filter, matched: bool | None, reason: str) -> None:
    verdict = asked.check(facts())
    assert (verdict.matched, verdict.reason.removesuffix(", wanted < 1")) == (matched, reason)


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(NOW - timedelta(days=10), id="aware"),
        pytest.param((NOW - timedelta(days=10)).replace(tzinfo=None), id="local"),
    ],
)
def test_age_since_taken(taken: datetime) -> None:
    verdict = AgeFilter(bound(">", 9 * 86400), "taken").check(facts(taken=taken))
    assert (verdict.matched, verdict.reason) == (True, "taken 10.0 days ago")


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    assert NameFilter(("caf\u00e9*",)).check(facts(name="CAFE\u0301.png")).matched


def test_a_name_that_is_not_utf8_is_checked() -> None:
    assert NameFilter(("caf?.png",)).check(facts(name="caf\udce9.png")).matched


def test_a_file_without_a_suffix() -> None:
    verdict = ExtensionFilter(("png",)).check(facts(name="shot"))
    assert (verdict.matched, verdict.reason) == (False, "extension is missing, wanted png")


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("<", (True, False, False)),
        ("<=", (True, True, False)),
        ("==", (False, True, False)),
        ("!=", (True, False, True)),
        (">=", (False, True, True)),
        (">", (False, False, True)),
    ],
)
def test_a_comparison(operator: str, holds: tuple[bool, bool, bool]) -> None:
    (comparison,) = bound(operator, 10)
    assert tuple(comparison.holds(value) for value in (9, 10, 11)) == holds
