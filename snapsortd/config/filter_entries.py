"""The filters as they are written: `- size: "< 20MB"`, each also as `not …` and long as `{is: …}`."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import Field, model_validator
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from snapsortd.config.entry import ONE_KEY, Short, Strict
from snapsortd.config.values import Ages, Extensions, KnownLabels, Lines, Pixels, Sizes
from snapsortd.filters import (
    AgeFilter,
    DimensionsFilter,
    ExtensionFilter,
    Filter,
    LabelFilter,
    NameFilter,
    SizeFilter,
)


class FilterBody(Protocol):
    def build(self) -> Filter: ...


class LabelIs(Short):
    short = "is"
    is_: KnownLabels = Field(alias="is")
    min_score: float = Field(0.5, ge=0, le=1)
    min_margin: float = Field(0.0, ge=0, le=1)
    """Best score minus second best."""

    def build(self) -> Filter:
        return LabelFilter(tuple(self.is_), self.min_score, self.min_margin)


class ExtensionIs(Short):
    short = "is"
    is_: Extensions = Field(alias="is")

    def build(self) -> Filter:
        return ExtensionFilter(tuple(self.is_))


class NameIs(Short):
    short = "is"
    is_: Lines = Field(alias="is")
    """Shell patterns for the whole file name, whatever the case."""

    def build(self) -> Filter:
        return NameFilter(tuple(self.is_))


class SizeIs(Short):
    short = "is"
    is_: Sizes = Field(alias="is")

    def build(self) -> Filter:
        return SizeFilter(self.is_)


class DimensionsAre(Strict):
    width: Pixels = ()
    height: Pixels = ()

    @model_validator(mode="after")
    def _asks_something(self) -> DimensionsAre:
        if not self.width and not self.height:
            raise ValueError("asks for nothing; give width, height or both")
        return self

    def build(self) -> Filter:
        return DimensionsFilter(self.width, self.height)


class AgeIs(Short):
    short = "is"
    is_: Ages = Field(alias="is")
    of: Literal["created", "modified", "taken"] = "modified"

    def build(self) -> Filter:
        return AgeFilter(self.is_, self.of)


# The `not` keys make these functional; strictness comes from the model that holds them.
Filters = TypedDict(
    "Filters",
    {
        "label": LabelIs,
        "not label": LabelIs,
        "extension": ExtensionIs,
        "not extension": ExtensionIs,
        "name": NameIs,
        "not name": NameIs,
        "size": SizeIs,
        "not size": SizeIs,
        "dimensions": DimensionsAre,
        "not dimensions": DimensionsAre,
        "age": AgeIs,
        "not age": AgeIs,
    },
    total=False,
)


FilterEntry = Annotated[Filters, *ONE_KEY]
