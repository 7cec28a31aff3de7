"""Find the classifier's answer about an image that it was asked about before, so that it is not asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal
from snapsortd.vision.classifier import Classifier

HASHED_FIRST_BYTES = 256 << 20
"""Larger files are hashed only after they have been classified, so that terabytes that are not an image are refused
without being read."""


def answer_of_before(
    journal: Journal, classifier: Classifier, image: OpenFile, image_format: str
) -> tuple[OpenFile, Classification | None]:
    """Return the image, hashed if that was necessary, and the answer about the same content if it is kept and valid.

    It is kept for a while if the image was previewed or waits, and in the journal if rules left the image alone; there
    without the noun of a photo, so that one that has a noun is asked about again.
    """
    if image.stat.st_size > HASHED_FIRST_BYTES:
        return image, None
    decided = journal.decision_on(image.path, image.stat.st_size)
    if decided is None and not classifier.recent:
        return image, None
    image = image.hashed()
    answer = classifier.recent.take(image.sha256, image_format)
    if answer is None and decided is not None and decided[0] == image.sha256:
        embedding = journal.embeddings.of(image.sha256, classifier.checkpoint)
        content = json.loads(decided[1])
        is_valid = content.get("answered_by") == classifier.answered_by != "" and not content["has_noun"]
        if is_valid and content["facts"]["format"] == image_format and embedding is not None:
            answer = _from_decision(content, embedding)
    return image, answer


def _from_decision(content: Mapping[str, Any], embedding: bytes) -> Classification:
    facts = content["facts"]
    image = ImageFacts(
        width=facts["width"],
        height=facts["height"],
        frames=facts["frames"],
        has_alpha=facts["alpha"],
        exif=facts["exif"],
        dates={source: datetime.fromisoformat(date) for source, date in facts["dates"].items()},
    )
    return Classification(
        content["scores"],
        embedding,
        image,
        content["model"],
        scores_by_prompts=content["scores_by_prompts"],
        zero_shot=content.get("zero_shot", {}),
    )
