"""Labelled images, read from a folder of folders or from a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of

COLUMNS = ("path", "label")
_HINT = f"give a folder with one folder of images per label, or a CSV file with the columns {' and '.join(COLUMNS)}"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An image and its true label."""

    path: str
    label: str


def read_dataset(path: str) -> list[Labelled]:
    """Return the labelled images at `path`, in order. Raises SnapsortError if there are none."""
    try:
        found = list(_folder_of_folders(path) if os.path.isdir(path) else _table(path))
    except OSError as error:
        raise SnapsortError(f"{path} cannot be read: {error.strerror}", _HINT) from None
    if not found:
        raise SnapsortError(f"there are no labelled images in {path}", _HINT)
    return found


def find_images(folder: str) -> Iterator[str]:
    """Yield every image below a folder by name; hidden files and symlinks are skipped."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(above, name)
            if suffix_of(name) in IMAGE_SUFFIXES and not name.startswith(".") and not os.path.islink(path):
                yield path


def _folder_of_folders(path: str) -> Iterator[Labelled]:
    for name in sorted(os.listdir(path)):
        folder = os.path.join(path, name)
        if os.path.isdir(folder) and not name.startswith("."):
            yield from (Labelled(image, name) for image in find_images(folder))


def _table(path: str) -> Iterator[Labelled]:
    """Yield the rows of a CSV file. Paths are relative to its folder; bytes that are not UTF-8 are kept."""
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise SnapsortError(f"{path} has no column {missing[0]}", _HINT)
            for row in rows:
                image, label = (row[name] or "" for name in COLUMNS)
                if not image or not label.strip():
                    raise SnapsortError(f"{path}:{rows.line_num}: the path or the label is missing", _HINT)
                yield Labelled(os.path.join(os.path.dirname(os.path.abspath(path)), image), label.strip())
        except csv.Error as error:
            raise SnapsortError(f"{path}:{rows.line_num}: {error}", _HINT) from None
