"""The text that was recognised in images, by content, and an index to search it.

The index holds every three consecutive characters (FTS5, tokenizer `trigram`), so that it finds parts of words in any
language, with and without spaces between words.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.image_text import ImageText, TextLine, clean, fold
from snapsortd.journal.file import JournalFile

_TERM = re.compile(r'"([^"]*)"?|(\S+)')
"""A phrase in quotation marks, or a word."""
_INDEXED = 3
"""Characters of the shortest term that the index can find; shorter ones are searched for in the texts that it found."""


@dataclass(frozen=True, slots=True)
class TextFound:
    """An image whose text was found: its content, and the first line with one of the terms."""

    sha256: bytes
    line: str


class Texts:
    """The texts of all images that were read. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def store(self, sha256: bytes, text: ImageText) -> None:
        """Store the text of an image, unless it has one. Not durable immediately: it can be read again."""
        kept = text.within_limits()
        lines = json.dumps([[line.text, round(line.height, 1)] for line in kept.lines], ensure_ascii=False)
        with self._file.writing(durable=False) as db:
            statement = "INSERT OR IGNORE INTO texts (sha256, lines, folded, at) VALUES (?, ?, ?, ?)"
            row = (sha256, lines, folded := fold(kept.text), self._clock())
            if (cursor := db.execute(statement, row)).rowcount:
                db.execute("INSERT INTO texts_index (rowid, folded) VALUES (?, ?)", (cursor.lastrowid, folded))

    def of(self, sha256: bytes) -> ImageText | None:
        """Return the text of an image, without lines if it has no text; None if it was not read yet."""
        with self._file.reading() as db:
            row = db.execute("SELECT lines FROM texts WHERE sha256 = ?", (sha256,)).fetchone()
        return _to_text(row) if row else None

    def search(self, query: str, limit: int) -> list[TextFound]:
        """Return the images whose text contains all words and "phrases in quotation marks" of the query, best first.

        Upper and lower case are equal, and every character of the query is text: there are no operators.
        """
        terms = _terms(query)
        if not terms:
            return []
        indexed = [each for each in terms if len(each) >= _INDEXED]
        conditions = ["instr(texts.folded, ?) > 0" for each in terms if each not in indexed]
        values: list[Any] = [each for each in terms if each not in indexed]
        source, order = "texts", "at DESC"
        if indexed:
            source, order = "texts_index JOIN texts ON texts.id = texts_index.rowid", "texts_index.rank, at DESC"
            conditions.append("texts_index MATCH ?")
            values.append(" AND ".join(f'"{each}"' for each in indexed))
        statement = f"SELECT sha256, lines FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
        with self._file.reading() as db:
            rows = db.execute(statement, (*values, limit)).fetchall()
        return [TextFound(row["sha256"], _line_with(terms, _to_text(row))) for row in rows]


def _terms(query: str) -> list[str]:
    """Return the words and phrases of a query, folded; what cannot be in a text is left out."""
    found = (fold(clean(phrase or word)).replace('"', "") for phrase, word in _TERM.findall(query))
    return [each for each in found if each]


def _line_with(terms: Sequence[str], text: ImageText) -> str:
    lines = [line.text for line in text.lines]
    return next((line for line in lines if any(each in fold(line) for each in terms)), lines[0] if lines else "")


def _to_text(row: Any) -> ImageText:
    return ImageText(tuple(TextLine(text, height) for text, height in json.loads(row["lines"])))
