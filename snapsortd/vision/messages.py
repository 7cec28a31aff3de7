"""What the classifier process says, as JSON values and back. Pure.

The daemon trusts none of it, since a hostile image may have taken the child over: all is checked.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from snapsortd.domain.exif_tags import MAX_TAGS, MAX_VALUE, exif_name
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.vision.wire import BadMessage


def sight_to_json(scores: Sequence[float], embedding: bytes, image: ImageFacts) -> dict[str, Any]:
    """`scores` in the order of the labels; `embedding` as in `Classification`."""
    return {
        "scores": list(scores),
        "embedding": base64.b64encode(embedding).decode("ascii"),
        "width": image.width,
        "height": image.height,
        "taken": image.taken.isoformat() if image.taken else None,
        "frames": image.frames,
        "has_alpha": image.has_alpha,
        "exif": dict(image.exif),
    }


def sight_from_json(value: Any, *, labels: Sequence[str], dim: int, model: str, milliseconds: float) -> Classification:
    """The `Classification` of one answer; `dim` is the embedding's length. Raises BadMessage."""
    try:
        scores = [_number(score) for score in value["scores"]]
        embedding = base64.b64decode(value["embedding"], validate=True)
        taken = value["taken"]
        image = ImageFacts(
            width=_count(value["width"]),
            height=_count(value["height"]),
            taken=None if taken is None else datetime.fromisoformat(taken),
            frames=_count(value["frames"]),
            has_alpha=_truth(value["has_alpha"]),
            exif=_tags(value["exif"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadMessage(f"no answer about an image: {words_from_json(error)}") from error
    if len(scores) != len(labels) or len(embedding) != 2 * dim:
        raise BadMessage("an answer of the wrong size")
    if not all(map(math.isfinite, struct.unpack(f"<{dim}e", embedding))):
        raise BadMessage("an embedding that is none")
    return Classification(dict(zip(labels, scores, strict=True)), embedding, image, model, milliseconds)


def words_from_json(value: Any) -> str:
    """What the child tells in words: as much as a person reads, and nothing that is no character."""
    text = str(value)
    shown = text if len(text) <= _MOST_WORDS else text[:_MOST_WORDS] + "…"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


_MOST = 1 << 31
"""More pixels a side, or frames, than any format that is read has room for."""
_MOST_WORDS = 500


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no score")
    return float(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _MOST:
        raise ValueError(f"{value!r} is no count")
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _tags(value: Any) -> Mapping[str, str]:
    if type(value) is not dict or len(value) > MAX_TAGS:
        raise ValueError("these are no EXIF tags")
    for name, text in value.items():
        if exif_name(name) != name or type(text) is not str or len(text) > MAX_VALUE or not text.isprintable():
            raise ValueError(f"{name!r} is no EXIF tag of a short text")
    return value
