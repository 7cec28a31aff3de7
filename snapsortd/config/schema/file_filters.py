"""The schema of filters on a file: name, folder, origin, size and dates; each in short form or as `{is: …}`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from snapsortd.config.schema.base import Short
from snapsortd.config.schema.filter_values import Addresses, Dates, FolderPatterns, Regex, Weekdays
from snapsortd.config.schema.texts import Lines
from snapsortd.config.schema.values import Ages, Extensions, Sizes
from snapsortd.config.screenshot_names import screenshot_names
from snapsortd.rules.filters import (
    AgeFilter,
    DateFilter,
    ExtensionFilter,
    Filter,
    FolderFilter,
    KnownNames,
    NameFilter,
    RegexFilter,
    SizeFilter,
    UrlFilter,
    WeekdayFilter,
)

Moment = Literal["added", "created", "modified", "taken"]


class ExtensionIs(Short):
    short = "is"
    is_: Extensions = Field(alias="is")

    def build(self) -> Filter:
        return ExtensionFilter(tuple(self.is_))


class NameIs(Short):
    short = "is"
    is_: Lines = Field(alias="is", default_factory=list)
    """Shell patterns for the whole file name, without regard to case."""
    contains: Lines = Field(default_factory=list)
    startswith: Lines = Field(default_factory=list)
    endswith: Lines = Field(default_factory=list)
    """Compared with the name with and without its suffix."""
    like: Literal["screenshot"] | None = None
    """screenshot: the name is one that a known program gives to screenshots, in any language."""

    @model_validator(mode="after")
    def _check_condition(self) -> NameIs:
        if not (self.is_ or self.contains or self.startswith or self.endswith or self.like):
            raise ValueError("has no condition; give is, contains, startswith, endswith or like")
        return self

    def build(self) -> Filter:
        known = KnownNames(self.like, screenshot_names()) if self.like else None
        return NameFilter(tuple(self.is_), tuple(self.contains), tuple(self.startswith), tuple(self.endswith), known)


class RegexIs(Short):
    short = "is"
    is_: Regex = Field(alias="is")
    """A regular expression to search for in the file name; (?P<name>…) provides {regex.name} to the templates."""

    def build(self) -> Filter:
        return RegexFilter(self.is_)


class FolderIs(Short):
    short = "is"
    is_: FolderPatterns = Field(alias="is")
    """Shell patterns for the path of the folder that contains the file, without regard to case."""

    def build(self) -> Filter:
        return FolderFilter(tuple(self.is_))


class UrlIs(Short):
    short = "is"
    is_: Addresses = Field(alias="is")
    """Shell patterns for the download address of the file, if the browser recorded it."""

    def build(self) -> Filter:
        return UrlFilter(tuple(self.is_))


class SizeIs(Short):
    short = "is"
    is_: Sizes = Field(alias="is")

    def build(self) -> Filter:
        return SizeFilter(self.is_)


class AgeIs(Short):
    short = "is"
    is_: Ages = Field(alias="is")
    of: Moment = "modified"

    def build(self) -> Filter:
        return AgeFilter(self.is_, self.of)


class DateIs(Short):
    short = "is"
    is_: Dates = Field(alias="is")
    """Bounds such as >= 2024-01-01, < 2024-07; each date means the whole year, month, day or minute."""
    of: Moment = "modified"

    def build(self) -> Filter:
        return DateFilter(self.is_, self.of)


class WeekdayIs(Short):
    short = "is"
    is_: Weekdays = Field(alias="is")
    """Days of the week, such as monday or mon, in any case; weekdays is monday to friday, weekend the others."""
    of: Moment = "modified"

    def build(self) -> Filter:
        return WeekdayFilter(tuple(self.is_), self.of)
