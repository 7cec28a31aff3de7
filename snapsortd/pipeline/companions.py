"""Companions: files that belong to an image and are filed together with it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.names import COMPANION_SUFFIXES, RAW_SUFFIXES, NameSeries, split_name, suffix_of
from snapsortd.files.folders import PathInFolder, lstat, open_folder
from snapsortd.files.identity import folded
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.files.remove import is_being_written
from snapsortd.journal import Journal

OF_PHOTOS = frozenset({"mov", "mp4", "wav"})
"""What a camera or phone records with a photo; beside another image, it is a file of its own."""

PHOTOS = frozenset({"heic", "heif", "hif", "jpg", "jpeg", "jpe"})
"""Formats of a photo beside which a camera or phone writes a raw file, a film or sound."""

MOTION = ".MP"
"""Google Takeout writes the film of `PXL_1.MP.jpg` to `PXL_1.MP`."""

APPLE_DOUBLE = "._"
"""Prefix of the file in which macOS stores metadata on file systems that can't store it."""

TAKEOUT = ".supplemental-metadata"
TAKEOUT_LENGTH = 46
"""Google Takeout writes metadata of `a.jpg` to `a.jpg.supplemental-metadata.json`, or `a.jpg.json` earlier, with the
name cut to this length before the suffix; a number stands at its end: `a(1).jpg`, `a.jpg(1).json`."""

MAX_VERSIONS = 99
"""darktable writes a second version of `a.cr2` to `a_01.cr2.xmp`, beside `a.cr2.xmp`, and so on."""

_NUMBERED = re.compile(r"(?P<stem>.+)(?P<number>\(\d+\))")


def companion_names(name: str, suffixes: Sequence[str] = COMPANION_SUFFIXES) -> tuple[str, ...]:
    """Return the names that companions of an image may have, in the image's own folder."""
    stem, suffix = split_name(name)
    is_photo = suffix.lower() in PHOTOS
    beside = [each for each in suffixes if each != "json" and (is_photo or each not in OF_PHOTOS)]
    own = sidecar_names(name, suffixes)
    if is_photo:
        beside += sorted(RAW_SUFFIXES)
    shared = [f"{stem}.{case}" for each in beside for case in _cases(each)]
    if is_photo and "mp4" in suffixes and stem.upper().endswith(MOTION):
        shared.append(stem)
    found = [each for each in dict.fromkeys((*own, *shared)) if each != name]
    return (*found, *(APPLE_DOUBLE + each for each in (name, *found)))


def sidecar_names(name: str, suffixes: Sequence[str]) -> list[str]:
    """Return the names of companions that are named after the whole name of a file: `a.cr2.xmp`."""
    own = [each for each in suffixes if each != "json" and each not in OF_PHOTOS]
    names = [f"{name}.{case}" for each in own for case in _cases(each)]
    return [*names, *takeout_names(name)] if "json" in suffixes else names


def takeout_names(name: str) -> Iterator[str]:
    """Yield the names that Google Takeout gives to the metadata of an image."""
    stem, suffix = split_name(name)
    numbered = _NUMBERED.fullmatch(stem)
    plain, number = (f"{numbered['stem']}.{suffix}", numbered["number"]) if numbered else (name, "")
    for length in range(len(TAKEOUT) + 1):
        yield f"{name}{TAKEOUT[:length]}.json"
        if number:
            yield f"{plain}{TAKEOUT[:length]}{number}.json"
    if len(plain) > TAKEOUT_LENGTH:
        yield f"{plain[:TAKEOUT_LENGTH]}{number}.json"


def version_names(name: str) -> Iterator[str]:
    """Yield the names of the sidecars of darktable's further versions of an image."""
    stem, suffix = split_name(name)
    yield from (f"{stem}_{number:02}.{suffix}.xmp" for number in range(1, MAX_VERSIONS + 1))


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
    if companion == image or new == image:
        return new if companion == image else companion
    if companion.startswith(APPLE_DOUBLE):
        return APPLE_DOUBLE + _name_beside(companion.removeprefix(APPLE_DOUBLE), image, new)
    if companion.startswith(f"{image}."):
        return new + companion.removeprefix(image)
    if companion in takeout_names(image):
        return f"{new}.json"
    return split_name(new)[0] + companion.removeprefix(split_name(image)[0])


def _cases(suffix: str) -> Iterator[str]:
    yield suffix
    yield suffix.upper()


def companions(image: OpenFile, suffixes: Sequence[str] = COMPANION_SUFFIXES) -> list[str]:
    """Return the paths of an image's companions: regular files in its folder."""
    image_name = os.path.basename(image.path)
    seen = {(image.identity.dev, image.identity.ino)}
    spellings, found = set[str](), list[str]()

    def wanted() -> Iterator[str]:
        yield from (each for each in companion_names(image_name, suffixes) if _may_be_there(each, image_name, found))
        raw_files = [each for each in found if suffix_of(each) in RAW_SUFFIXES]
        for raw in raw_files:
            yield from sidecar_names(raw, suffixes)
        for each in (image_name, *raw_files):
            if "xmp" in suffixes and f"{each}.xmp" in found:
                yield from version_names(each)

    for name, identity in _beside(image.path, image.root, wanted()):
        file = (identity.dev, identity.ino)
        if file in seen or (folded(name) in spellings and name not in image.place.folder.names()):
            continue  # on a case-insensitive file system, two of the names are one file, whatever its numbers
        seen.add(file)
        spellings.add(folded(name))
        found.append(name)
    return [os.path.join(os.path.dirname(image.path), name) for name in found]


def _may_be_there(name: str, image: str, found: Collection[str]) -> bool:
    """False for the metadata of a file that is not there: each look-up counts on a disk of the network."""
    return not name.startswith(APPLE_DOUBLE) or name.removeprefix(APPLE_DOUBLE) in (image, *found)


def main_photo(image: OpenFile) -> str:
    """Return the path of the photo that a raw file is a companion of; empty if it is filed on its own."""
    beside = _beside(image.path, image.root, main_photo_names(os.path.basename(image.path)))
    return next((os.path.join(os.path.dirname(image.path), name) for name, _ in beside), "")


def moved_with_image(journal: Journal, path: str) -> Entry | None:
    """Return the entry that moved the file from `path` together with its image, if that is why it is gone, or None."""
    newest = next(iter(journal.entries(1, path=path)), None)
    if newest is None or newest.intent.cause.follows is None or newest.intent.source != path or not newest.has_moved:
        return None
    return None if newest.reversed_by is not None or lstat(path) is not None else newest


def _beside(path: str, root: str, names: Iterable[str]) -> Iterator[tuple[str, FileIdentity]]:
    """Yield those of the names that are regular files in the folder of `path`."""
    with suppress(OSError), open_folder(os.path.dirname(path), root) as folder:
        for name in names:
            with suppress(OSError):  # it is too long, for example
                found = PathInFolder(folder, name).look()
                if found is not None and found.is_regular:
                    yield name, found.identity


@contextmanager
def open_companion(path: str, root: str) -> Iterator[OpenFile]:
    """Hold a companion open.

    Raise MoveRefused if it is still being written: the image waits for it, longer each time, and says why.
    """
    with open_file(path, root) as companion:
        refuse_if_written(companion, ", which belongs to it,")
        yield companion


def refuse_if_written(companion: OpenFile, remark: str = "") -> None:
    """Raise MoveRefused if a companion is still being written."""
    if is_being_written(companion.fd):
        raise MoveRefused(
            f"{companion.place.name}{remark} is still being written by another program",
            "it is tried again later; `snapsortctl sort FILE` tries it at once",
        )
