"""Adapt a name to a file system that can't hold it, in one way for all. Pure.

- A character that is not allowed there becomes one that looks like it: `:` → `：`, `?` → `？`; a control character its
  symbol, `␇`; a byte that is not UTF-8 `�`. Where that is not allowed either, it becomes `_`.
- A dot or space at the end becomes `_`.
- A device name of DOS gets a `_`: `CON` → `CON_`, `aux.tar.gz` → `aux_.tar.gz`.
- A name that is too long is shortened before its suffix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from snapsortd.domain.names import MAX_NAME_BYTES, NameSeries, shorten

LOOK_ALIKES = {
    **dict(zip('"*:<>?\\|', "＂＊：＜＞？＼｜", strict=True)),
    **{chr(code): chr(0x2400 + code) for code in range(1, 32)},
    **dict.fromkeys(map(chr, range(0xDC80, 0xDD00)), "\ufffd"),
}
"""Characters that a file system may not allow, and the signs that take their place: full-width forms, the symbols of
control characters, and one for all bytes that are not UTF-8 (surrogates in Python, see os.fsdecode)."""

_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?= *(\.|$))", re.IGNORECASE)
"""Microsoft, "Naming Files, Paths, and Namespaces"."""

_DOUBTFUL = re.compile(r'[\x00-\x1f"*:<>?\\|\udc80-\udcff]|[. ]$')


@dataclass(frozen=True, slots=True)
class NameRules:
    """The names that a file system can hold; any name, if nothing else is said."""

    forbidden: frozenset[str] = frozenset()
    """Characters that no name can have."""
    trims_dots: bool = False
    """A name can't end in a dot or a space."""
    reserved_names: bool = False
    """The device names of DOS can't be used."""
    max_bytes: int = MAX_NAME_BYTES


def is_doubtful(name: str) -> bool:
    """True if a file system is known that can't hold the name, other than for its length."""
    return bool(_DOUBTFUL.search(name) or _DEVICE.search(name))


def adapted(name: str, rules: NameRules) -> str:
    """Return the name if it can be held, or the one that takes its place."""
    return _with_valid_ends(shorten(_allowed(name, rules), rules.max_bytes), rules)


def adapted_series(series: NameSeries, number: int, rules: NameRules) -> str:
    """Return name number 1, 2, 3 … of a series, adapted. Different numbers have different names."""
    pieces = tuple(None if piece is None else _allowed(piece, rules) for piece in series.pieces)
    allowed = replace(series, pieces=pieces, suffix=_allowed(series.suffix, rules), max_bytes=rules.max_bytes)
    return _with_valid_ends(allowed.nth(number), rules)


def _allowed(text: str, rules: NameRules) -> str:
    signs = {character: LOOK_ALIKES.get(character, "_") for character in rules.forbidden.intersection(text)}
    return "".join("_" if signs.get(each) in rules.forbidden else signs.get(each, each) for each in text)


def _with_valid_ends(name: str, rules: NameRules) -> str:
    if rules.trims_dots and name.endswith((".", " ")):
        name = f"{name[:-1]}_"
    return _DEVICE.sub(r"\1_", name) if rules.reserved_names else name
