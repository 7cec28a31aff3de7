"""What persons told about images, and the embeddings that the classifier learns it from."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from snapsortd.domain.example import Example, Source
from snapsortd.journal.file import JournalFile


class Embeddings:
    """The embeddings of all decided images by content and checkpoint. Every method raises JournalError if the file
    can't be relied on.

    An embedding is in half precision (float16, little-endian); a checkpoint is named by its digest.
    """

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def remember(self, sha256: bytes, checkpoint: str, embedding: bytes) -> None:
        """Store the embedding of an image. Not durable immediately: it can be computed again."""
        with self._file.writing(durable=False) as db:
            statement = "INSERT OR IGNORE INTO embeddings (sha256, checkpoint, embedding) VALUES (?, ?, ?)"
            db.execute(statement, (sha256, checkpoint, embedding))

    def of(self, sha256: bytes, checkpoint: str) -> bytes | None:
        """Return the embedding of an image, or None."""
        with self._file.reading() as db:
            statement = "SELECT embedding FROM embeddings WHERE sha256 = ? AND checkpoint = ?"
            row = db.execute(statement, (sha256, checkpoint)).fetchone()
        return row["embedding"] if row else None

    def of_untold(self, checkpoint: str, limit: int) -> list[bytes]:
        """Return embeddings of images that nobody told anything about: always the same ones, in no order of meaning."""
        statement = (
            "SELECT embedding FROM embeddings WHERE checkpoint = ?"
            " AND NOT EXISTS (SELECT 1 FROM examples WHERE examples.sha256 = embeddings.sha256 AND withdrawn = 0)"
            " ORDER BY sha256 LIMIT ?"
        )
        with self._file.reading() as db:
            return [row["embedding"] for row in db.execute(statement, (checkpoint, limit))]


class Examples:
    """The examples. Every method raises JournalError if the file can't be relied on.

    Nothing is overwritten: of several labels of one image the last counts, and an undo withdraws it again.
    """

    def __init__(self, file: JournalFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def add(self, examples: Iterable[Example]) -> None:
        """Store examples, all or none; durable immediately. Their `at` is set here unless it is given."""
        rows = [
            (
                each.sha256,
                each.label,
                each.is_not,
                each.source,
                os.fsencode(each.path),
                each.batch,
                each.at or self._clock(),
            )
            for each in examples
        ]
        with self._file.writing() as db:
            db.executemany(
                "INSERT INTO examples (sha256, label, is_not, source, path, batch, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def in_effect(self) -> list[Example]:
        """Return the last that was told about each image, oldest first."""
        newest = "SELECT max(id) FROM examples WHERE withdrawn = 0 GROUP BY sha256"
        with self._file.reading() as db:
            rows = db.execute(f"SELECT * FROM examples WHERE id IN ({newest}) ORDER BY id").fetchall()
        return [_to_example(row) for row in rows]

    def without_embedding(self, checkpoint: str) -> list[Example]:
        """Return the examples in effect whose images have no embedding by this checkpoint."""
        with self._file.reading() as db:
            statement = "SELECT sha256 FROM embeddings WHERE checkpoint = ?"
            embedded = {row["sha256"] for row in db.execute(statement, (checkpoint,))}
        return [each for each in self.in_effect() if each.sha256 not in embedded]

    def about(self, sha256: bytes) -> Example | None:
        """Return the last thing that was told about an image, or None."""
        statement = "SELECT * FROM examples WHERE sha256 = ? AND withdrawn = 0 ORDER BY id DESC LIMIT 1"
        with self._file.reading() as db:
            row = db.execute(statement, (sha256,)).fetchone()
        return _to_example(row) if row else None

    def version(self, checkpoint: str) -> str:
        """Return a text that changes with the examples, and with the embeddings by this checkpoint that they have."""
        counts = "SELECT coalesce(max(id), 0), count(*), coalesce(sum(withdrawn), 0) FROM examples"
        embedded = "SELECT count(*) FROM examples JOIN embeddings USING (sha256) WHERE checkpoint = ?"
        with self._file.reading() as db:
            return " ".join(map(str, (*db.execute(counts).fetchone(), *db.execute(embedded, (checkpoint,)).fetchone())))

    def last_batch(self) -> int:
        """Return the newest batch that has an example in effect, or 0."""
        with self._file.reading() as db:
            found: int = db.execute("SELECT coalesce(max(batch), 0) FROM examples WHERE withdrawn = 0").fetchone()[0]
        return found

    def of_batch(self, batch: int) -> list[Example]:
        """Return the examples in effect of a batch."""
        statement = "SELECT * FROM examples WHERE batch = ? AND batch > 0 AND withdrawn = 0 ORDER BY id"
        with self._file.reading() as db:
            return [_to_example(row) for row in db.execute(statement, (batch,))]

    def withdraw(self, ids: Collection[int]) -> None:
        """Let these examples count no longer; durable immediately."""
        with self._file.writing() as db:
            db.executemany("UPDATE examples SET withdrawn = 1 WHERE id = ?", [(number,) for number in ids])


def withdraw_with(db: sqlite3.Connection, batch: int, sha256: bytes, *, withdrawn: bool) -> None:
    """Withdraw the example that belongs to a change which is being undone, or let it count again on a redo."""
    statement = "UPDATE examples SET withdrawn = ? WHERE batch = ? AND sha256 = ?"
    db.execute(statement, (withdrawn, batch, sha256))


def _to_example(row: Any) -> Example:
    return Example(
        sha256=row["sha256"],
        label=row["label"],
        source=Source(row["source"]),
        is_not=bool(row["is_not"]),
        path=os.fsdecode(row["path"]),
        batch=row["batch"],
        at=row["at"],
        id=row["id"],
    )
