"""Read an example that another computer has exported: strictly, because its file may have come from anywhere."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from snapsortd.domain.embedding import unit_vector
from snapsortd.domain.example import Example, Source

MAX_LABEL = 1000
"""Bytes of a label."""
MAX_EMBEDDING = 1 << 15
"""Bytes of an embedding."""


def read_example(value: Any) -> tuple[Example, bytes]:
    """Return an exported example and its embedding, which is empty if it has none. Raise ValueError if it is not one.

    An embedding that is not finite, or of an odd length, would spoil all that is learnt together with it.
    """
    if not isinstance(value, dict):
        raise ValueError("one is not an object")
    digest, label, is_not, text = (value.get(key) for key in ("sha256", "label", "is_not", "embedding"))
    sha256 = bytes.fromhex(digest) if isinstance(digest, str) else b""
    if len(sha256) != 32:
        raise ValueError("a hash is missing or damaged")
    if not isinstance(label, str) or not 0 < len(label.encode()) <= MAX_LABEL:
        raise ValueError("a label is missing or too long")
    if not isinstance(is_not, bool) or not isinstance(text, str | None):
        raise ValueError("a value has the wrong type")
    embedding = b64decode(text or "", validate=True)
    if embedding and (len(embedding) % 2 or len(embedding) > MAX_EMBEDDING or not unit_vector(embedding)):
        raise ValueError("an embedding is damaged")
    return Example(sha256, label, Source.IMPORTED, is_not), embedding
