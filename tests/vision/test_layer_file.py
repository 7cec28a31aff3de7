"""A learnt layer is used as it was written, for its model and labels, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from snapsortd.vision.layer_file import layer_from_bytes, layer_to_bytes
from snapsortd.vision.learner import FOLDER, Learner, Model

MODEL = Model("a checkpoint", "/models/one", 2, 100.0, {"receipt": ("a receipt",), "meme": ()})
LAYER: dict[str, Any] = {
    "checkpoint": "a checkpoint",
    "labels": ["receipt", "meme"],
    "weights": "AAAA",
    "version": "1 2 3 4",
}


@pytest.mark.pure
def test_any_damage_is_noticed() -> None:
    content = layer_to_bytes(LAYER)
    assert layer_from_bytes(content) == LAYER
    for place in range(len(content)):
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]):
            with pytest.raises(ValueError, match="damaged"):
                layer_from_bytes(damaged)


@pytest.mark.parametrize(
    ("content", "is_used"),
    [
        (layer_to_bytes(LAYER), True),
        (layer_to_bytes(LAYER | {"checkpoint": "another"}), False),
        (layer_to_bytes(LAYER | {"labels": ["meme", "receipt"]}), False),
        (layer_to_bytes(LAYER)[:-1], False),
        (b"", False),
        (None, False),
    ],
)
def test_a_layer_is_used_if_it_is_the_right_one(tmp_path: Path, content: bytes | None, is_used: bool) -> None:
    os.mkdir(tmp_path / FOLDER)
    if content is not None:
        (tmp_path / FOLDER / f"{MODEL.key}.json").write_bytes(content)
    found = Learner(str(tmp_path), str(tmp_path)).layer(MODEL)
    assert found == (LAYER if is_used else None)
