"""The schema of filters: `- size: "< 20MB"`, each also as `not …`, and most also as `{is: …}`."""

from __future__ import annotations

from typing import Annotated, Protocol

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from snapsortd.config.schema.base import ONE_KEY
from snapsortd.config.schema.file_filters import (
    AgeIs,
    DateIs,
    ExtensionIs,
    FolderIs,
    NameIs,
    RegexIs,
    SizeIs,
    UrlIs,
    WeekdayIs,
)
from snapsortd.config.schema.image_filters import (
    CameraIs,
    DescriptionIs,
    DimensionsAre,
    DuplicateIs,
    ExifHas,
    FormatIs,
    HasAlpha,
    HasGps,
    IsAnimated,
    LabelIs,
    TextIs,
)
from snapsortd.rules.filters import Filter


class FilterBody(Protocol):
    """The value of a filter's key."""

    def build(self) -> Filter: ...


# The `not` keys require the functional syntax; the model that contains these makes them strict.
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
        "regex": RegexIs,
        "not regex": RegexIs,
        "format": FormatIs,
        "not format": FormatIs,
        "date": DateIs,
        "not date": DateIs,
        "weekday": WeekdayIs,
        "not weekday": WeekdayIs,
        "exif": ExifHas,
        "not exif": ExifHas,
        "camera": CameraIs,
        "not camera": CameraIs,
        "gps": HasGps,
        "not gps": HasGps,
        "animated": IsAnimated,
        "not animated": IsAnimated,
        "alpha": HasAlpha,
        "not alpha": HasAlpha,
        "duplicate": DuplicateIs,
        "not duplicate": DuplicateIs,
        "description": DescriptionIs,
        "not description": DescriptionIs,
        "folder": FolderIs,
        "not folder": FolderIs,
        "text": TextIs,
        "not text": TextIs,
        "url": UrlIs,
        "not url": UrlIs,
    },
    total=False,
)


FilterEntry = Annotated[Filters, *ONE_KEY]
