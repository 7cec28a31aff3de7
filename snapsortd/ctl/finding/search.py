"""Search the images that are known and still there: by a description, by their text, by likeness to one of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from snapsortd.ctl.finding.known import is_there, open_known
from snapsortd.files.locations import Locations
from snapsortd.journal.examples import Embeddings
from snapsortd.journal.search_index import SearchIndex
from snapsortd.journal.texts import Texts
from snapsortd.vision.finder import Finder

MAX_RANKED = 10_000
"""Images that are ranked, or whose text is searched for: some of the best may be gone."""


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that is still there."""

    path: str
    similarity: float | None = None
    """The cosine of its embedding with that of the description or the other image; None if found by its text alone."""
    line: str | None = None
    """The first line of its text with one of the words, if it was found by its text."""

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        similarity = None if self.similarity is None else round(self.similarity, 4)
        return {"path": self.path, "similarity": similarity, "line": self.line}


def find_images(here: Locations, model: str, description: str, words: str, limit: int) -> list[FoundImage]:
    """Return the images that a description fits best, those whose text has words, or those of both, the best first.

    Raise ModelError, JournalError, and SnapsortError if no images are known yet.
    """
    with open_known(here) as file:
        index = SearchIndex(file)
        lines = {each.sha256: each.line for each in Texts(file).search(words, MAX_RANKED)} if words else None
        if not description:
            return list(islice(_existing(index, ((sha256, None) for sha256 in lines or ()), lines), limit))
        with Finder(model, here, description) as finder:
            ranked = _ranked(index, finder, lines)
        return list(islice(_existing(index, ranked, lines), limit))


def find_similar(here: Locations, model: str, path: str, limit: int) -> list[FoundImage] | None:
    """Return the images that are most like the one at a path, the best first; None if that is not known as it is now.

    Raise as `find_images` does.
    """
    with open_known(here) as file:
        index = SearchIndex(file)
        wanted = {place.sha256 for place in index.places_at(path) if is_there(place)}
        with Finder(model, here) as finder:
            embeddings = Embeddings(file)
            like = next(filter(None, (embeddings.of(each, finder.checkpoint) for each in wanted)), None)
            if like is None:
                return None
            ranked = _ranked(index, finder, None, like)
        return list(islice((each for each in _existing(index, ranked, None) if each.path != path), limit))


def _ranked(
    index: SearchIndex, finder: Finder, among: Container[bytes] | None, like: bytes = b""
) -> list[tuple[bytes, float]]:
    """Return SHA-256 and cosine of the images that `finder` finds, of all known ones or those with these SHA-256."""
    contents = list[bytes]()

    def embeddings() -> Iterator[bytes]:
        for sha256, embedding in index.embeddings(finder.checkpoint):
            if among is None or sha256 in among:
                contents.append(sha256)
                yield embedding

    return [(contents[row], cosine) for row, cosine in finder.nearest(embeddings(), MAX_RANKED, like)]


def _existing(
    index: SearchIndex, ranked: Iterable[tuple[bytes, float | None]], lines: dict[bytes, str] | None
) -> Iterator[FoundImage]:
    """Yield the places of images that are still there."""
    for sha256, similarity in ranked:
        for place in index.places_of(sha256):
            if is_there(place):
                yield FoundImage(place.path, similarity, lines[sha256] if lines else None)
