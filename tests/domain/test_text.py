"""File names on a terminal and in a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.text import display_path, escape

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("scan 1.png", "scan 1.png", id="plain"),
        pytest.param("Ä 写真 🖼.png", "Ä 写真 🖼.png", id="letters of the world"),
        pytest.param("3.45\u202fPM.png", "3.45\u202fPM.png", id="a narrow blank, as macOS writes it"),
        pytest.param("👨\u200d👩.png", "👨\u200d👩.png", id="joined emoji"),
        pytest.param("a\nb\tc", "a\\nb\\tc", id="line end and tab"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="terminal sequence"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="direction mark"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separator"),
        pytest.param("\udcff.png", "\\xff.png", id="a byte that is not UTF-8"),
    ],
)
def test_shown(name: str, expected: str) -> None:
    assert escape(name) == expected


@given(st.text(st.characters()))
def test_whatever_the_name_it_is_one_line_that_can_be_printed(name: str) -> None:
    text = escape(name)
    assert len(text.splitlines()) <= 1
    assert text.encode("utf-8").decode("utf-8") == text
    assert escape(text) == text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/home/me/a.png", "~/a.png", id="inside"),
        pytest.param("/home/me", "~", id="itself"),
        pytest.param("/home/me2/a.png", "/home/me2/a.png", id="a neighbour"),
        pytest.param("/tmp/a.png", "/tmp/a.png", id="elsewhere"),
    ],
)
def test_shown_path(path: str, expected: str) -> None:
    assert display_path(path, "/home/me") == expected
