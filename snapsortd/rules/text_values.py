"""The values that templates take from the text of an image: its title line, its date, its amount. Pure."""

from __future__ import annotations

import unicodedata

from snapsortd.domain.image_text import ImageText
from snapsortd.rules.amount_in_text import amount_in_text
from snapsortd.rules.date_in_text import date_in_text

MAX_TITLE = 60
"""Characters of a title line."""
_FIRST = 6
"""Lines, from the top, among which the title is."""
_MIN_LETTERS = 3


def text_values(text: ImageText | None) -> dict[str, object]:
    """Return the values of `{text.…}`; None or empty text means that there is none."""
    if text is None:
        return {}
    return {
        "text.line": title_line(text),
        "text.date": date_in_text(text.text),
        "text.amount": amount_in_text([line.text for line in text.lines]),
    }


def title_line(text: ImageText) -> str:
    """Return the line with the largest letters near the top, the first one of equal size; empty if there is none."""
    worded = [line for line in text.lines if sum(map(str.isalpha, line.text)) >= _MIN_LETTERS]
    if not worded:
        return ""
    highest = max(line.height for line in worded[:_FIRST])
    title = _without_symbols(next(line.text for line in worded if line.height > 0.7 * highest))
    if len(title) <= MAX_TITLE:
        return title
    short = title[: MAX_TITLE + 1].rpartition(" ")[0]
    return short if len(short) > MAX_TITLE // 2 else title[:MAX_TITLE]


def _without_symbols(title: str) -> str:
    """Return the title without symbols at its ends: the buttons of a window, the arrow that leads back."""
    kept = [number for number, sign in enumerate(title) if not _is_symbol(sign)]
    return title[kept[0] : kept[-1] + 1]


def _is_symbol(sign: str) -> bool:
    return sign in "•·*" or unicodedata.category(sign) in ("So", "Sm", "Sk", "Zs")
