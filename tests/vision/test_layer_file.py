"""A learnt layer is used as it was written, for its model and labels, or not at all."""

from __future__ import annotations

import base64
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from snapsortd.vision.layer_file import layer_from_bytes, layer_to_bytes
from snapsortd.vision.learner import FOLDER, Learner, Model


def numbers(values: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


MODEL = Model("a checkpoint", "/models/one", 2, 100.0, {"receipt": ("a receipt",), "meme": ()})
LAYER: dict[str, Any] = {
    "checkpoint": "a checkpoint",
    "labels": ["receipt", "meme"],
    "weights": numbers([0.5] * 6),
    "near": [numbers([0.8, 0.6] * 3), numbers([2.0] * 6)],
    "prototypes": [[1, numbers([0.6, 0.8]), 0.5, 9.0]],
    "report": {"labels": {}, "all": {}},
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
        *(
            (layer_to_bytes({key: value for key, value in LAYER.items() if key != left_out}), False)
            for left_out in LAYER
        ),
        *(
            (layer_to_bytes(LAYER | {"weights": weights}), False)
            for weights in (numbers([0.5] * 5), numbers([0.5] * 5 + [float("nan")]), "no base64", 7, {"a": 1})
        ),
        *(
            (layer_to_bytes(LAYER | {"near": near}), False)
            for near in (
                [numbers([0.8, 0.6] * 3), numbers([2.0] * 5)],
                [numbers([0.8, 0.6] * 2), numbers([2.0] * 6)],
                [numbers([0.8, 0.6] * 3), numbers([2.0] * 5 + [float("inf")])],
                [numbers([0.8, 0.6] * 3)],
                [numbers([0.8, 0.6] * 3), 7],
                "no base64",
            )
        ),
        (layer_to_bytes(LAYER | {"near": None}), True),
        *(
            (layer_to_bytes(LAYER | {"prototypes": [prototype]}), False)
            for prototype in (
                [2, numbers([0.6, 0.8]), 0.5, 9.0],
                [1, numbers([0.6]), 0.5, 9.0],
                [1, numbers([0.6, 0.8]), 0.5, 1e300],
                [1, numbers([0.6, 0.8]), "0.5", 9.0],
                [1, numbers([0.6, 0.8])],
            )
        ),
        (layer_to_bytes(LAYER | {"weights": None, "near": None, "prototypes": []}), True),
        (b"", False),
        (None, False),
    ],
)
def test_a_layer_is_used_if_it_is_the_right_one(tmp_path: Path, content: bytes | None, is_used: bool) -> None:
    os.mkdir(tmp_path / FOLDER)
    if content is not None:
        (tmp_path / FOLDER / f"{MODEL.key}.json").write_bytes(content)
    learner = Learner(str(tmp_path), str(tmp_path))
    found = learner.layer(MODEL)
    assert found == (layer_from_bytes(content) if content and is_used else None)
    assert bool(learner.damage) is (content is not None and not is_used)
    assert os.listdir(tmp_path / FOLDER) == ([f"{MODEL.key}.json"] if is_used else [])
