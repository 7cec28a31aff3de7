"""Descriptions of images in words, by content and by the captioner that wrote them."""

from __future__ import annotations

import time
from collections.abc import Callable

from snapsortd.journal.file import JournalFile


class Captions:
    """The captions of all images that were described. Every method raises JournalError if the file can't be relied on.

    A captioner is named by a text that changes whenever its captions do.
    """

    def __init__(self, file: JournalFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def store(self, sha256: bytes, captioner: str, caption: str) -> None:
        """Store the caption of an image, unless it has one. Not durable immediately: it can be written again."""
        with self._file.writing(durable=False) as db:
            statement = "INSERT OR IGNORE INTO captions (sha256, captioner, caption, at) VALUES (?, ?, ?, ?)"
            db.execute(statement, (sha256, captioner, caption, self._clock()))

    def of(self, sha256: bytes, captioner: str) -> str | None:
        """Return the caption of an image by this captioner, or None."""
        statement = "SELECT caption FROM captions WHERE sha256 = ? AND captioner = ?"
        with self._file.reading() as db:
            row = db.execute(statement, (sha256, captioner)).fetchone()
        return row["caption"] if row else None

    def newest(self, sha256: bytes) -> str:
        """Return the newest caption of an image by any captioner; empty if it has none."""
        statement = "SELECT caption FROM captions WHERE sha256 = ? ORDER BY at DESC LIMIT 1"
        with self._file.reading() as db:
            row = db.execute(statement, (sha256,)).fetchone()
        return row["caption"] if row else ""
