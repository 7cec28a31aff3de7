"""Take images into the search without filing them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import ImageError
from snapsortd.files.open_file import open_file
from snapsortd.pipeline.ignored import why_ignored
from snapsortd.vision.formats import is_missing, recognise

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session


class Indexing:
    """The operations of a session by which images are found again."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def index(self, path: str, *, text: bool = False) -> dict[str, Any]:
        """Store where an image is, and what is not known by its content yet: its embedding and, with `text`, its text.

        The file stays as it is. Raise SnapsortError if it is not an image, or can't be read.
        """
        session, path = self._session, os.path.abspath(path)
        journal, classifier = session.journal, session.classifier
        classifier.wait_ready(session.may_stop)
        with open_file(path, session.root_of(path)) as image:
            known = journal.search.content_of(path, image.identity)
            if known is not None and self._has(known, text=text):
                return {"path": path, "sha256": known.hex(), "known": True}
            image_format = recognise(image)
            if image_format is None or is_missing(image_format):
                raise ImageError(why_ignored(path, image_format))
            image = image.hashed()
            was_known = self._has(image.sha256, text=text)
            if not self._has(image.sha256):
                seen = classifier.classify(image.fd, session.may_stop, image_format)
                journal.embeddings.remember(image.sha256, classifier.checkpoint, seen.embedding)
            journal.search.take_in(path, image.sha256, image.identity)
            if text and not was_known:
                with session.reader.ask(image.fd, image_format) as reading:
                    journal.texts.store(image.sha256, reading.wait(session.may_stop))
            return {"path": path, "sha256": image.sha256.hex(), "known": was_known}

    def _has(self, sha256: bytes, *, text: bool = False) -> bool:
        """Return whether the embedding of an image is known by the present model, and with `text` its text."""
        journal = self._session.journal
        is_embedded = journal.embeddings.of(sha256, self._session.classifier.checkpoint) is not None
        return is_embedded and not (text and journal.texts.of(sha256) is None)

    def commit(self) -> dict[str, Any]:
        """Make all that is known readable for other programs."""
        self._session.journal.commit()
        return {}
