"""Find the date in the text of an image, in the ways that it is written in different countries. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from snapsortd.domain.image_text import fold

FIRST_YEAR, LAST_YEAR = 1990, 2099
_MONTHS = (
    ("jan", "ene", "янв", "sty", "gen"),
    ("feb", "fév", "fev", "фев", "lut"),
    ("mar", "mär", "mrt", "мар", "maa"),
    ("apr", "abr", "avr", "апр", "kwi"),
    ("may", "mai", "mei", "maj", "mag", "май", "мая"),
    ("jun", "juin", "giu", "июн", "cze"),
    ("jul", "juil", "lug", "июл", "lip"),
    ("aug", "ago", "août", "aou", "авг", "sie"),
    ("sep", "set", "сен", "wrz"),
    ("oct", "okt", "out", "ott", "окт", "paź"),
    ("nov", "ноя", "lis"),
    ("dec", "dez", "dic", "déc", "дек", "gru"),
)
"""How the names of the months begin in the languages of Europe."""
_MONTH_OF = {beginning: number for number, names in enumerate(_MONTHS, 1) for beginning in names}
_NAME = rf"(?P<name>(?:{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})[^\W\d]*)\.?"
_END = r"(?!\d)|(?=\d{1,2}:\d\d)"
"""After a year, where the space before the time may not have been recognised."""
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d)(?P<year>(?:19|20)\d\d) ?[-./年] ?(?P<month>\d\d?) ?[-./月] ?(?P<day>\d\d?)(?:{_END})",
        rf"(?<![\d.,])(?P<day>\d\d?)\. ?(?P<month>\d\d?)\. ?(?P<year>(?:19|20)\d\d|\d\d(?![\d.,]))(?:{_END})",
        r"(?<![\d/-])(?P<one>\d\d?)(?P<sign>[/-])(?P<two>\d\d?)(?P=sign)"
        rf"(?P<year>(?:19|20)\d\d|\d\d(?![\d/-]))(?:{_END})",
        rf"(?<!\d)(?P<day>\d\d?)(?:st|nd|rd|th|er|º|ª)?[. -]*(?:de )?{_NAME}[ ,-]*"
        r"(?:de )?(?P<year>(?:19|20)\d\d)(?!\d)",
        rf"(?<!\w){_NAME} *(?P<day>\d\d?)(?:st|nd|rd|th)?,? *(?P<year>(?:19|20)\d\d)(?!\d)",
    )
)
_MONTH_FIRST = re.compile(r"(?<!\w)\$ ?\d|\d ?[ap]\.?m\b")
"""The signs of a text from a country that writes the month first."""


def date_in_text(text: str) -> date | None:
    """Return the first date in a text, or None.

    Of 10/11/2026, the month is the number that can be one. If both can, it is as in the other dates of the text; if
    there are none, it comes first in a text with dollars or with times in am and pm, and second in all others.
    """
    folded = fold(text)
    found = sorted(_found(folded), key=lambda each: each[0])
    return found[0][1] if found else None


def _found(folded: str) -> Iterator[tuple[int, date]]:
    matches = [match for pattern in _PATTERNS for match in pattern.finditer(folded)]
    month_first = _is_month_first(folded, matches)
    for match in matches:
        parts = match.groupdict()
        year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
        if parts.get("sign"):
            day, month = int(parts["two" if month_first else "one"]), int(parts["one" if month_first else "two"])
            if month > 12:
                day, month = month, day
        else:
            day = int(parts["day"])
            month = int(parts["month"]) if "month" in parts else _month(parts["name"])
        if FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and (known := _date(year, month, day)) is not None:
            yield match.start(), known


def _is_month_first(folded: str, matches: list[re.Match[str]]) -> bool:
    for match in matches:
        if match.groupdict().get("sign"):
            one, two = int(match["one"]), int(match["two"])
            if one > 12 or two > 12:
                return two > 12
    return _MONTH_FIRST.search(folded) is not None


def _month(name: str) -> int:
    return next(_MONTH_OF[name[:length]] for length in (4, 3) if name[:length] in _MONTH_OF)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
