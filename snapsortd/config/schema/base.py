"""Base classes for the entries of the configuration: strict, and optionally with a short form."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


def attribute_docstrings(cls: type) -> dict[str, str]:
    """Return the docstring below each attribute in the source of `cls`.

    With `use_attribute_docstrings`, pydantic would read them whenever the class is created: a tenth of a second at
    every start, for text that only the JSON Schema needs.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        statement.target.id: inspect.cleandoc(below.value.value)
        for statement, below in pairwise(definition.body)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


class Strict(BaseModel):
    """A mapping that rejects unknown keys and never converts values."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in attribute_docstrings(cls).items():
            properties[cls.model_fields[name].alias or name]["description"] = text
        return schema


class Short(Strict):
    """A mapping that may be shortened to the value of its key `short`: `label: receipt`."""

    short: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: object) -> object:
        return value if isinstance(value, dict) or value is None else {cls.short: value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        full = handler.resolve_ref_schema(schema)
        long = dict(full)
        full.clear()
        full["anyOf"] = [long["properties"][cls.short], long]
        return schema


def _one_key(value: object) -> object:
    if isinstance(value, dict) and len(value) != 1:
        keys = " and ".join(f"'{key}'" for key in value) or "nothing"
        raise ValueError(
            f"an entry has exactly one key, but this one has {keys}; start each with '- ' and indent what belongs to it"
        )
    return value


ONE_KEY = (BeforeValidator(_one_key), Field(json_schema_extra={"minProperties": 1, "maxProperties": 1}))
"""Annotation of a mapping with exactly one of its keys: a filter, an action."""
