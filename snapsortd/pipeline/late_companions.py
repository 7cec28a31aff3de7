"""Companions that come shortly after their image was filed: they follow it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.names import IMAGE_SUFFIXES, RAW_SUFFIXES, suffix_of
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal
from snapsortd.pipeline.companions import (
    companion_names,
    main_photo_names,
    moved_with_image,
    sidecar_names,
    version_names,
)

GRACE_S = 300.0
"""A companion may be written this much later than its image is filed: a film, or the next file of an archive."""

_OF_TAKEOUT = re.compile(r"(?P<stem>.+)\.(?P<suffix>\w+)(\.[\w-]*)?(?P<number>\(\d+\))\.json")
_OF_DARKTABLE = re.compile(r"(?P<stem>.+)_\d\d\.(?P<suffix>\w+)\.xmp")


@dataclass(frozen=True, slots=True)
class Leader:
    """An image that was filed: the name that it had beside its companion, and the entry that put it where it is."""

    name: str
    entry: Entry


def find_leader(journal: Journal, companion: OpenFile, suffixes: Sequence[str]) -> Leader | None:
    """Return the image that this file belongs to, if it was moved away shortly before, or None.

    Raise MoveRefused if it is just being moved.
    """
    folder, name = os.path.split(companion.path)
    if suffix_of(name) not in {*suffixes, *RAW_SUFFIXES}:
        return None
    paths = [os.path.join(folder, leader) for leader in dict.fromkeys(_leaders(name))]
    for entry in journal.moved_from(paths):
        leader = os.path.basename(entry.intent.source)
        came_later = abs(companion.stat.st_ctime - entry.at) <= GRACE_S
        if came_later and (_belongs(name, leader, suffixes) or _is_of_raw(journal, companion.path, leader, suffixes)):
            last = _last_of(journal, entry)
            if last.state is not State.DONE:
                raise MoveRefused(f"{leader}, to which it belongs, is just being filed", "it follows after that")
            return Leader(leader, last)
    return None


def _leaders(name: str) -> Iterator[str]:
    """Yield the names that the image of a companion may have."""
    for pattern, number in ((_OF_TAKEOUT, "number"), (_OF_DARKTABLE, "")):
        if found := pattern.fullmatch(name):
            image = f"{found['stem']}{found[number] if number else ''}.{found['suffix']}"
            yield from (image, *main_photo_names(image))
    start = name
    while "." in start:
        start = start.rpartition(".")[0]
        yield start
        for suffix in sorted(IMAGE_SUFFIXES):
            yield from (f"{start}.{suffix}", f"{start}.{suffix.upper()}")


def _belongs(name: str, leader: str, suffixes: Sequence[str]) -> bool:
    return name in companion_names(leader, suffixes) or ("xmp" in suffixes and name in version_names(leader))


def _is_of_raw(journal: Journal, path: str, leader: str, suffixes: Sequence[str]) -> bool:
    """Return True for a sidecar of a raw file that went along with its photo, the leader."""
    folder, name = os.path.split(path)
    raw_files = {each for each in companion_names(leader, suffixes) if suffix_of(each) in RAW_SUFFIXES}
    found = (each for each in dict.fromkeys(_leaders(name)) if each in raw_files and _is_sidecar(name, each, suffixes))
    return any(moved_with_image(journal, os.path.join(folder, raw)) is not None for raw in found)


def _is_sidecar(name: str, image: str, suffixes: Sequence[str]) -> bool:
    return name in sidecar_names(image, suffixes) or ("xmp" in suffixes and name in version_names(image))


def _last_of(journal: Journal, entry: Entry) -> Entry:
    """Return the entry of the same batch that put the image where it is now."""
    while following := [each for each in journal.moved_from([entry.intent.target]) if _continues(each, entry)]:
        entry = following[0]
        if entry.intent.kind is EntryKind.TRASH:
            break
    return entry


def _continues(later: Entry, entry: Entry) -> bool:
    return later.id > entry.id and later.intent.cause.batch == entry.intent.cause.batch
