"""What a model wrote becomes one line of text, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.caption import MAX_CAPTION, clean_caption

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("raw", "caption"),
    [
        ("A red car parked at night.", "A red car parked at night"),
        ("  a cat\n on\tthe\r\ngrass ", "a cat on the grass"),
        ('"A cat."', "A cat"),
        ("**A cat**", "A cat"),
        ("Sure! Here is a short caption for the image: A cat.", "A cat"),
        ("Here's the description: a cat", "a cat"),
        ("<think>\nIs it a cat?\n</think>\n\nA dog.", "A dog"),
        ("<think>I never stop thinking", ""),
        ("a cat<|im_end|></s>", "a cat"),
        ("A receipt: milk 1.20, bread 3.40", "A receipt: milk 1.20, bread 3.40"),
        ("Ein Café in Köln", "Ein Café in Köln"),
        ("cafe\u0301", "café"),
        ("夜の赤い車", "夜の赤い車"),
        ("سيارة حمراء", "سيارة حمراء"),
        ("लाल कार", "लाल कार"),
        ("a\x00 red\x1b[31m car\u202e at\r\nnight\x07", "a red car at night"),
        ("../../etc/passwd is on a screen", "../../etc/passwd is on a screen"),
        ("", ""),
        (" \n", ""),
        ("...", ""),
        ("42", ""),
        ("<!DOCTYPE html><p>a cat</p>", ""),
        ("<html>a cat</html>", ""),
        ("\ufffd\ufffd PNG cat", ""),
        ("\udcff cat", "? cat"),
        ("%&$=?*+~#" * 9 + "a", ""),
        ("word " * 5000, ""),
    ],
)
def test_table(raw: str, caption: str) -> None:
    assert clean_caption(raw) == caption


def test_a_long_one_is_cut_at_a_word() -> None:
    assert clean_caption("A red car. " * 90) == "A red car. " * 27 + "A"
    assert clean_caption("x" * 900) == "x" * MAX_CAPTION


@given(st.text())
def test_any_text_becomes_one_printable_line(raw: str) -> None:
    found = clean_caption(raw)
    assert found.isprintable()
    assert len(found) <= MAX_CAPTION
    assert found == " ".join(found.split())
    assert clean_caption(found) in (found, "")
