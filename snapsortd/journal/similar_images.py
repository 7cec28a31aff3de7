"""What the journal knows of the looks and contents of filed images, to find one of them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from snapsortd.domain.entry import Entry
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import signed, to_entry

MAX_HAMMING_DISTANCE = 24
"""Bits of 64 in which sketches may differ. Those of embeddings with a cosine of 0.9 differ in 9 ± 3."""

_ALL = 2**64 - 1


class Likenesses:
    """Sketches and embeddings of filed images. Every method raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def remember(self, entry_id: int, model: str, sketch: int, embedding: bytes) -> None:
        """Note what the image of an entry looks like to a model; `sketch` is unsigned. Not durable at once."""
        with self._file.writing(durable=False) as db:
            statement = "REPLACE INTO likenesses (entry, model, sketch, embedding) VALUES (?, ?, ?, ?)"
            db.execute(statement, (entry_id, model, signed(sketch), embedding))

    def nearest(self, model: str, sketch: int, most: int) -> list[int]:
        """The entries whose sketches differ least from this one, best first.

        An index holds all that is read: 20 bytes a row. What is kept of it does not grow with the table.
        """
        mine = signed(sketch)
        by_distance: list[list[int]] = [[] for _ in range(MAX_HAMMING_DISTANCE + 1)]
        with self._file.reading() as db:
            for entry, other in db.execute("SELECT entry, sketch FROM likenesses WHERE model = ?", (model,)):
                distance = ((mine ^ other) & _ALL).bit_count()
                if distance <= MAX_HAMMING_DISTANCE and len(by_distance[distance]) < most:
                    by_distance[distance].append(entry)
        return list(islice(chain.from_iterable(by_distance), most))

    def embeddings(self, entry_ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """The embeddings of these entries, as far as they are there."""
        with self._file.reading() as db:
            for number in entry_ids:
                row = db.execute("SELECT embedding FROM likenesses WHERE entry = ?", (number,)).fetchone()
                if row is not None:
                    yield number, row["embedding"]

    def same_content(self, sha256: bytes, most: int) -> list[Entry]:
        """The newest standing entries for a file of this content."""
        statement = (
            "SELECT * FROM entries WHERE sha256 = ? AND state = 'done' AND reversed_by IS NULL ORDER BY id DESC LIMIT ?"
        )
        with self._file.reading() as db:
            return [to_entry(row) for row in db.execute(statement, (sha256, most))]
