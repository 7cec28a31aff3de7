"""The process that writes both towers of a model as ONNX graphs, with the small files that they need.

Started by `vision.export_towers` as `python -m snapsortd.vision.child.engines.export_towers`, with arguments like
those of `export_towers`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import torch

from snapsortd.domain.errors import ModelError
from snapsortd.vision import onnx_towers
from snapsortd.vision.checkpoint import digest_checkpoint, find_checkpoint
from snapsortd.vision.checkpoint_files import PROCESSORS
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.engines.choose import min_cosine
from snapsortd.vision.child.engines.engine import Array
from snapsortd.vision.child.engines.exported_note import write_note
from snapsortd.vision.child.engines.kinds import NAME as KINDS
from snapsortd.vision.child.engines.kinds import kinds_to_bytes, read_kinds
from snapsortd.vision.child.engines.onnx_graph import write_graph
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.towers import IMAGE_EMBEDS, TEXT_EMBEDS, embed_texts, open_image_tower
from snapsortd.vision.cores import default_threads

MIN_COSINE = 0.9999
"""Between the vectors of the graphs and those of torch; rounding leaves more than 0.999999."""
_TEXTS = (
    "a photo of a receipt",
    "A Screenshot: settings, 2026!",
    "une facture numérisée",
    "猫の写真",
    "",
    "word " * 90,
)


def export_towers(model: str, folder: str, state_dir: str) -> None:
    """Write `model` into the empty `folder`, with its kinds if they are known (those in `state_dir` were fitted).

    Raise ModelError if it cannot be used without transformers, or if the graphs differ from torch. Raise OSError.
    """
    checkpoint = find_checkpoint(model)
    preprocessor = Preprocessor.load(checkpoint)
    engine = TorchEngine(checkpoint)
    tokenizer = engine.load_tokenizer()
    if preprocessor is None or not tokenizer.is_fast:
        part = "image processor" if preprocessor is None else "tokenizer"
        raise ModelError(f"{model} cannot be exported: its {part} is supported by transformers only")
    images = np.stack([preprocessor.prepare(image) for image in sample_images()])
    _write_graphs(engine, engine.tokenize(tokenizer, _TEXTS[:2]), torch.from_numpy(images[:2]), Path(folder))
    tokenizer.save_pretrained(folder)
    for name in ("config.json", *PROCESSORS):
        if os.path.exists(os.path.join(checkpoint, name)):
            shutil.copyfile(os.path.join(checkpoint, name), os.path.join(folder, name))
    write_note(folder, engine.logit_scale, any_size=engine.any_size)
    if kinds := read_kinds(checkpoint, digest_checkpoint(checkpoint), state_dir):
        Path(folder, KINDS).write_bytes(kinds_to_bytes(kinds))
    tower, _ = open_image_tower(folder, default_threads())
    _compare("images", tower.encode(images), engine.encode(images))
    _compare("texts", embed_texts(folder, _TEXTS, default_threads()), engine.encode_texts(_TEXTS))


def _write_graphs(engine: TorchEngine, tokens: dict[str, torch.Tensor], pixels: torch.Tensor, folder: Path) -> None:
    """Write both graphs. Raise ModelError if one is too large, for which torch writes its weights into other files."""
    towers = folder / onnx_towers.FOLDER
    towers.mkdir()
    names = tuple(tokens)

    def text_tower(*inputs: torch.Tensor) -> torch.Tensor:
        return engine.text_tower(**dict(zip(names, inputs, strict=True)))

    image, text = towers / "vision_model.onnx", towers / "text_model.onnx"
    write_graph(engine.model, text_tower, tokens, TEXT_EMBEDS, {1: "tokens"}, str(text))
    sizes = {2: "height", 3: "width"} if engine.any_size else {}
    write_graph(engine.model, engine.image_tower, {"pixel_values": pixels}, IMAGE_EMBEDS, sizes, str(image))
    if set(towers.iterdir()) != {image, text}:
        raise ModelError("one of its towers is larger than 2 GB, which a graph cannot hold")


def _compare(what: str, vectors: Array, reference: Array) -> None:
    cosine = min_cosine(vectors, reference)
    if cosine < MIN_COSINE:
        raise ModelError(f"the exported model sees {what} differently (cosine {cosine:.4f}); it is not kept")


def main(model: str, folder: str, state_dir: str) -> int:
    """Return the exit code: 1, with the reason on stderr, if the model is not exported."""
    sandbox.refuse_network()
    try:
        export_towers(model, folder, state_dir)
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
