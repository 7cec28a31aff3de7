"""Parse placeholders such as `{taken:%Y-%m}` or `{camera!ascii|unknown}` strictly, and turn them into text.

A placeholder is `{name:format!ascii|default}`, in which only the name is required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from snapsortd.domain.decision import Ask
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.exif_tags import EXIF_NAMES, exif_name
from snapsortd.domain.text import nearest, score_text, suggestion
from snapsortd.rules.meant import PLACEHOLDERS, meant, unmatched
from snapsortd.rules.transliterate import to_ascii

DATES = frozenset({"added", "created", "modified", "taken", "text.date"})
DEFAULT_DATE_FORMAT = "%Y-%m-%d"
COMPOSED = frozenset({"description", "slug"})
"""Placeholders for an image in a few words; their default `name` is the file's own name."""
ASKED_FOR: Mapping[str, tuple[Ask, ...]] = {
    **dict.fromkeys(("text.line", "text.date", "text.amount"), (Ask.TEXT,)),
    "caption": (Ask.CAPTION,),
    **dict.fromkeys(COMPOSED, tuple(Ask)),
}
"""The facts that the values of placeholders come from, where those are found out only if they are asked for."""
PATH = "path"
"""The path of the file, which earlier actions may change: it is filled in only when an action is carried out."""
FILE_DATE = "taken or else"
"""The name of the value that `{taken}` has for an image without a date; no placeholder can have it."""
PATH_ONLY = "{path} is the current path of the file; only run and notify accept it"

CONVERSIONS: Mapping[str, Callable[[str], str]] = {"ascii": to_ascii, "lower": str.lower}

