"""Content and embeddings of filed images, to find duplicates and similar images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from snapsortd.domain.entry import Entry
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import signed, to_entry

MAX_HAMMING_DISTANCE = 24
"""The number of bits, of 64, in which two sketches may differ. With a cosine of 0.9 they differ in 9 ± 3."""

_ALL = 2**64 - 1


class SimilarImages:
    """The sketches and embeddings of filed images. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def remember(self, entry_id: int, model: str, sketch: int, embedding: bytes) -> None:
        """Store a model's embedding of the image of an entry; `sketch` is unsigned. Not durable immediately."""
        with self._file.writing(durable=False) as db:
            statement = "REPLACE INTO likenesses (entry, model, sketch, embedding) VALUES (?, ?, ?, ?)"
            db.execute(statement, (entry_id, model, signed(sketch), embedding))

    def nearest(self, model: str, sketch: int, limit: int) -> list[int]:
        """Return the ids of the entries whose sketches differ least from this one, best first.

        All that is read is in an index, 20 bytes a row. The memory used does not grow with the table.
        """
        mine = signed(sketch)
        by_distance: list[list[int]] = [[] for _ in range(MAX_HAMMING_DISTANCE + 1)]
        with self._file.reading() as db:
            for entry, other in db.execute("SELECT entry, sketch FROM likenesses WHERE model = ?", (model,)):
                distance = ((mine ^ other) & _ALL).bit_count()
                if distance <= MAX_HAMMING_DISTANCE and len(by_distance[distance]) < limit:
                    by_distance[distance].append(entry)
        return list(islice(chain.from_iterable(by_distance), limit))

    def embeddings(self, entry_ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield id and embedding of those of these entries that have one."""
        with self._file.reading() as db:
            for number in entry_ids:
                row = db.execute("SELECT embedding FROM likenesses WHERE entry = ?", (number,)).fetchone()
                if row is not None:
                    yield number, row["embedding"]

    def same_content(self, sha256: bytes, limit: int) -> list[Entry]:
        """Return the newest entries in effect for a file with this content."""
        statement = (
            "SELECT * FROM entries WHERE sha256 = ? AND state = 'done' AND reversed_by IS NULL ORDER BY id DESC LIMIT ?"
        )
        with self._file.reading() as db:
            return [to_entry(row) for row in db.execute(statement, (sha256, limit))]
