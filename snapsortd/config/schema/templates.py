"""The value types of templates: destinations, names and words, parsed while the configuration is validated."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from snapsortd.config.expand import expand
from snapsortd.config.schema.context import context_of
from snapsortd.config.schema.texts import Faults, as_line, as_many, as_text, describe
from snapsortd.domain.errors import TemplateError
from snapsortd.files.installed import INSTALL_TEXT, can_read_text
from snapsortd.rules.parse_template import parse_destination, parse_name, parse_words
from snapsortd.rules.template import DestinationTemplate, NameTemplate, WordTemplate

T = TypeVar("T")

_NEEDS_TEXT = re.compile(r"(?<!\{)\{text\.")
_AS_TEXT = WithJsonSchema({"type": "string"})
_AS_LIST = WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1})
_AS_TEXTS = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
)


def _parsed(text: str, parse: Callable[[], T]) -> T:
    if _NEEDS_TEXT.search(text) and not can_read_text():
        raise ValueError(f"{{text.…}} is the text in images, which is not read here; install it: {INSTALL_TEXT}")
    try:
        return parse()
    except TemplateError as error:
        faults = (error, *error.others)
        raise Faults([f"{each.message}; {each.hint}" if each.hint else each.message for each in faults]) from error


def _destination(value: object, info: ValidationInfo) -> DestinationTemplate:
    text = as_line(as_text(value, '"~/Pictures/{label}/"'))
    context = context_of(info)
    return _parsed(text, lambda: parse_destination(expand(text, context.env, braces=True), context.groups))


def _file_name(value: object, info: ValidationInfo) -> NameTemplate:
    text = as_line(as_text(value, '"{taken:%Y-%m-%d} {name}.{ext}"'))
    return _parsed(text, lambda: parse_name(text, context_of(info).groups))


def _tags(value: object, info: ValidationInfo) -> tuple[WordTemplate, ...]:
    tags = as_many(value)
    assert isinstance(tags, list)
    return tuple(_tag(each, info) for each in tags)


def _tag(value: object, info: ValidationInfo) -> WordTemplate:
    text = as_line(as_text(value, 'holiday or "{label}"'))
    if "," in text:
        raise ValueError(f"the tag '{text}' contains a comma, which separates tags; write a list")
    return _parsed(text, lambda: parse_words(text, context_of(info).groups, path=False))


def _notice(value: object, info: ValidationInfo) -> WordTemplate:
    text = as_line(as_text(value, '"Filed {name} as {label}"'))
    return _parsed(text, lambda: parse_words(text, context_of(info).groups, path=True))


def _command(value: object, info: ValidationInfo) -> tuple[WordTemplate, ...]:
    example = '[optipng, "{path}"]'
    if not isinstance(value, list):
        raise ValueError(
            f"must be a list of arguments such as {example}, not {describe(value)}: it is not run by a shell"
        )
    if not value:
        raise ValueError(f"is empty; write for example {example}")
    words = tuple(_argument(each, info) for each in value)
    if not words[0].is_fixed:
        raise ValueError("the program itself cannot depend on the image; use placeholders only in its arguments")
    return words


def _argument(value: object, info: ValidationInfo) -> WordTemplate:
    text = as_text(value, '"{path}", which needs quotes')
    context = context_of(info)
    return _parsed(
        text, lambda: parse_words(expand(text, context.env, braces=True), context.groups, path=True, verbatim=True)
    )


Dest = Annotated[InstanceOf[DestinationTemplate], BeforeValidator(_destination), _AS_TEXT]
FileName = Annotated[InstanceOf[NameTemplate], BeforeValidator(_file_name), _AS_TEXT]
Tags = Annotated[tuple[InstanceOf[WordTemplate], ...], BeforeValidator(_tags), _AS_TEXTS]
Notice = Annotated[InstanceOf[WordTemplate], BeforeValidator(_notice), _AS_TEXT]
Command = Annotated[tuple[InstanceOf[WordTemplate], ...], BeforeValidator(_command), _AS_LIST]
