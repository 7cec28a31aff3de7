"""Dates, amounts and titles in the text of an image, as they are written in different countries."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.rules.amount_in_text import amount_in_text
from snapsortd.rules.date_in_text import date_in_text
from snapsortd.rules.text_values import MAX_TITLE, text_values, title_line

pytestmark = pytest.mark.pure

OCTOBER_11 = date(2026, 10, 11)


@pytest.mark.parametrize(
    "text",
    [
        "11.10.2026",
        "11.10.26",
        "11. 10. 2026",
        "Datum: 11.10.2026 18:42",
        "11.10.202618:42",
        "2026-10-11",
        "2026-10-11T18:42",
        "2026/10/11",
        "2026.10.11",
        "2026年10月11日",
        "11-10-2026",
        "11/10/2026",
        "11/10/26",
        "10/11/2026 6:42 PM",
        "10/11/2026\nTotal $23.40",
        "10/11/2026\ndue 10/25/2026",
        "11/10/2026\ndue 25/10/2026\n$ 23.40",
        "11 Oct 2026",
        "11 October 2026",
        "October 11, 2026",
        "Oct 11th, 2026",
        "11. Oktober 2026",
        "11 octobre 2026",
        "11 de octubre de 2026",
        "11 ottobre 2026",
        "11 oktober 2026",
        "11 października 2026",
        "11 октября 2026",
        "Tel. 030 123 456\nNo. 12.3.4\n11.10.2026 until 12.12.2026",
    ],
)
def test_the_eleventh_of_october(text: str) -> None:
    assert date_in_text(text) == OCTOBER_11


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10/11/2026", date(2026, 11, 10)),
        ("10/13/2026", date(2026, 10, 13)),
        ("13/10/2026", date(2026, 10, 13)),
        ("1 May 2026", date(2026, 5, 1)),
        ("3 mars 2026", date(2026, 3, 3)),
        ("29.02.2024", date(2024, 2, 29)),
    ],
)
def test_other_dates(text: str, found: date) -> None:
    assert date_in_text(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "no date", "31.02.2026", "99.99.2026", "11.10.1850", "3.8 %", "192.168.10.11", "23,40", "version 1.2.3"),
        *("18:42", "4711-2026", "12345.10.2026", "marble 2026"),
    ],
)
def test_no_date(text: str) -> None:
    assert date_in_text(text) is None


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["23,40 €"], "23.40"),
        (["€ 23.40"], "23.40"),
        (["$1,234.56"], "1234.56"),
        (["1.234,56 EUR"], "1234.56"),
        (["1 234,56 €"], "1234.56"),
        (["CHF 1'234.50"], "1234.50"),
        (["¥1200"], "1200"),
        (["1,200円"], "1200"),
        (["Total 1500 kr"], "1500"),
        (["Milk 1,19", "Coffee 12,99", "SUMME EUR 23,40", "Gegeben BAR 50,00", "Rückgeld 26,60"], "23.40"),
        (["Subtotal 20.00", "Tax 3.40", "Total 23.40", "Cash 50.00", "Change 26.60"], "23.40"),
        (["Zwischensumme 99,00", "Summe 23,40"], "23.40"),
        (["Price 99.00", "TOTAL", "23.40"], "23.40"),
        (["合計 ¥1,200", "お預り ¥2,000"], "1200"),
        (["Order 4711", "Total: 3 items", "12.50"], "12.50"),
        (["19,00 % MwSt 3,74", "Bananen 2,34"], "2.34"),
        (["Total VAT 3.74", "Total 23.40"], "23.40"),
        (["11.10.2026 18:42", "5,00"], "5.00"),
        (["Bar 5,00"], "5.00"),
        (["no money", "2026", "Tel. 030 123456", "11.10.2026", "3,8%", "1.2.3.4", "18:42"], ""),
        ([], ""),
    ],
)
def test_the_amount(lines: list[str], found: str) -> None:
    assert amount_in_text(lines) == found


def lines(*texts: tuple[str, float]) -> ImageText:
    return ImageText(tuple(TextLine(text, height) for text, height in texts))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (lines(("REWE", 30), ("Domstr. 20", 28)), "REWE"),
        (lines(("10:14", 60), ("Settings", 30), ("Display", 20)), "Settings"),
        (lines(("● ● ● Settings ×", 30), ("< Back", 20)), "Settings"),
        (lines(("«Café» & Co. (Köln)", 30)), "«Café» & Co. (Köln)"),
        (lines(("small print", 10), ("INVOICE", 40), ("Mr. Smith", 12)), "INVOICE"),
        (
            lines(
                ("23,40", 30),
            ),
            "",
        ),
        (lines(), ""),
        (
            lines(
                ("word " * 40, 10),
            ),
            "word word word word word word word word word word word word",
        ),
        (
            lines(
                ("x" * 200, 10),
            ),
            "x" * MAX_TITLE,
        ),
    ],
)
def test_the_title_is_the_line_with_the_largest_letters(text: ImageText, title: str) -> None:
    assert title_line(text) == title


@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_text_has_values_or_none(texts: list[str]) -> None:
    values = text_values(ImageText(tuple(TextLine(text) for text in texts)))
    assert values["text.date"] is None or isinstance(values["text.date"], date)
    assert values["text.amount"] == "" or float(str(values["text.amount"])) >= 0
