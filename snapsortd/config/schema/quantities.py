"""Parse durations, sizes and comparisons: `30m`, `20MB`, `>= 1 MiB, < 20MB`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from snapsortd.domain.text import suggestion
from snapsortd.rules.filters import OPERATORS, Comparison, Range

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_BYTES = {"b": 1} | {
    f"{prefix}{binary}b": base**power
    for power, prefix in enumerate("kmgt", start=1)
    for binary, base in (("", 1000), ("i", 1024))
}
_WORDS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WORDS |= {"kB": "kilobytes", "MB": "megabytes", "GB": "gigabytes"}
_CALENDAR = re.compile("(month|year)s?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_QUANTITY = re.compile(r"(?P<number>\d{1,15}(\.\d{1,9})?)\s*(?P<unit>[^\W\d_]*)")


def duration(text: str) -> float:
    """Return the seconds of `500ms 1s 2m 1h 1d 1w`. Raises ValueError."""
    return _quantity(text, _SECONDS, "a duration such as 500ms, 2s, 30m, 1h or 7d")


def size(text: str) -> float:
    """Return the bytes of `20MB` (decimal) or `20MiB` (binary). Raises ValueError."""
    return _quantity(text, _BYTES, "a size such as 500kB, 20MB or 1.5GiB")


def pixels(text: str) -> float:
    """Return a number of pixels. Raises ValueError."""
    return _quantity(text, {"": 1, "px": 1}, "a number of pixels such as 1920")


def megapixels(text: str) -> float:
    """Return megapixels, written as `8` or `0.5 MP`. Raises ValueError."""
    return _quantity(text, {"": 1, "mp": 1}, "a number of megapixels such as 8 or 0.5")


def aspect(text: str) -> float:
    """Return width divided by height, written as `1.5` or `16:9`. Raises ValueError."""
    width, colon, height = text.partition(":")
    if not colon:
        return _quantity(text, {"": 1}, "width divided by height, such as 1.5 or 16:9")
    sides = [_quantity(side, {"": 1}, "two sides such as 16:9") for side in (width, height)]
    if not all(sides):
        raise ValueError(f"'{text}' has a side of zero; write for example 16:9")
    return sides[0] / sides[1]


def comparisons(text: str, number: Callable[[str], float], example: str) -> Range:
    """Return bounds such as `>= 1MB, < 20MB`, all of which must hold. Raises ValueError."""
    if _DECIMAL_COMMA.search(text):
        raise ValueError(f"'{text}' has a comma in a number; write decimals with a point")
    return tuple(_comparison(part.strip(), number, example) for part in text.split(","))


def _comparison(text: str, number: Callable[[str], float], example: str) -> Comparison:
    symbol = next((symbol for symbol in OPERATORS if text.startswith(symbol)), None)
    if symbol is None:
        raise ValueError(f"'{text}' has no comparison operator; write for example \"{example}\"")
    return Comparison(symbol, number(text.removeprefix(symbol).strip()), text)


def _quantity(text: str, units: Mapping[str, float], example: str) -> float:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None and _DECIMAL_COMMA.search(text):
        raise ValueError(f"'{text}' has a decimal comma; write {_DECIMAL_COMMA.sub('.', text)}")
    if found is None:
        raise ValueError(f"'{text}' is not {example}")
    unit = found["unit"].lower()
    if not unit and unit not in units:
        raise ValueError(f"'{text}' has no unit; write {example}")
    if unit not in units:
        meant = _meant(found["number"], unit, units) or suggestion(unit, units)
        raise ValueError(f"'{text}' has the unknown unit '{found['unit']}'{meant}")
    return float(found["number"]) * units[unit]


def _meant(number: str, unit: str, units: Mapping[str, float]) -> str:
    """Return how a quantity is written whose unit was written as a word, or is none of a fixed length."""
    if _CALENDAR.fullmatch(unit) and "d" in units:
        return "; write days: 30d, 365d"
    stem = unit.removesuffix("s")
    short = next((each for each, word in _WORDS.items() if len(stem) > 2 and word.startswith(stem)), "")
    return f"; write {number}{short}" if short.lower() in units else ""
