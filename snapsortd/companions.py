"""Files that belong to an image and go where it goes: sidecars, a Live Photo's film, a raw file beside its JPEG.

Told from names alone, in one folder: cameras, phones and editors keep the stem and change what follows. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from snapsortd.domain.names import RAW_SUFFIXES, NameSeries, split_name

SIDECARS = ("xmp", "aae")
"""XMP: Lightroom, darktable, digiKam and others. AAE: what Apple's Photos has edited."""

FILM = "mov"
"""The moving part of a Live Photo, beside its HEIC or JPEG."""

PHOTOS = frozenset({"heic", "heif", "jpg", "jpeg", "jpe"})
"""What a camera or phone writes a raw file or a film beside."""

APPLE_DOUBLE = "._"
"""Before the name: what macOS keeps of a file on disks that have no place for it."""


def companions_of(name: str) -> tuple[str, ...]:
    """The names, in the image's own folder, that what belongs to it may have."""
    stem, suffix = split_name(name)
    own = [f"{name}.{case}" for sidecar in SIDECARS for case in _cases(sidecar)]
    suffixes = list(SIDECARS)
    if suffix.lower() in PHOTOS:
        suffixes += [FILM, *sorted(RAW_SUFFIXES)]
    shared = [f"{stem}.{case}" for each in suffixes for case in _cases(each)]
    found = list(dict.fromkeys((*own, *shared)))
    return (*found, *(APPLE_DOUBLE + each for each in (name, *found)))


def leaders_of(name: str) -> tuple[str, ...]:
    """The names of the photos that a raw file of this name goes along with, if one is there."""
    stem, suffix = split_name(name)
    if suffix.lower() not in RAW_SUFFIXES:
        return ()
    return tuple(chain.from_iterable((f"{stem}.{case}" for case in _cases(photo)) for photo in sorted(PHOTOS)))


def series_beside(companion: str, image: str, new: str) -> NameSeries:
    """The names for a companion of `image`, now that the image is called `new`."""
    stem, suffix = split_name(_beside(companion, image, new))
    return NameSeries((stem,), suffix and f".{suffix}")


def _beside(companion: str, image: str, new: str) -> str:
    if companion == image:
        return new
    if companion.startswith(APPLE_DOUBLE):
        return APPLE_DOUBLE + _beside(companion.removeprefix(APPLE_DOUBLE), image, new)
    if companion.startswith(f"{image}."):
        return new + companion.removeprefix(image)
    return split_name(new)[0] + companion.removeprefix(split_name(image)[0])


def _cases(suffix: str) -> Iterator[str]:
    yield suffix
    yield suffix.upper()
