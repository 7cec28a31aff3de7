"""Regular expressions: what no name can keep busy is taken, what one could is refused."""

from __future__ import annotations

import re
import time

import pytest

from snapsortd.config.schema.regexes import check_regex

pytestmark = pytest.mark.pure

NAMES = ["a" * 255, "_" * 255, "1" * 255, "a-" * 127, "IMG" * 85, "a." * 127]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^inv_(?P<number>\d+)",
        r"^IMG-(?P<year>\d{4})(?P<month>\d\d)\d\d-WA\d+",
        r"(IMG|DSC)+_\d+x",
        r"(?>\w+-)*\.png",
        r"(?:\w++-)*x",
        r"(\d{1,3}\.){3}x",
        r"(?:\.\d+)?x",
        r"(ab)+x",
        r"(?i)screen ?shot.*x",
        r"(?=a+)x",
        r".*.*x",
    ],
)
def test_what_ends_soon_is_taken(pattern: str) -> None:
    assert check_regex(pattern) == pattern
    began = time.monotonic()
    for name in NAMES:
        re.search(pattern, name)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(\w+-)*$",
        r"(a|a)*b",
        r"(a|aa)+b",
        r"(a?b?)*c",
        r"((a+))+x",
        r"(?:(?:a|b+))*x",
        r"(\w*){4}x",
        r"(?=(a+)+b)",
        r"(?>(a+)+)b",
        r"(.+)+?x",
        r"(x)?((?(1)a|a)a*)*b",
    ],
)
def test_what_may_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="could keep that busy"):
        check_regex(pattern)


@pytest.mark.parametrize(
    "pattern", ["(", "[[a]", "(?P<1>a)", "a{1,99999999999999999999}", r"\p{L}", "(" * 5000, "*", "(?P<a>x)(?P<a>y)"]
)
def test_what_is_no_regular_expression(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is no regular expression: .") as caught:
        check_regex(pattern)
    assert len(str(caught.value)) < 250
