"""What is asked of the image: what it shows, its kind and size, what the camera wrote, is it filed already."""

from __future__ import annotations

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, RootModel, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from snapsortd.config.schema.base import Short, Strict
from snapsortd.config.schema.filter_values import Aspects, Cosine, ExifTags, Formats, Megapixels
from snapsortd.config.schema.values import KnownLabels, Lines, Pixels, describe
from snapsortd.rules.filters import (
    AlphaFilter,
    AnimatedFilter,
    CameraFilter,
    DimensionsFilter,
    DuplicateFilter,
    ExifFilter,
    Filter,
    FormatFilter,
    GpsFilter,
    LabelFilter,
    Not,
)


class LabelIs(Short):
    short = "is"
    is_: KnownLabels = Field(alias="is")
    min_score: float = Field(0.5, ge=0, le=1)
    min_margin: float = Field(0.0, ge=0, le=1)
    """Best score minus second best."""

    def build(self) -> Filter:
        return LabelFilter(tuple(self.is_), self.min_score, self.min_margin)


class FormatIs(Short):
    short = "is"
    is_: Formats = Field(alias="is")
    """Told from the file's content: png, jpeg, webp, gif, bmp, tiff, heic, avif, raw or pdf."""

    def build(self) -> Filter:
        return FormatFilter(tuple(self.is_))


class DimensionsAre(Strict):
    width: Pixels = ()
    height: Pixels = ()
    aspect: Aspects = ()
    """Width divided by height, as a number or as 16:9."""
    megapixels: Megapixels = ()

    @model_validator(mode="after")
    def _asks_something(self) -> DimensionsAre:
        if not (self.width or self.height or self.aspect or self.megapixels):
            raise ValueError("has no condition; give width, height, aspect or megapixels")
        return self

    def build(self) -> Filter:
        return DimensionsFilter(self.width, self.height, self.aspect, self.megapixels)


class ExifHas(RootModel[ExifTags]):
    """A tag, several, or shell patterns for the values of each."""

    model_config = ConfigDict(strict=True, frozen=True)

    def build(self) -> Filter:
        return ExifFilter(tuple((tag, tuple(patterns)) for tag, patterns in self.root.items()))


class CameraIs(Short):
    short = "is"
    is_: Lines = Field(alias="is")
    """Shell patterns for maker and model, whatever the case."""

    def build(self) -> Filter:
        return CameraFilter(tuple(self.is_))


class Has(RootModel[bool]):
    """true, or false for the opposite."""

    model_config = ConfigDict(strict=True, frozen=True)

    def _which(self, asked: Filter) -> Filter:
        return asked if self.root else Not(asked)


class HasGps(Has):
    """Does the image tell where it was taken?"""

    def build(self) -> Filter:
        return self._which(GpsFilter())


class IsAnimated(Has):
    """Does the image move?"""

    def build(self) -> Filter:
        return self._which(AnimatedFilter())


class HasAlpha(Has):
    """Does the image have an alpha channel?"""

    def build(self) -> Filter:
        return self._which(AlphaFilter())


class DuplicateIs(Strict):
    near: Cosine | None = None
    """How much alike they must look, 0.9 to 1."""

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: object) -> object:
        if value == "exact":
            return {}
        if isinstance(value, dict) and value and value.get("near", 0) is not None:
            return value
        raise ValueError(f"must be exact or {{near: 0.97}}, not {describe(value)}")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        full = handler.resolve_ref_schema(schema)
        long = dict(full)
        full.clear()
        full["anyOf"] = [{"const": "exact"}, long]
        return schema

    def build(self) -> Filter:
        return DuplicateFilter(self.near)
