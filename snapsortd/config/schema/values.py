"""The value types of the configuration: each parses one kind of text and reports what is wrong with it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from snapsortd.config.expand import expand, expand_folder
from snapsortd.config.schema.context import context_of
from snapsortd.config.schema.quantities import comparisons, duration, pixels, size
from snapsortd.config.schema.texts import Line, as_many, as_text, describe
from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.model_server import parse_model_server
from snapsortd.domain.names import IMAGE_SUFFIXES
from snapsortd.domain.text import suggestion
from snapsortd.rules.filters import Range

NO_RULE = "none"
"""In a test: no rule matches the file."""
MIN_DURATION_S = 0.1
MAX_COMMAND_S = 3600.0
"""The longest time limit of a command."""
MAX_WAIT_S = 366 * 86_400.0
"""The longest wait of a new image; with any duration that can be written, no calendar reaches as far as its end."""
MAX_THREADS = 64
_SUFFIX = re.compile(r"[a-z0-9][\w.+-]{0,31}", re.ASCII)
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


def _duration(value: object) -> float:
    seconds = duration(as_text(value, "2s, 30m or 1h"))
    if seconds < MIN_DURATION_S:
        raise ValueError(f"'{value}' is too short; the minimum is 0.1s")
    return seconds


def _time_limit(value: object) -> float:
    seconds = _duration(value)
    if seconds > MAX_COMMAND_S:
        raise ValueError(f"'{value}' is too long: nothing is filed while a command runs; the maximum is 1h")
    return seconds


def _threads(value: object) -> int | None:
    if value == "auto":
        return None
    if type(value) is not int or not 1 <= value <= MAX_THREADS:
        raise ValueError(f"use auto, or a number from 1 to {MAX_THREADS}")
    return value


def _unload_after(value: object) -> float | None:
    return None if value == "never" else duration(as_text(value, "never or 30m"))


def _sizes(value: object) -> Range:
    return comparisons(as_text(value, '"< 20MB"'), size, "< 20MB")


def _ages(value: object) -> Range:
    return comparisons(as_text(value, '"> 30d"'), duration, "> 30d")


def _pixels(value: object) -> Range:
    return comparisons(as_text(value, '">= 1920"'), pixels, ">= 1920")


def _known_label(value: str, info: ValidationInfo) -> str:
    labels = context_of(info).labels
    if labels is not None and value not in labels:
        parts = [part.strip() for part in value.split(",")]
        if len(parts) > 1 and all(part in labels for part in parts):
            raise ValueError(f"there is no label '{value}'; write a list: [{', '.join(parts)}]")
        near = suggestion(value, labels)
        new = f"{'' if near.endswith('?') else '.'} A new label is a line under `labels:`"
        raise ValueError(f"there is no label '{value}'{near}{new}")
    return value


def _new_rule_name(value: str, info: ValidationInfo) -> str:
    return _new(value, context_of(info).rule_names, f"two rules are named '{value}'")


def _watched_folder(value: str, info: ValidationInfo) -> str:
    folder = _folder(value, info)
    return _new(folder, context_of(info).watched, f"{folder} is watched twice")


def _new(value: str, seen: set[str], complaint: str) -> str:
    if value in seen:
        raise ValueError(complaint)
    seen.add(value)
    return value


def _folder(value: str, info: ValidationInfo) -> str:
    return expand_folder(value, context_of(info).env)


def _expected_rule(value: str, info: ValidationInfo) -> str:
    known = context_of(info).rule_names
    if known and value not in known and value != NO_RULE:
        raise ValueError(f"there is no rule '{value}'{suggestion(value, [*sorted(known), NO_RULE])}")
    return value


def _rule_tag(value: str) -> str:
    if "," in value or value != value.strip():
        raise ValueError(f"'{value}' is not a valid tag: --tags separates tags with commas")
    return value


def _path(value: str, info: ValidationInfo) -> str:
    return expand(value, context_of(info).env)


def _model_name(value: str, info: ValidationInfo) -> str:
    if value[:1] in ("/", "~", "$"):
        return _folder(value, info)
    if value.startswith(".") or not _HUB_NAME.fullmatch(value):
        raise ValueError(
            f"'{value}' is neither 'embedded', nor a name on the hub (owner/model), nor an absolute folder"
        )
    return value


def _model_server(value: str, info: ValidationInfo) -> str:
    scheme, colon, path = value.partition(":")
    address = f"unix:{expand(path, context_of(info).env)}" if (scheme, colon) == ("unix", ":") else value
    parse_model_server(address)
    return address


def _captioner(value: str, info: ValidationInfo) -> str:
    return value if info.data.get("server") else _model_name(value, info)


def _date_source(value: str) -> str:
    if value not in DATE_SOURCES:
        raise ValueError(f"'{value}' is not a source of dates{suggestion(value, list(DATE_SOURCES))}")
    return value


def _wait(value: object) -> float:
    seconds = 0.0 if value in ("0", "0s") else _duration(value)
    if seconds > MAX_WAIT_S:
        raise ValueError(f"'{value}' is too long for an image to wait; the maximum is 366d")
    return seconds


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _extension(value: str) -> str:
    extension = value.removeprefix(".").lower()
    parts = re.split(r"[,;|\s]+", extension)
    if len(parts) > 1:
        raise ValueError(f"'{value}' is not one extension; write a list: [{', '.join(filter(None, parts))}]")
    if not extension or "." in extension or "*" in extension:
        raise ValueError(f"'{value}' is not a valid extension; write for example png")
    return extension


_AS_TEXT = WithJsonSchema({"type": "string"})


def _companion_suffix(text: str) -> str:
    suffix = text.removeprefix(".").lower()
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError(f"'{text}' is not a suffix such as xmp")
    if suffix in IMAGE_SUFFIXES:
        raise ValueError(f"'{text}' is the suffix of an image, which is filed by itself")
    return suffix


def _announced(value: object) -> object:
    if not isinstance(value, bool) and value != "failures":
        raise ValueError(f"must be true, false or failures, not {describe(value)}")
    return value


Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema({"type": "string", "examples": ["2s", "5m"]})]
Wait = Annotated[float, BeforeValidator(_wait), WithJsonSchema({"type": "string", "examples": ["10m", "0s"]})]
TimeLimit = Annotated[
    float, BeforeValidator(_time_limit), WithJsonSchema({"type": "string", "examples": ["30s", "5m"]})
]
Threads = Annotated[
    int | None,
    BeforeValidator(_threads),
    WithJsonSchema(
        {
            "anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": MAX_THREADS}],
            "examples": ["auto", 2],
        }
    ),
]
UnloadAfter = Annotated[
    float | None,
    BeforeValidator(_unload_after),
    WithJsonSchema({"type": "string", "examples": ["never", "30m"]}),
]
Sizes = Annotated[InstanceOf[Range], BeforeValidator(_sizes), _AS_TEXT]
Ages = Annotated[InstanceOf[Range], BeforeValidator(_ages), _AS_TEXT]
Pixels = Annotated[InstanceOf[Range], BeforeValidator(_pixels), _AS_TEXT]
KnownLabels = Annotated[
    list[Annotated[str, AfterValidator(_known_label)]],
    BeforeValidator(as_many, json_schema_input_type=str | list[str]),
]
Extensions = Annotated[
    list[Annotated[str, AfterValidator(_extension)]],
    BeforeValidator(as_many, json_schema_input_type=str | list[str]),
]
DateSources = Annotated[
    list[Annotated[Line, AfterValidator(_date_source)]],
    BeforeValidator(as_many, json_schema_input_type=str | list[str]),
    AfterValidator(_once),
]
ExpectedRule = Annotated[Line, AfterValidator(_expected_rule)]
RuleTags = Annotated[
    list[Annotated[Line, AfterValidator(_rule_tag)]],
    BeforeValidator(as_many, json_schema_input_type=str | list[str]),
]
CompanionSuffixes = Annotated[
    list[Annotated[Line, AfterValidator(_companion_suffix)]],
    BeforeValidator(lambda value: value if value == [] else as_many(value), json_schema_input_type=str | list[str]),
]
Path = Annotated[Line, AfterValidator(_path)]
RuleName = Annotated[Line, AfterValidator(_new_rule_name)]
Folder = Annotated[Line, AfterValidator(_folder)]
Folders = Annotated[
    list[Folder],
    BeforeValidator(as_many, json_schema_input_type=str | list[str]),
]
WatchedPath = Annotated[Line, AfterValidator(_watched_folder)]
ModelName = Annotated[Line, AfterValidator(_model_name)]
ModelServerAddress = Annotated[Line, AfterValidator(_model_server)]
Captioner = Annotated[Line, AfterValidator(_captioner)]
"""The name of a model of the server that is given before it; without one, as ModelName."""
Announced = Annotated[
    bool | str, BeforeValidator(_announced), WithJsonSchema({"anyOf": [{"type": "boolean"}, {"const": "failures"}]})
]
