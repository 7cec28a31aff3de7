"""Find a checkpoint's towers as ONNX graphs: a model that has them needs neither torch nor transformers.

Those of the embedded model are made when the package is built (packaging/onnx-towers). Those of other models are where
transformers.js and optimum put them: `onnx/vision_model.onnx` and `onnx/text_model.onnx`, or in half
precision or 8 bits.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

FOLDER = "onnx"
VARIANTS = ("", "_fp16", "_quantized", "_int8", "_uint8")
"""Endings of the names of graphs, the most exact first."""


@dataclass(frozen=True, slots=True)
class Towers:
    """The paths of both graphs in the checkpoint's folder."""

    image: str
    text: str

    def files_in(self, paths: Collection[str]) -> list[str]:
        """Return those that belong to the graphs: themselves, and weights such as `vision_model.onnx_data`."""
        return sorted(path for path in paths if path.startswith((self.image, self.text)))


EMBEDDED = Towers("towers/image.onnx", "towers/text.onnx")
"""Their weights are in the checkpoint's file."""
IMAGE_8BIT = "towers/image-8bit.onnx"
"""The image tower with its weights in 8 bits, for processors that are faster with them."""
OF_EMBEDDED = (EMBEDDED.image, IMAGE_8BIT, EMBEDDED.text)
"""The graphs that the embedded model has."""


def find_towers(folder: str) -> Towers | None:
    """Return the towers of the checkpoint in `folder`, or None if one is missing."""
    if all(os.path.isfile(os.path.join(folder, path)) for path in (EMBEDDED.image, EMBEDDED.text)):
        return EMBEDDED
    return choose_towers(_exported(folder))


def choose_towers(paths: Collection[str]) -> Towers | None:
    """Return the most exact towers among these paths of a repository, or None if there are not both."""
    chosen = [
        next((path for each in VARIANTS if (path := f"{FOLDER}/{name}{each}.onnx") in paths), None)
        for name in ("vision_model", "text_model")
    ]
    return Towers(chosen[0], chosen[1]) if chosen[0] and chosen[1] else None


def exported_files(folder: str) -> list[str]:
    """Return the paths, in `folder`, of towers that contain their weights, and of these weights."""
    paths = _exported(folder)
    towers = choose_towers(paths)
    return towers.files_in(paths) if towers else []


def graphs_in(folder: str) -> list[str]:
    """Return the paths, in `folder`, of all graphs that others may have exported."""
    return sorted(path for path in _exported(folder) if path.endswith(".onnx"))


def _exported(folder: str) -> list[str]:
    try:
        return [f"{FOLDER}/{name}" for name in os.listdir(os.path.join(folder, FOLDER))]
    except OSError:
        return []
