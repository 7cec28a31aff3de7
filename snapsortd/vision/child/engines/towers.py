"""A checkpoint that has its towers as ONNX graphs, as the embedded one has: used without torch and transformers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from snapsortd.domain.errors import ModelError
from snapsortd.vision import onnx_towers
from snapsortd.vision.child.engines.engine import ONNX_FP16, ONNX_FP32, ONNX_INT8, Array, Engine, normalised
from snapsortd.vision.child.engines.exported_note import read_config, read_note
from snapsortd.vision.child.engines.logit_scale import read_logit_scale
from snapsortd.vision.child.engines.made_for import digest_weights
from snapsortd.vision.child.engines.onnx_engine import OUTPUT, OnnxEngine, open_session
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.processor import multiplies_8_bits
from snapsortd.vision.child.engines.tokens import PADS_TO_THE_END, load_tokenizer

IMAGE_EMBEDS, TEXT_EMBEDS = "image_embeds", "text_embeds"
"""Outputs of exported towers that end in CLIP's projection (transformers, CLIPVisionModelWithProjection)."""
_POOLED = "pooler_output"
"""The output of SigLIP's towers, which have no projection; in other models the towers' are not comparable."""
_BATCH = 64
"""Texts per run of the text tower."""
_WEIGHTS = "model.safetensors"


class ExportedTower:
    """The image tower in `onnx/`."""

    def __init__(self, folder: str, session: Any, name: str) -> None:
        """Encode blank images, because the graph need not say how long its vectors are. Raise nearly anything."""
        self.name = name
        self._session = session
        (given,) = session.get_inputs()
        self._input, self._type = given.name, np.float16 if given.type == "tensor(float16)" else np.float32
        self._output = _output(folder, session, IMAGE_EMBEDS)
        self.any_size = bool(read_note(folder).get("any_size"))
        preprocessor = Preprocessor.load(folder)
        side = preprocessor.side if preprocessor else 1
        self.dim = int(self.encode(np.zeros((2, 3, side, side), np.float32)).shape[-1])

    def encode(self, pixels: Array) -> Array:
        """Return normalised vectors, shape (n, dim), of prepared images, shape (n, 3, height, width)."""
        vectors = self._session.run([self._output], {self._input: pixels.astype(self._type, copy=False)})[0]
        return normalised(vectors.astype(np.float32, copy=False))


def fastest_graph(folder: str) -> tuple[str, str]:
    """Return the path, in `folder`, of the graph of the image tower that is the fastest here, and why it was chosen."""
    exact = _towers(folder).image
    quick = os.path.join(folder, onnx_towers.IMAGE_8BIT)
    if exact == onnx_towers.EMBEDDED.image and os.path.isfile(quick) and multiplies_8_bits():
        return onnx_towers.IMAGE_8BIT, "it is part of the model, and this processor has instructions for 8-bit products"
    return exact, "it is part of the model"


def open_image_tower(folder: str, threads: int, graph: str = "") -> tuple[Engine, float]:
    """Return the image tower of the checkpoint in `folder` and its logit scale. Raise ModelError if it is damaged.

    `graph` as returned by `fastest_graph`; without it, the tower is the most exact one.
    """
    try:
        path = graph or _towers(folder).image
        session = _open(folder, path, threads)
        if path in onnx_towers.OF_EMBEDDED:
            name = ONNX_INT8 if path == onnx_towers.IMAGE_8BIT else ONNX_FP32
            return OnnxEngine(session, name), read_logit_scale(folder)
        return ExportedTower(folder, session, _precision(path)), read_logit_scale(folder)
    except Exception as error:  # none of the libraries has one kind of error
        raise _damaged(folder, error) from error


def embed_texts(folder: str, texts: Sequence[str], threads: int) -> Array:
    """Return normalised vectors, shape (len(texts), dim), by the checkpoint in `folder`. Raise ModelError."""
    try:
        tower = _open(folder, _towers(folder).text, threads)
        output = _output(folder, tower, TEXT_EMBEDS)
        inputs = {each.name: each.shape[-1] for each in tower.get_inputs()}
        length = inputs["input_ids"]
        tokenize = load_tokenizer(folder, length if isinstance(length, int) else None)
    except ModelError:
        raise
    except Exception as error:  # as above
        raise _damaged(folder, error) from error
    encoded = []
    for start in range(0, len(texts), _BATCH):
        tokens = tokenize(texts[start : start + _BATCH])
        found = tower.run([output], {name: tokens[name] for name in inputs})[0]
        encoded.append(normalised(found.astype(np.float32, copy=False)))
    vectors: Array = np.concatenate(encoded)
    return vectors


def _towers(folder: str) -> onnx_towers.Towers:
    towers = onnx_towers.find_towers(folder)
    assert towers is not None
    return towers


def _precision(path: str) -> str:
    """Return the name of the engine for a graph that others may have exported."""
    variant = os.path.basename(path).removeprefix("vision_model").removesuffix(".onnx")
    return {"": ONNX_FP32, "_fp16": ONNX_FP16}.get(variant, ONNX_INT8)


def _output(folder: str, session: Any, wanted: str) -> str:
    """Return the name of the output with the vectors. Raise ValueError if there is none."""
    names = [each.name for each in session.get_outputs()]
    if found := {wanted, OUTPUT}.intersection(names):
        return found.pop()
    if _POOLED in names and read_config(folder).get("model_type") in PADS_TO_THE_END:
        return _POOLED
    raise ValueError(f"its graph has no output {wanted}, but {', '.join(names)}")


def _open(folder: str, tower: str, threads: int) -> Any:
    """Load a graph. Raise ValueError if it was made for other weights, or nearly anything."""
    if tower not in onnx_towers.OF_EMBEDDED:
        return open_session(os.path.realpath(os.path.join(folder, tower)), threads)
    session = open_session(os.path.join(folder, tower), threads, folder)
    weights = os.path.join(folder, _WEIGHTS)
    made_for = session.get_modelmeta().custom_metadata_map
    if not made_for or any(digest_weights(weights, key) != digest for key, digest in made_for.items()):
        raise ValueError(f"{tower} was made for other weights")
    return session


def _damaged(folder: str, error: Exception) -> ModelError:
    embedded = onnx_towers.find_towers(folder) == onnx_towers.EMBEDDED
    hint = "install snapsortd again" if embedded else "download or export it again"
    return ModelError(f"the model in {folder} cannot be loaded: {error}", hint)
