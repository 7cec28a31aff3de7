"""The file of a learnt layer: JSON behind its digest, so that damage is never taken for weights.

What is read is checked here, because the classifier process ends if a layer does not fit its labels.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from struct import iter_unpack
from typing import Any

_DIGEST = 64
_BYTES = 4
_LARGEST = 1e30
"""Above every number that a fit returns, and small enough for the products of two."""


def layer_to_bytes(layer: dict[str, Any]) -> bytes:
    """Return the content of the file."""
    text = json.dumps(layer).encode("ascii")
    return _digest(text) + text


def layer_from_bytes(content: bytes) -> dict[str, Any]:
    """Return the layer. Raise ValueError if the content is damaged."""
    text = content[_DIGEST:]
    if content[:_DIGEST] != _digest(text):
        raise ValueError("the layer is damaged")
    layer: dict[str, Any] = json.loads(text)
    return layer


def check_layer(layer: Mapping[str, Any], count: int, dim: int) -> None:
    """Raise ValueError if it is not a layer for `count` labels and embeddings of `dim` numbers."""
    try:
        if not isinstance(layer["version"], str) or not {"labels", "all"} <= layer["report"].keys():
            raise ValueError("it has no version or report")
        if layer["weights"] is not None:
            _check_numbers(layer["weights"], count * (dim + 1))
        if layer["near"] is not None:
            points, shifts = layer["near"]
            known = len(base64.b64decode(shifts)) // (count * _BYTES)
            _check_numbers(points, known * dim)
            _check_numbers(shifts, known * count)
        for place, direction, threshold, slope in layer["prototypes"]:
            _check_numbers(direction, dim)
            if not 0 <= place < count or max(abs(threshold), abs(slope)) > _LARGEST:
                raise ValueError("a prototype is out of range")
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"a part of the layer is missing or of another type: {error}") from None


def _check_numbers(text: str, count: int) -> None:
    """Raise ValueError unless a text holds so many finite numbers."""
    content = base64.b64decode(text, validate=True)
    if len(content) != count * _BYTES:
        raise ValueError(f"{len(content)} bytes of numbers, but {count * _BYTES} are needed")
    if not all(abs(each) <= _LARGEST for (each,) in iter_unpack("<f", content)):
        raise ValueError("a number is not finite")


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode("ascii")
