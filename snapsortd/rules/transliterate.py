"""Spell any text in ASCII, for names that every file system, tool and web address accepts."""

from __future__ import annotations

import unicodedata

_RESERVED = str.maketrans(dict.fromkeys("/\\:*?<>|", "_") | {'"': "'"})
"""Characters that FAT and NTFS reject in a name; `anyascii` spells `💥` as `:boom:` and `½` as `1/2`."""


def to_ascii(text: str) -> str:
    """Return `text` with every character outside ASCII spelled in printable ASCII: `Москва` becomes `Moskva`.

    A character without a spelling is left out; a text of nothing else becomes `_`. ASCII is kept as it is.
    """
    if text.isascii():
        return text
    from anyascii import anyascii  # its import takes longer than that of all other rules

    composed = unicodedata.normalize("NFC", text)  # anyascii spells `が` as one character, not as letter and mark
    spelled = (char if char.isascii() else anyascii(char).translate(_RESERVED) for char in composed)
    return "".join(spelled) or "_"
