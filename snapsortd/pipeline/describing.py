"""Put an image into words without filing it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from snapsortd.domain.caption import Caption
from snapsortd.domain.decision import Ask
from snapsortd.domain.errors import ImageError
from snapsortd.domain.image_text import ImageText
from snapsortd.files.open_file import file_facts, open_file
from snapsortd.pipeline.asked_facts import AskedFacts, waited_for
from snapsortd.pipeline.ignored import why_ignored
from snapsortd.pipeline.replies import text_to_json
from snapsortd.rules.filters import Facts
from snapsortd.rules.in_words import in_words
from snapsortd.rules.text_values import text_values
from snapsortd.vision.formats import is_missing, recognise

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session


class Describing:
    """The operation of a session that names an image without any rule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def describe(self, path: str) -> dict[str, Any]:
        """Return the image in words, the name made of them, and what they are composed of.

        The file stays as it is; its text and its description are kept, as when a rule asks for them. `description` and
        `slug` are None if only the label is known. Raise SnapsortError if it is not an image, or can't be read.
        """
        session, path = self._session, os.path.abspath(path)
        session.classifier.wait_ready(session.may_stop)
        with open_file(path, session.root_of(path)) as image:
            image_format = recognise(image)
            if image_format is None or is_missing(image_format):
                raise ImageError(why_ignored(path, image_format))
            image = image.hashed()
            seen = session.classifier.classify(image.fd, session.may_stop, image_format)
            now = datetime.fromtimestamp(session.clock(), UTC).astimezone()
            facts = Facts(file_facts(image, image_format), seen, session.config.negatives, now)
            asked = AskedFacts(session.journal, session.reader, session.captioner)
            for ask in Ask:
                facts = waited_for(asked.find(ask, facts, image, session.may_stop))
        text, caption = facts.text or ImageText(), facts.caption or Caption()
        words = in_words(facts, text_values(text))
        return {
            "path": path,
            "description": words.get("description"),
            "slug": words.get("slug"),
            "label": seen.label,
            "score": seen.score,
            "noun": seen.noun or None,
            "text": text_to_json(text),
            "caption": caption.text or None,
            "why_no_caption": caption.why_not or None,
        }
