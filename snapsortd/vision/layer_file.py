"""The file of a learnt layer: JSON behind its digest, so that damage is never taken for weights."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_DIGEST = 64


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


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode("ascii")
