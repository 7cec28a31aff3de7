"""Which images are known, where they are, and their embeddings: what is searched.

An image is known if it was filed, or left alone after it was classified (table `images`), or taken in for the search
alone (table `indexed`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.file import FileIdentity
from snapsortd.journal.file import JournalFile

_LEFT = "outcome IN ('left', 'shadow', 'offered')"
_COLUMNS = "path, size, mtime_ns, sha256"


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """Where an image was when it was last seen, and the version of the file that it was."""

    path: str
    size: int
    mtime_ns: int
    sha256: bytes


class SearchIndex:
    """Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def take_in(self, path: str, sha256: bytes, identity: FileIdentity) -> None:
        """Record an image that is to be found, together with its embedding; durable immediately."""
        row = (os.fsencode(path), identity.size, identity.mtime_ns, sha256)
        with self._file.writing() as db:
            db.execute(f"REPLACE INTO indexed ({_COLUMNS}) VALUES (?, ?, ?, ?)", row)

    def content_of(self, path: str, identity: FileIdentity) -> bytes | None:
        """Return the SHA-256 of this version of a file that was taken in, or None."""
        statement = "SELECT sha256 FROM indexed WHERE path = ? AND size = ? AND mtime_ns = ?"
        with self._file.reading() as db:
            row = db.execute(statement, (os.fsencode(path), identity.size, identity.mtime_ns)).fetchone()
        return row["sha256"] if row else None

    def embeddings(self, checkpoint: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield SHA-256 and embedding of all images by this checkpoint, always in the same order."""
        statement = "SELECT sha256, embedding FROM embeddings WHERE checkpoint = ? ORDER BY sha256"
        with self._file.reading() as db:
            rows = db.cursor()
            rows.row_factory = None  # plain tuples, for there are many
            yield from rows.execute(statement, (checkpoint,))

    def places_of(self, sha256: bytes) -> list[KnownPlace]:
        """Return where an image was, in order of the paths; of a file that changed, its older versions too."""
        return self._places("sha256 = ?", sha256)

    def places_at(self, path: str) -> list[KnownPlace]:
        """Return the versions of the image that was at a path."""
        return self._places("path = ?", os.fsencode(path))

    def left(self) -> list[KnownPlace]:
        """Return the images that were classified and that no rule has filed, in order of their paths."""
        with self._file.reading() as db:
            statement = f"SELECT {_COLUMNS} FROM images WHERE {_LEFT} AND sha256 != x'' ORDER BY path"
            return [_to_place(row) for row in db.execute(statement)]

    def _places(self, where: str, value: bytes) -> list[KnownPlace]:
        statement = (
            f"SELECT {_COLUMNS} FROM indexed WHERE {where}"
            f" UNION SELECT {_COLUMNS} FROM images WHERE {where} AND sha256 != x'' ORDER BY path"
        )
        with self._file.reading() as db:
            return [_to_place(row) for row in db.execute(statement, (value, value))]


def _to_place(row: Any) -> KnownPlace:
    return KnownPlace(os.fsdecode(row["path"]), row["size"], row["mtime_ns"], row["sha256"])
