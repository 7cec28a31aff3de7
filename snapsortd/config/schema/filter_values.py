"""The value types of filters: each parses one kind of text and reports what is wrong with it."""

from __future__ import annotations

import re
from glob import escape
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from snapsortd.config.expand import expand
from snapsortd.config.schema.context import context_of
from snapsortd.config.schema.dates import date_bounds
from snapsortd.config.schema.quantities import aspect, comparisons, megapixels
from snapsortd.config.schema.regexes import check_regex
from snapsortd.config.schema.texts import Line, as_many, as_text, describe
from snapsortd.domain.exif_tags import EXIF_NAMES, exif_name
from snapsortd.domain.text import suggestion
from snapsortd.rules.filters import DAYS, Comparison, DateBound, Range

FORMATS = ("png", "jpeg", "webp", "gif", "bmp", "tiff", "heic", "avif", "jp2", "jxl", "raw", "pdf")
_SYNONYMS = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "heif": "heic"}
MIN_COSINE = 0.9
"""Unrelated images reach 0.8 and more with some models."""
_ASPECT_TOLERANCE = 0.01
"""A screen of 1366 × 768 counts as 16:9."""
_WEEKDAYS = {
    **{day.lower(): (day,) for day in DAYS},
    **{day[:3].lower(): (day,) for day in DAYS},
    "weekdays": DAYS[:5],
    "weekend": DAYS[5:],
}


def _format(value: str) -> str:
    name = value.lower().removeprefix(".")
    name = _SYNONYMS.get(name, name)
    if name not in FORMATS:
        raise ValueError(f"'{value}' is not a known format{suggestion(name, FORMATS)}")
    return name


def aspects(value: object) -> Range:
    text = as_text(value, '"> 1.5" or "16:9"')
    bounds = comparisons(f"== {text}" if text[:1].isdigit() else text, aspect, "> 1.5")
    return tuple(Comparison(each.operator, each.number, each.text, _ASPECT_TOLERANCE) for each in bounds)


def _megapixels(value: object) -> Range:
    return comparisons(as_text(value, '">= 8"'), megapixels, ">= 8")


def _dates(value: object) -> tuple[DateBound, ...]:
    return date_bounds(as_text(value, '">= 2024-01-01, < 2025-01-01"'))


def _weekday(value: str) -> str:
    name = value.lower()
    if name not in _WEEKDAYS:
        raise ValueError(f"'{value}' is not a day of the week{suggestion(name, _WEEKDAYS)}")
    return name


def _weekdays(names: list[str]) -> list[str]:
    """Return each day that the names stand for once, in the order they are written in."""
    return list(dict.fromkeys(day for name in names for day in _WEEKDAYS[name]))


def _folder_pattern(value: str, info: ValidationInfo) -> str:
    # The value of a variable is a name, not a pattern.
    pattern = expand(value, {name: escape(text) for name, text in context_of(info).env.items()})
    if not pattern.startswith(("/", "*", "?", "[")):
        raise ValueError(f"'{value}' matches no folder: paths begin with /; write */{value}")
    return pattern.rstrip("/") or "/"


def _address(value: str) -> str:
    if not any(sign in value for sign in "*?[") and "://" not in value:
        raise ValueError(f"'{value}' cannot match a whole address; write \"*{value}*\"")
    return value


def _exif_tag(value: str) -> str:
    name = exif_name(value)
    if name is None:
        near = suggestion(value, EXIF_NAMES)
        raise ValueError(f"there is no EXIF tag '{value}'{near if 'did you mean' in near else '; see the manual'}")
    return name


def _exif_patterns(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError(f'must be text, so put it in quotes: "{describe(value).split(" ")[-1]}"')
    return as_many(value)


def _exif_tags(value: object) -> object:
    if isinstance(value, dict):
        if not value:
            raise ValueError('has no condition; write for example {Model: "iPhone*"}')
        return value
    tags = as_many(value)
    assert isinstance(tags, list)
    for tag in tags:
        as_text(tag, "GPSLatitude")
    return {tag: ["*"] for tag in tags}


def _cosine(value: float) -> float:
    if not MIN_COSINE <= value <= 1:
        raise ValueError(f"must be between {MIN_COSINE} (similar) and 1 (identical to the model), not {value:g}")
    return value


def _precision(value: object) -> float:
    found = _PERCENT.fullmatch(as_text(value, "97%"))
    share = float(found[1]) / 100 if found else 0.0
    if not 0.5 <= share < 1:
        raise ValueError(f"must be a percentage from 50% to 99.9%, not {describe(value)}")
    return share


_PERCENT = re.compile(r"(\d\d(?:\.\d)?) ?%", re.ASCII)
_AS_TEXT = WithJsonSchema({"type": "string"})
_TEXTS = str | list[str]

Formats = Annotated[
    list[Annotated[Line, AfterValidator(_format)]], BeforeValidator(as_many, json_schema_input_type=_TEXTS)
]
Aspects = Annotated[InstanceOf[Range], BeforeValidator(aspects), _AS_TEXT]
Megapixels = Annotated[InstanceOf[Range], BeforeValidator(_megapixels), _AS_TEXT]
Dates = Annotated[tuple[InstanceOf[DateBound], ...], BeforeValidator(_dates), _AS_TEXT]
Weekdays = Annotated[
    list[Annotated[Line, AfterValidator(_weekday)]],
    BeforeValidator(as_many, json_schema_input_type=_TEXTS),
    AfterValidator(_weekdays),
]
Regex = Annotated[Line, AfterValidator(check_regex)]
FolderPatterns = Annotated[
    list[Annotated[Line, AfterValidator(_folder_pattern)]], BeforeValidator(as_many, json_schema_input_type=_TEXTS)
]
Addresses = Annotated[
    list[Annotated[Line, AfterValidator(_address)]], BeforeValidator(as_many, json_schema_input_type=_TEXTS)
]
ExifTags = Annotated[
    dict[
        Annotated[str, AfterValidator(_exif_tag)],
        Annotated[list[Line], BeforeValidator(_exif_patterns, json_schema_input_type=_TEXTS)],
    ],
    BeforeValidator(_exif_tags, json_schema_input_type=str | list[str] | dict[str, _TEXTS]),
]
Cosine = Annotated[float, AfterValidator(_cosine)]
Precision = Annotated[float, BeforeValidator(_precision), _AS_TEXT]
