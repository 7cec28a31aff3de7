"""Any text in ASCII, for names that every disk, tool and web address takes."""

from __future__ import annotations

import unicodedata

_BY_HAND = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
        "ħ": "h",
        "Ħ": "H",
        "–": "-",
        "—": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
    }
)
"""Letters and signs that Unicode gives no decomposition."""


def to_ascii(text: str) -> str:
    """Letters without their marks (Unicode's NFKD), some by hand, `_` for every other character.

    One character may become several, a "/" among them (`℀` is `a/c`): make the text safe after this.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_BY_HAND))
    kept = (character for character in plain if not unicodedata.combining(character))
    return "".join(character if character.isascii() else "_" for character in kept)
