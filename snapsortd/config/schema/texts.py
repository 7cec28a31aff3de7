"""Text in the configuration, one or many, and the faults of a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator


class Faults(ValueError):
    """Several faults of one value."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = tuple(messages)


def as_text(value: object, example: str) -> str:
    """Return the value. Raises ValueError with an example if it is not text."""
    if not isinstance(value, str):
        hint = "; text that starts with { needs quotes" if isinstance(value, dict) else ""
        raise ValueError(f"must be text such as {example}, not {describe(value)}{hint}")
    return value


def describe(value: object) -> str:
    """Return a value in the terms of the person who wrote it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{value}'" if len(value) <= 60 else f"the text '{value[:60]}…'"
        case list():
            return "a list"
        case _:
            return "a mapping"


def as_line(value: str) -> str:
    """Return the text without trailing line ends. Raises ValueError if it is empty or has several lines."""
    text = value.strip("\n")  # which a block scalar (`|`, `>`) ends with
    if not text.strip():
        raise ValueError("is empty")
    if "\n" in text:
        raise ValueError("must be on one line")
    return text


def as_many(value: object) -> object:
    """Return a list, also for a single text. Raises ValueError for anything else, and for an empty list."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise ValueError(f"must be text or a list of texts, not {describe(value)}")
    if not value:
        raise ValueError("is an empty list; it needs at least one text")
    return value


def as_any_number(value: object) -> object:
    """Return a list, also for a single text and for an empty list. Raises ValueError for anything else."""
    return value if value == [] else as_many(value)


Line = Annotated[str, AfterValidator(as_line)]
Lines = Annotated[list[Line], BeforeValidator(as_many, json_schema_input_type=str | list[str])]
Patterns = Annotated[list[Line], BeforeValidator(as_any_number, json_schema_input_type=str | list[str])]
