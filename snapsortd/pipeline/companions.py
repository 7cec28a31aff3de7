"""Companions: files that belong to an image and are filed together with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.names import RAW_SUFFIXES, NameSeries, split_name
from snapsortd.files.folders import lstat
from snapsortd.files.identity import folded
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.files.remove import is_being_written
from snapsortd.journal import Journal

SIDECARS = ("xmp", "aae")
"""XMP: metadata by Lightroom, darktable, digiKam and others. AAE: edits by Apple's Photos."""

FILM = "mov"
"""The moving part of a Live Photo, beside its HEIC or JPEG."""

PHOTOS = frozenset({"heic", "heif", "jpg", "jpeg", "jpe"})
"""Formats of a photo beside which a camera or phone writes a raw file or a film."""

APPLE_DOUBLE = "._"
"""Prefix of the file in which macOS stores metadata on file systems that can't store it."""


def companion_names(name: str) -> tuple[str, ...]:
    """Return the names that companions of an image may have, in the image's own folder."""
    stem, suffix = split_name(name)
    own = [f"{name}.{case}" for sidecar in SIDECARS for case in _cases(sidecar)]
    suffixes = list(SIDECARS)
    if suffix.lower() in PHOTOS:
        suffixes += [FILM, *sorted(RAW_SUFFIXES)]
    shared = [f"{stem}.{case}" for each in suffixes for case in _cases(each)]
    found = list(dict.fromkeys((*own, *shared)))
    return (*found, *(APPLE_DOUBLE + each for each in (name, *found)))


def main_photo_names(name: str) -> tuple[str, ...]:
    """Return the names of the photos that a raw file with this name is a companion of, if one exists."""
    stem, suffix = split_name(name)
    if suffix.lower() not in RAW_SUFFIXES:
        return ()
    return tuple(chain.from_iterable((f"{stem}.{case}" for case in _cases(photo)) for photo in sorted(PHOTOS)))


def series_beside(companion: str, image: str, new: str) -> NameSeries:
    """Return the names for a companion of `image`, now that the image is called `new`."""
    stem, suffix = split_name(_name_beside(companion, image, new))
    return NameSeries((stem,), suffix and f".{suffix}")


def _name_beside(companion: str, image: str, new: str) -> str:
    if companion == image:
        return new
    if companion.startswith(APPLE_DOUBLE):
        return APPLE_DOUBLE + _name_beside(companion.removeprefix(APPLE_DOUBLE), image, new)
    if companion.startswith(f"{image}."):
        return new + companion.removeprefix(image)
    return split_name(new)[0] + companion.removeprefix(split_name(image)[0])


def _cases(suffix: str) -> Iterator[str]:
    yield suffix
    yield suffix.upper()


def companions(image: OpenFile) -> list[str]:
    """Return the paths of an image's companions: regular files in its folder."""
    seen = {(image.identity.dev, image.identity.ino)}
    spellings, found = set[str](), list[str]()
    for path, identity in _beside(image.path, image.root, companion_names(os.path.basename(image.path))):
        name, file = os.path.basename(path), (identity.dev, identity.ino)
        if file in seen or (folded(name) in spellings and name not in image.place.folder.names()):
            continue  # on a case-insensitive file system, two of the names are one file, whatever its numbers
        seen.add(file)
        spellings.add(folded(name))
        found.append(path)
    return found


def main_photo(image: OpenFile) -> str:
    """Return the path of the photo that a raw file is a companion of; empty if it is filed on its own."""
    beside = _beside(image.path, image.root, main_photo_names(os.path.basename(image.path)))
    return next((path for path, _ in beside), "")


def moved_with_image(journal: Journal, path: str) -> Entry | None:
    """Return the entry that moved the file from `path` together with its image, if that is why it is gone, or None."""
    newest = next(iter(journal.entries(1, path=path)), None)
    if newest is None or newest.intent.cause.follows is None or newest.intent.source != path or not newest.has_moved:
        return None
    return None if newest.reversed_by is not None or lstat(path) is not None else newest


def _beside(path: str, root: str, names: Iterable[str]) -> Iterator[tuple[str, FileIdentity]]:
    for name in names:
        there = os.path.join(os.path.dirname(path), name)
        found = lstat(there, root)
        if found is not None and found.is_regular:
            yield there, found.identity


@contextmanager
def open_companion(path: str, root: str) -> Iterator[OpenFile]:
    """Hold a companion open.

    Raise MoveRefused if it is still being written: the image waits for it, longer each time, and says why.
    """
    with open_file(path, root) as companion:
        if is_being_written(companion.fd):
            name = os.path.basename(path)
            raise MoveRefused(
                f"{name}, which belongs to it, is still being written by another program",
                "it is tried again later; `snapsortctl sort FILE` tries it at once",
            )
        yield companion
