"""Recognised text: stored by content, found by parts of words in any language, and gone when it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from snapsortd.domain.image_text import MAX_CHARACTERS, MAX_LINES, ImageText, TextLine, clean, fold
from snapsortd.journal import Journal

TEXTS = {
    b"receipt": "REWE Markt GmbH\nSumme EUR 23,40\n11.10.2026",
    b"order": "Your order 4711\nSTRASSE 5, Köln",
    b"chinese": "订单号码 4711\n谢谢惠顾",
    b"nothing": "",
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite3")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    with closing(Journal(path, clock=lambda: 7.0)) as one:
        for sha256, text in TEXTS.items():
            one.texts.store(sha256, ImageText(tuple(TextLine(line, 12.0) for line in text.split("\n"))))
        yield one


def test_a_text_is_kept_as_it_was_first_read(journal: Journal, path: str) -> None:
    journal.texts.store(b"order", ImageText((TextLine("something else"),)))
    journal.close()
    with closing(Journal(path)) as again:
        assert again.texts.of(b"order") == ImageText(
            (TextLine("Your order 4711", 12.0), TextLine("STRASSE 5, Köln", 12.0))
        )
        assert again.texts.of(b"nothing") == ImageText()
        assert again.texts.of(b"unread") is None
        assert again.texts.search("something", 9) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rewe", {b"receipt"}),
        ("MARKT summe", {b"receipt"}),
        ("markt 4711", set()),
        ("471", {b"order", b"chinese"}),
        ("straße", {b"order"}),
        ("KÖLN", {b"order"}),
        ('"order 4711"', {b"order"}),
        ('"4711 order"', set()),
        ('"order 4711', {b"order"}),
        ("4711 straSSE", {b"order"}),
        ("谢谢", {b"chinese"}),
        ("5", {b"order"}),
        ("eur 23", {b"receipt"}),
        ("order OR rewe", set()),
        ("NOT rewe", set()),
        ("rewe*", set()),
        ("folded:rewe", set()),
        ("NEAR(rewe markt)", set()),
        ("'); DROP TABLE texts; --", set()),
        ("re\0we \udcff", {b"receipt"}),
        ('""', set()),
        ("  ", set()),
        ("%", set()),
    ],
)
def test_all_words_of_a_query_are_searched_for_as_they_are(journal: Journal, query: str, found: set[bytes]) -> None:
    assert {each.sha256 for each in journal.texts.search(query, 9)} == found
    assert len(journal.texts.search(query, 1)) == min(1, len(found))


def test_the_line_that_was_found_is_returned(journal: Journal) -> None:
    assert [each.line for each in journal.texts.search("summe", 9)] == ["Summe EUR 23,40"]
    assert [each.line for each in journal.texts.search("köln 4711", 9)] == ["Your order 4711"]


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_forgotten_is_neither_found_nor_in_a_file(journal: Journal, path: str, everything: bool) -> None:
    journal.erasure.erase(None if everything else [b"receipt"])
    assert journal.texts.of(b"receipt") is None
    assert journal.texts.search("rewe", 9) == []
    assert bool(journal.texts.search("order", 9)) is not everything
    journal.texts.store(b"again", ImageText((TextLine("REWE again"),)))
    assert [each.sha256 for each in journal.texts.search("rewe", 9)] == [b"again"]
    journal.erasure.erase(None)
    for file in (path, path + "-wal"):
        content = Path(file).read_bytes().lower()
        assert b"rewe" not in content
        assert b"summe" not in content


def test_lines_are_limited_and_cleaned() -> None:
    many = ImageText(tuple(TextLine("x" * 50) for _ in range(10 * MAX_LINES))).within_limits()
    assert len(many.text.replace("\n", "")) == MAX_CHARACTERS
    short = ImageText(tuple(TextLine("x") for _ in range(10 * MAX_LINES))).within_limits()
    assert len(short.lines) == MAX_LINES
    assert clean(" a\tb\n\0c\u202egpj.exe\u200f \ud800\x1b[31m ") == "a b cgpj.exe [31m"


@pytest.mark.parametrize(
    ("one", "other"), [("STRASSE", "straße"), ("Ｒｅｃｅｉｐｔ", "receipt"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("a \n b", "A B")]
)
def test_texts_that_differ_in_case_or_width_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)
