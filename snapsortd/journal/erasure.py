"""Delete for good what is known about images: what takes long in steps, between which others use the journal.

SQLite overwrites what is deleted (see `JournalFile`). The index of texts keeps deleted words until its parts are
merged.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator

from snapsortd.journal.file import JournalFile

IMAGES_PER_STEP = 250
PAGES_PER_STEP = 32
"""Of the index of texts: 0.1 s."""
GIVE_WAY_S = 0.005
"""Pause between two steps. A lock that is taken again at once is rarely passed on to a thread that waits."""

_ABOUT_IMAGE = {
    "embeddings": "sha256 = ?",
    "indexed": "sha256 = ?",
    "captions": "sha256 = ?",
    "likenesses": "entry IN (SELECT id FROM entries WHERE sha256 = ?)",
}
"""The tables from which is deleted, and the condition for one image."""
_ANY_IMAGES = (
    "SELECT sha256 FROM embeddings UNION ALL SELECT sha256 FROM indexed UNION ALL SELECT sha256 FROM captions"
    " UNION ALL SELECT sha256 FROM likenesses JOIN entries ON entries.id = likenesses.entry LIMIT ?"
)


class Erasure:
    """Deletes from the journal; None stands for all images. Every method raises JournalError if the file can't be
    relied on.

    If the process ends between `begin` and `finish`, the next one deletes the rest by `resume`.
    """

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def erase(self, hashes: Collection[bytes] | None) -> None:
        """Delete all that is known about these images."""
        self.begin(hashes)
        self.finish(hashes)

    def begin(self, hashes: Collection[bytes] | None) -> None:
        """Delete what was told about these images, and unless it is about all, what else is known; durable at once."""
        with self._file.writing() as db:
            db.execute("INSERT INTO erasures (everything) VALUES (?)", (hashes is None,))
            if hashes is None:
                db.execute("DELETE FROM examples")
            else:
                db.executemany("DELETE FROM examples WHERE sha256 = ?", [(each,) for each in hashes])
                _delete(db, hashes)

    def finish(self, hashes: Collection[bytes] | None) -> None:
        """Delete the rest, so that none of it is in the file or its write-ahead log. Any thread may call it."""
        with self._file.reading() as db:
            newest = db.execute("SELECT max(id) FROM erasures").fetchone()[0]
        if hashes is None:
            self._delete_all()
        self._merge_index()
        with self._file.writing() as db:
            db.execute("DELETE FROM erasures WHERE id <= ? AND everything <= ?", (newest, hashes is None))
        self._file.empty_log()

    def resume(self) -> None:
        """Finish what an earlier process has begun."""
        with self._file.reading() as db:
            everything = db.execute("SELECT max(everything) FROM erasures").fetchone()[0]
        if everything is not None:
            self.finish(None if everything else ())

    def _delete_all(self) -> None:
        self._delete_texts()
        for chosen in self._all_images():
            with self._file.writing() as db:
                _delete(db, chosen)
            time.sleep(GIVE_WAY_S)

    def _delete_texts(self) -> None:
        """Delete all texts, the oldest first, and with the last of them their index, which takes less than a second.

        To delete each text from the index would take minutes. What was read meanwhile is not in the index for long.
        """
        deleted = IMAGES_PER_STEP
        while deleted == IMAGES_PER_STEP:
            with self._file.writing() as db:
                oldest = "SELECT id FROM texts ORDER BY id LIMIT ?"
                deleted = db.execute(f"DELETE FROM texts WHERE id IN ({oldest})", (IMAGES_PER_STEP,)).rowcount
                if deleted < IMAGES_PER_STEP:
                    db.execute("INSERT INTO texts_index (texts_index) VALUES ('delete-all')")
            time.sleep(GIVE_WAY_S)

    def _all_images(self) -> Iterator[list[bytes]]:
        while True:
            with self._file.reading() as db:
                chosen = [row["sha256"] for row in db.execute(_ANY_IMAGES, (IMAGES_PER_STEP,))]
            if not chosen:
                return
            yield chosen

    def _merge_index(self) -> None:
        """Make the index of texts one part, as its command `optimize` does, which would take seconds.

        SQLite, "FTS5 Extension", section 6.8: with a negative number, all parts are to become one; a step that changes
        fewer than two rows had nothing left to do.
        """
        pages, changed = -PAGES_PER_STEP, 2
        while changed >= 2:
            with self._file.writing() as db:
                before = db.total_changes
                db.execute("INSERT INTO texts_index (texts_index, rank) VALUES ('merge', ?)", (pages,))
                changed = 2 if pages < 0 else db.total_changes - before
            pages = PAGES_PER_STEP
            time.sleep(GIVE_WAY_S)


def _delete(db: sqlite3.Connection, hashes: Collection[bytes]) -> None:
    """Delete embeddings, captions and texts of these images, and where they were indexed."""
    for table, condition in _ABOUT_IMAGE.items():
        db.executemany(f"DELETE FROM {table} WHERE {condition}", [(each,) for each in hashes])
    for sha256 in hashes:
        statement = "DELETE FROM texts WHERE sha256 = ? RETURNING id, folded"
        for number, folded in db.execute(statement, (sha256,)).fetchall():
            command = "INSERT INTO texts_index (texts_index, rowid, folded) VALUES ('delete', ?, ?)"
            db.execute(command, (number, folded))
