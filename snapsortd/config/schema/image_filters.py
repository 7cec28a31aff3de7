"""The schema of filters on an image: label, format, dimensions, EXIF metadata and duplicates."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, RootModel, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from snapsortd.config.schema.base import Short, Strict
from snapsortd.config.schema.filter_values import Aspects, Cosine, ExifTags, Formats, Megapixels, Precision, Regex
from snapsortd.config.schema.texts import Line, Lines, describe
from snapsortd.config.schema.values import KnownLabels, Pixels
from snapsortd.files.installed import INSTALL_TEXT, can_read_text
from snapsortd.rules.filters import (
    AlphaFilter,
    AnimatedFilter,
    CameraFilter,
    DescriptionFilter,
    DimensionsFilter,
    DuplicateFilter,
    ExifFilter,
    Filter,
    FormatFilter,
    GpsFilter,
    LabelFilter,
    Not,
    TextFilter,
    Words,
)


class LabelIs(Short):
    short = "is"
    is_: KnownLabels = Field(alias="is")
    min_score: float = Field(0.5, ge=0, le=1)
    min_margin: float = Field(0.0, ge=0, le=1)
    """The best score minus the second best."""
    precision: Precision | None = None
    """Share of the images that are right, instead of min_score: the score for it is looked up, and shown by check."""

    @model_validator(mode="after")
    def _check_one(self) -> LabelIs:
        if self.precision is not None and "min_score" in self.model_fields_set:
            raise ValueError("has both precision and min_score; remove one of them")
        return self

    def build(self) -> Filter:
        return LabelFilter(tuple(self.is_), self.min_score, self.min_margin, self.precision)


class FormatIs(Short):
    short = "is"
    is_: Formats = Field(alias="is")
    """The format, detected from the content: png, jpeg, webp, gif, bmp, tiff, heic, avif, jp2, jxl, raw or pdf."""

    def build(self) -> Filter:
        return FormatFilter(tuple(self.is_))


class DimensionsAre(Strict):
    width: Pixels = ()
    height: Pixels = ()
    aspect: Aspects = ()
    """Width divided by height, as a number or as 16:9."""
    megapixels: Megapixels = ()

    @model_validator(mode="after")
    def _check_condition(self) -> DimensionsAre:
        if not (self.width or self.height or self.aspect or self.megapixels):
            raise ValueError("has no condition; give width, height, aspect or megapixels")
        return self

    def build(self) -> Filter:
        return DimensionsFilter(self.width, self.height, self.aspect, self.megapixels)


class ExifHas(RootModel[ExifTags]):
    """One or more tags, or a mapping of tags to shell patterns for their values."""

    model_config = ConfigDict(strict=True, frozen=True)

    def build(self) -> Filter:
        return ExifFilter(tuple((tag, tuple(patterns)) for tag, patterns in self.root.items()))


class CameraIs(Short):
    short = "is"
    is_: Lines = Field(alias="is")
    """Shell patterns for make and model, without regard to case."""

    def build(self) -> Filter:
        return CameraFilter(tuple(self.is_))


class WordsAre(Short):
    """Conditions on a text, of which at least one must be given."""

    short = "contains"
    contains: Line | None = None
    """A text that is in it, without regard to case and white space."""
    any: Lines = Field(default_factory=list)
    """Texts of which at least one is in it."""
    all: Lines = Field(default_factory=list)
    """Texts that are all in it."""
    regex: Regex = ""
    """A regular expression to search for, without regard to case; ^ and $ are the ends of a line, and (?P<name>…)
    provides {regex.name} to the templates."""

    @model_validator(mode="after")
    def _check_condition(self) -> Self:
        if not (self.contains or self.any or self.all or self.regex):
            raise ValueError("has no condition; give contains, any, all or regex")
        return self

    def words(self) -> Words:
        needed = ((self.contains,) if self.contains else ()) + tuple(self.all)
        return Words(tuple(self.any), needed, self.regex)


class TextIs(WordsAre):
    @model_validator(mode="after")
    def _check_reader(self) -> TextIs:
        if not can_read_text():
            raise ValueError(f"needs the text in images, which is not read here; install it: {INSTALL_TEXT}")
        return self

    def build(self) -> Filter:
        return TextFilter(self.words())


class DescriptionIs(WordsAre):
    def build(self) -> Filter:
        return DescriptionFilter(self.words())


class Has(RootModel[bool]):
    """true, or false for the opposite."""

    model_config = ConfigDict(strict=True, frozen=True)

    def _oriented(self, wanted: Filter) -> Filter:
        return wanted if self.root else Not(wanted)


class HasGps(Has):
    """Whether the image has a GPS position."""

    def build(self) -> Filter:
        return self._oriented(GpsFilter())


class IsAnimated(Has):
    """Whether the image is animated."""

    def build(self) -> Filter:
        return self._oriented(AnimatedFilter())


class HasAlpha(Has):
    """Whether the image has an alpha channel."""

    def build(self) -> Filter:
        return self._oriented(AlphaFilter())


class DuplicateIs(Strict):
    near: Cosine | None = None
    """Minimum similarity to a filed image, 0.9 to 1."""

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
