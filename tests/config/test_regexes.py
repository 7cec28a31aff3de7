"""Test that a valid regular expression is accepted, even a catastrophic one, and an invalid one is refused."""

from __future__ import annotations

import pytest

from snapsortd.config.schema.regexes import check_regex, named_groups

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        pytest.param(r"^inv_\d+", (), id="none"),
        pytest.param(r"^IMG-(?P<year>\d{4})(?P<month>\d\d)(\d\d)-WA\d+", ("year", "month"), id="in-order"),
        pytest.param(r"(?P<z>a)|(?P<b>b)", ("z", "b"), id="alternatives"),
        pytest.param(r"(?>(?P<word>\w+)-)*\.png", ("word",), id="atomic"),
        pytest.param(r"(?i)screen ?shot.*x", (), id="flag"),
        pytest.param(r"(?P<a>a+)+$", ("a",), id="without-end"),
    ],
)
def test_a_valid_pattern_and_its_groups(pattern: str, groups: tuple[str, ...]) -> None:
    assert check_regex(pattern) == pattern
    assert named_groups(pattern) == groups


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "missing ) at position 1"),
        ("x[a", "unterminated character set at position 3"),
        ("(?P<1>a)", "bad character in group name at position 5"),
        ("a{1,99999999999999999999}", "repeat count too big at position 2"),
        (r"\p{Nonsense}", "unknown property at position 12"),
        ("(" * 5000, "maximum recursion depth exceeded"),
        ("*", "nothing to repeat at position 0"),
        ("(?P=x)", "unknown group at position 3"),
        ("(?u)(?a)", "ASCII, LOCALE and UNICODE flags are mutually incompatible"),
    ],
)
def test_an_invalid_pattern_is_refused_with_the_place(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match="is not a valid regular expression: ") as caught:
        check_regex(pattern)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 250
