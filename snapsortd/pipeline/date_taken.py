"""Choose the date on which an image was taken, from all that are known, in the order of the configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.domain.image import ImageFacts
from snapsortd.domain.names import split_name
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.rules.date_in_name import date_in_name
from snapsortd.vision.film_date import film_date

CLOCK_ERROR = timedelta(days=1)
"""The most that a camera's clock or time zone may be ahead; later dates are in the future, so they are wrong."""

FILMS = ("mov", "MOV", "mp4", "MP4")
"""Suffixes of the moving part that phones write beside a photo."""
PHOTOS = frozenset({"heic", "jpeg"})

_UNIVERSAL = frozenset({"gps", "film", "name"})
"""Sources that count in universal time, for want of a time zone; the local one is nearer to that of the place."""


def with_date_taken(facts: ImageFacts, image: OpenFile, format: str, order: Sequence[str], now: datetime) -> ImageFacts:
    """Return the facts of an image with the first date in `order` that is not in the future."""
    for source in order:
        date = _date(facts, image, format, source)
        if date is not None and not _is_future(date, now):
            return replace(facts, taken=date, taken_from=source)
    return facts


def _date(facts: ImageFacts, image: OpenFile, format: str, source: str) -> datetime | None:
    if source == "film":
        date = _film_beside(image.path, image.root) if format in PHOTOS else None
    else:
        date = date_in_name(os.path.basename(image.path)) if source == "name" else facts.dates.get(source)
    return date.astimezone() if date is not None and source in _UNIVERSAL and date.tzinfo is UTC else date


def _film_beside(photo: str, root: str) -> datetime | None:
    folder, name = os.path.split(photo)
    for suffix in FILMS:
        with (
            suppress(FileChanged, MoveRefused, OSError),
            open_file(f"{folder}/{split_name(name)[0]}.{suffix}", root) as film,
        ):
            return film_date(film.fd)
    return None


def _is_future(date: datetime, now: datetime) -> bool:
    latest = now + CLOCK_ERROR
    return date > (latest if date.tzinfo is not None else latest.replace(tzinfo=None))
