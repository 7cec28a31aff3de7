"""Convert the classifier process's messages to JSON values and back. Pure.

The daemon validates all of them, because a hostile image may have taken over the process that sends them.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from snapsortd.domain.date_sources import IN_IMAGE
from snapsortd.domain.exif_tags import MAX_TAGS, MAX_VALUE, exif_name
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.domain.image_text import MAX_LINES, ImageText, TextLine
from snapsortd.vision.wire import BadMessage

_MAX_COUNT = 1 << 31
"""More pixels per side, or frames, than any supported format can have."""
_MAX_NOUN = 40
"""Characters."""
_MAX_TEXT = 500
"""Characters of a message to the user."""


def classification_to_json(
    scores: Sequence[float],
    embedding: bytes,
    image: ImageFacts,
    by_prompts: Sequence[float] = (),
    zero_shot: Sequence[float] = (),
    noun: str = "",
) -> dict[str, Any]:
    """Return an answer; the scores in the order of the labels, `embedding` as in `Classification`."""
    return {
        "scores": list(scores),
        "by_prompts": list(by_prompts),
        "zero_shot": list(zero_shot),
        "noun": noun,
        "embedding": base64.b64encode(embedding).decode("ascii"),
        "width": image.width,
        "height": image.height,
        "dates": {source: date.isoformat() for source, date in image.dates.items()},
        "frames": image.frames,
        "has_alpha": image.has_alpha,
        "exif": dict(image.exif),
    }


def classification_from_json(
    value: Any, *, labels: Sequence[str], dim: int, model: str, milliseconds: float
) -> Classification:
    """Return the `Classification` of an answer; `dim` is the length of the embedding. Raise BadMessage."""
    try:
        scores = [_score(score) for score in value["scores"]]
        by_prompts = [_score(score) for score in value["by_prompts"]]
        zero_shot = [_score(score) for score in value.get("zero_shot", ())]
        noun = _noun(value.get("noun", ""))
        embedding = base64.b64decode(value["embedding"], validate=True)
        image = ImageFacts(
            width=_count(value["width"]),
            height=_count(value["height"]),
            frames=_count(value["frames"]),
            has_alpha=_bool(value["has_alpha"]),
            exif=_tags(value["exif"]),
            dates=_dates(value["dates"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadMessage(f"not a valid answer: {text_from_json(error)}") from error
    if len(scores) != len(labels) or not {len(by_prompts), len(zero_shot)} <= {0, len(labels)}:
        raise BadMessage("an answer of the wrong size")
    if len(embedding) != 2 * dim:
        raise BadMessage("an embedding of the wrong size")
    if not all(map(math.isfinite, struct.unpack(f"<{dim}e", embedding))):
        raise BadMessage("an embedding with NaN or infinity")
    named, alone, before = (dict(zip(labels, each, strict=False)) for each in (scores, by_prompts, zero_shot))
    return Classification(named, embedding, image, model, milliseconds, alone, before, noun)


def text_from_json(value: Any) -> str:
    """Return a text from the child, shortened and without lone surrogates, so that it can be shown and written."""
    text = str(value)
    shortened = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
    return shortened.encode("utf-8", "backslashreplace").decode("utf-8")


def text_to_json(text: ImageText) -> dict[str, Any]:
    """Return the answer with the text of an image."""
    return {"lines": [[line.text, line.height] for line in text.within_limits().lines]}


def image_text_from_json(value: Mapping[str, Any]) -> ImageText:
    """Return the text of an image, cleaned and within limits. Raise BadMessage."""
    try:
        lines = tuple(TextLine(_line(text), _height(height)) for text, height in value["lines"][:MAX_LINES])
    except (KeyError, TypeError, ValueError) as error:
        raise BadMessage(f"not a valid text: {text_from_json(error)}") from error
    return ImageText(lines).within_limits()


def _line(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("a line that is not a text")
    return value


def _height(value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= _MAX_COUNT:
        raise ValueError("a height that is not a valid number")
    return float(value)


def _score(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is not a valid score")
    return float(value)


def _noun(value: Any) -> str:
    if type(value) is not str or len(value) > _MAX_NOUN or not value.isprintable():
        raise ValueError("not a valid noun")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _MAX_COUNT:
        raise ValueError(f"{value!r} is not a valid count")
    return value


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _dates(value: Any) -> Mapping[str, datetime]:
    if type(value) is not dict or not value.keys() <= IN_IMAGE:
        raise ValueError("not valid dates")
    return {source: datetime.fromisoformat(text) for source, text in value.items()}


def _tags(value: Any) -> Mapping[str, str]:
    if type(value) is not dict or len(value) > MAX_TAGS:
        raise ValueError("not valid EXIF tags")
    for name, text in value.items():
        if exif_name(name) != name or type(text) is not str or len(text) > MAX_VALUE or not text.isprintable():
            raise ValueError(f"{name!r} is not a valid EXIF tag with a short text")
    return value
