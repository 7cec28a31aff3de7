"""What all entries of the configuration have in common: strict, and where it is handy, written short."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Strict(BaseModel):
    """A mapping whose keys are all known and whose values are never converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Short(Strict):
    """A mapping that may be shortened to the value of one of its keys: `label: receipt`."""

    short: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: object) -> object:
        return value if isinstance(value, dict) or value is None else {cls.short: value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        full = handler.resolve_ref_schema(schema)
        long = dict(full)
        full.clear()
        full["anyOf"] = [long["properties"][cls.short], long]
        return schema


def _one_key(value: object) -> object:
    if isinstance(value, dict) and len(value) != 1:
        keys = " and ".join(f"'{key}'" for key in value) or "nothing"
        raise ValueError(f"one entry has one key, this has {keys}; start each with '- ', indent what belongs to it")
    return value


ONE_KEY = (BeforeValidator(_one_key), Field(json_schema_extra={"minProperties": 1, "maxProperties": 1}))
"""Annotates a mapping that has exactly one of its keys: a filter, an action."""