_GROUP, _EXIF = "regex.", "exif."
_TOKEN = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<inside>[^{}]*)\}|(?P<stray>[{}])|(?P<slash>/)|(?P<text>[^{}/]+)")
_DATE_FORMAT = re.compile(r"([^%]|%-?[aAbBcdeFfGHIjmMpRSTuUVwWxXyYzZ%])*")
"""The codes that Python documents for strftime, except `%D`, whose slashes would be replaced."""
_COUNTER_FORMAT = re.compile(r"0([1-8])", re.ASCII)
_CONVERSION = re.compile(r"!(\w*)$")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder. `name` is one of PLACEHOLDERS, `path`, or begins with `regex.` or `exif.`."""

    name: str
    date_format: str = ""
    digits: int = 1
    conversion: str = ""
    """One of CONVERSIONS, or empty."""
    default: str | None = None

    def text(self, values: Mapping[str, object]) -> str:
        """Return the value as text, not yet made safe, or the default. Raises TemplateError if there is neither."""
        value = values.get(self.name.casefold() if self.name.startswith(_EXIF) else self.name)
        if value is None and self.name == "taken" and self.default is None:
            value = values.get(FILE_DATE)
        if value is None or value == "":
            value = values["name"] if self.name in COMPOSED and self.default == "name" else self._missing()
        if isinstance(value, date):
            value = value.strftime(self.date_format)
        text = score_text(value) if isinstance(value, float) else str(value)
        return CONVERSIONS[self.conversion](text) if self.conversion else text

    def _missing(self) -> str:
        if self.default is None and self.name != "relative":  # empty in the watched folder itself
            raise TemplateError(
                f"this image has no value for {{{self.name}}}",
                f"give it a default in the rule, such as {{{self.name}|unknown}}",
            )
        return self.default or ""


Part = tuple[str | Placeholder, ...]
"""One component of a path, or a whole text: literal text and placeholders."""


def read_parts(text: str, groups: Sequence[str] | None, *, in_path: bool) -> list[Part]:
    """Return the components of a path, or all of the text as one, slashes included, if `in_path` is False.

    `groups` are the names allowed in `{regex.…}`; None if they are unknown. Raises TemplateError.
    """
    parts: list[list[str | Placeholder]] = [[]]
    faults: list[TemplateError] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "slash" if in_path:
                parts.append([])
            case "brace":
                parts[-1].append(token[0][0])
            case "inside":
                try:
                    parts[-1].append(_placeholder(token["inside"], groups, in_path=in_path))
                except TemplateError as error:
                    faults.append(error)
            case "stray":
                faults.append(unmatched(text, token.start()))
                break  # what follows may be inside of it
            case _:
                parts[-1].append(token[0])
    if faults:
        raise TemplateError(faults[0].message, faults[0].hint, tuple(faults[1:]))
    return [tuple(part) for part in parts]


def placeholders_in(part: Part) -> Iterator[Placeholder]:
    """Yield the placeholders of one part."""
    return (piece for piece in part if isinstance(piece, Placeholder))


def _placeholder(inside: str, groups: Sequence[str] | None, *, in_path: bool) -> Placeholder:
    head, bar, default = inside.partition("|")
    conversion = _CONVERSION.search(head)
    name, colon, how = (head[: conversion.start()] if conversion else head).partition(":")
    _check_name(name, groups)
    if conversion and conversion[1] not in CONVERSIONS:
        raise TemplateError(
            f"{{{name}}} has the unknown conversion '!{conversion[1]}'{nearest(conversion[1], CONVERSIONS)}",
            "the conversions are !ascii and !lower",
        )
    for each in CONVERSIONS:
        if default.endswith(f"!{each}"):
            before = default.removesuffix(f"!{each}")
            raise TemplateError("the default must come last", f"write {{{head}!{each}|{before}}}")
    if in_path and "/" in default:
        raise TemplateError(f"the default '{default}' contains a '/'", "a value stays within one component of the path")
    found = Placeholder(name, conversion=conversion[1] if conversion else "", default=default if bar else None)
    if name == "counter":
        return _counter(found, colon, how)
    if name not in DATES:
        if colon:
            raise TemplateError(f"{{{name}}} takes no format", f"write {{{name}}}")
        return found
    return replace(found, date_format=_date_format(name, how, in_path) if colon else DEFAULT_DATE_FORMAT)


def _check_name(name: str, groups: Sequence[str] | None) -> None:
    if name.startswith(_GROUP):
        group = name.removeprefix(_GROUP)
        if groups is not None and group not in groups:
            hint = suggestion(group, groups) or "; its regex filters have no named groups: (?P<name>…)"
            raise TemplateError(f"no regex of this rule has the group '{group}'{hint}")
    elif name.startswith(_EXIF):
        tag = name.removeprefix(_EXIF)
        if exif_name(tag) is None:
            hint = nearest(tag, EXIF_NAMES) or "; write for example {exif.Model}"
            raise TemplateError(f"there is no EXIF tag '{tag}'{hint}")
    elif name not in PLACEHOLDERS and name != PATH:
        raise TemplateError(f"unknown placeholder {{{name}}}{meant(name)}")


def _counter(found: Placeholder, colon: str, how: str) -> Placeholder:
    digits = _COUNTER_FORMAT.fullmatch(how)
    if found.default is not None or found.conversion or (colon and digits is None):
        raise TemplateError(
            "{counter} takes only a number of digits, 01 to 08", "write {counter}, or {counter:03} for 001"
        )
    return Placeholder("counter", digits=int(digits[1]) if digits else 1)


def _date_format(name: str, how: str, in_path: bool) -> str:
    if in_path and "/" in how:
        split = "/".join(f"{{{name}:{piece}}}" for piece in how.split("/"))
        raise TemplateError("a date format must not contain '/'", f"write {split}")
    if how != how.strip():
        raise TemplateError(f"the format of {{{name}}} has a space around it", f"write {{{name}:{how.strip()}}}")
    if "%" not in how or not _DATE_FORMAT.fullmatch(how):
        raise TemplateError(f"'{how}' is not a valid date format", f"write for example {{{name}:%Y-%m-%d}}")
    return how
