"""Models as ONNX graphs, exported by us or laid out as transformers.js does: the same answers as torch, without it."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnxruntime.transformers.float16 import convert_float_to_float16

from snapsortd.domain.errors import ModelError
from snapsortd.vision.catalog import read_stored
from snapsortd.vision.checkpoint import digest_checkpoint
from snapsortd.vision.child.engines.engine import ONNX_FP16, ONNX_FP32, ONNX_INT8, TORCH
from snapsortd.vision.child.engines.export import quantise
from snapsortd.vision.child.engines.export_towers import export_towers
from snapsortd.vision.child.engines.load_model import LoadedModel, load_model
from snapsortd.vision.child.engines.logit_scale import OF_CLIP
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.towers import embed_texts
from snapsortd.vision.extras import CLIP
from tests.support.ctl import Ctl
from tests.support.hub_server import running_hub
from tests.support.tiny_checkpoints import KINDS, make_checkpoint
from tests.support.without_modules import without_modules

LABELS = {"receipt": ("a photo of a receipt", "the receipt"), "cat": ("a cat",), "other": ("screenshot of the cat",)}
TEXTS = ("a cat", "", "the photo of the screenshot", "a receipt " * 40, "UNKNOWN words")
MAX_DRIFT = 1e-5
"""Of a score and of any component of a vector."""
MAX_DRIFT_FP16 = 5e-3
"""The same in half precision, whose numbers have 11 bits."""


def scores(loaded: LoadedModel) -> np.ndarray:
    """Return the scores of the sample images."""
    pixels = np.stack([loaded.preprocessor.prepare(image) for image in sample_images()])
    return loaded.labels.scores(loaded.engine.encode(pixels))


def exported(tmp_path: Path, kind: str) -> tuple[Path, Path]:
    """Return the folders of a checkpoint, and of what was exported from it."""
    source, target = make_checkpoint(tmp_path / "source", kind), tmp_path / "exported"
    target.mkdir()
    export_towers(str(source), str(target), "")
    return source, target


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_model_answers_as_with_torch(tmp_path: Path, kind: str) -> None:
    source, target = exported(tmp_path, kind)
    reference = load_model(str(source), LABELS, str(tmp_path / "cache"), 1, TORCH)
    loaded = load_model(str(target), LABELS, str(tmp_path / "cache"), 1)
    assert (loaded.engine.name, loaded.about["wants_export"]) == (ONNX_FP32, False)
    assert (loaded.engine.dim, loaded.engine.any_size) == (reference.engine.dim, reference.engine.any_size)
    assert loaded.labels.logit_scale == pytest.approx(reference.labels.logit_scale)
    assert np.abs(scores(loaded) - scores(reference)).max() < MAX_DRIFT
    texts = embed_texts(str(target), TEXTS, 1)
    assert np.abs(texts - TorchEngine(str(source), 1).encode_texts(TEXTS)).max() < MAX_DRIFT
    stored = read_stored(str(target))
    assert (stored.faults, stored.bytes > 100_000) == ((), True)


class Tower(torch.nn.Module):
    """A tower with the outputs that transformers.js's exports have."""

    def __init__(self, model: Any, part: str, *, first: bool) -> None:
        super().__init__()
        self.model, self.part, self.first = model, part, first

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.part == "vision":
            found = self.model.get_image_features(pixel_values=inputs[0])
        else:
            found = self.model.get_text_features(**dict(zip(("input_ids", "attention_mask"), inputs, strict=False)))
        both = found.pooler_output, found.last_hidden_state
        return both if self.first else both[::-1]


def as_transformers_js_does(source: Path, folder: Path, kind: str) -> None:
    """Lay out a checkpoint like the repositories of transformers.js: every axis dynamic, further outputs, no scale."""
    (folder / "onnx").mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    ids = torch.tensor([[3, 4, 5, 2] * 4, [3, 6, 2, 0] * 4])
    texts = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    for part, inputs, output in (
        ("vision", {"pixel_values": torch.zeros(2, 3, 32, 32)}, "image_embeds"),
        ("text", texts, "text_embeds"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in `write_graph`
            torch.onnx.export(
                Tower(TorchEngine(str(source), 1).model, part, first=kind == "clip").eval(),
                tuple(inputs.values()),
                str(folder / "onnx" / f"{part}_model.onnx"),
                dynamo=False,
                input_names=list(inputs),
                output_names=[output, "last_hidden_state"]
                if kind == "clip"
                else ["last_hidden_state", "pooler_output"],
                dynamic_axes={name: dict(enumerate("abcd"[: value.dim()])) for name, value in inputs.items()},
                opset_version=17,
            )


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_a_model_that_others_exported_answers_as_with_torch(tmp_path: Path, kind: str) -> None:
    source, target = make_checkpoint(tmp_path / "source", kind), tmp_path / "theirs"
    as_transformers_js_does(source, target, kind)
    engine = TorchEngine(str(source), 1)
    loaded = load_model(str(target), LABELS, str(tmp_path / "cache"), 1)
    assert (loaded.engine.any_size, loaded.labels.logit_scale) == (False, OF_CLIP)
    pixels = np.stack([loaded.preprocessor.prepare(image) for image in sample_images()])
    assert np.abs(loaded.engine.encode(pixels) - engine.encode(pixels)).max() < MAX_DRIFT
    assert np.abs(embed_texts(str(target), TEXTS, 1) - engine.encode_texts(TEXTS)).max() < MAX_DRIFT

    before = digest_checkpoint(str(target))
    whole = target / "onnx" / "vision_model.onnx"
    quantise(str(whole), str(target / "onnx" / "vision_model_quantized.onnx"))
    assert digest_checkpoint(str(target)) == before, "the more exact one is used"
    whole.unlink()
    assert digest_checkpoint(str(target)) != before
    assert load_model(str(target), LABELS, str(tmp_path / "cache"), 1).engine.name == ONNX_INT8


@pytest.mark.parametrize("keep_io_types", [True, False])
def test_a_model_in_half_precision_answers_nearly_so(tmp_path: Path, keep_io_types: bool) -> None:
    """As transformers.js makes them, and as optimum does, whose images and vectors are in half precision, too."""
    source, target = make_checkpoint(tmp_path / "source", "clip"), tmp_path / "theirs"
    as_transformers_js_does(source, target, "clip")
    for name in ("vision_model", "text_model"):
        whole = target / "onnx" / f"{name}.onnx"
        half = convert_float_to_float16(onnx.load(whole), keep_io_types=keep_io_types)
        onnx.save(half, whole.with_name(f"{name}_fp16.onnx"))
        whole.unlink()
    engine = TorchEngine(str(source), 1)
    loaded = load_model(str(target), LABELS, str(tmp_path / "cache"), 1)
    pixels = np.stack([loaded.preprocessor.prepare(image) for image in sample_images()])
    vectors, texts = loaded.engine.encode(pixels), embed_texts(str(target), TEXTS, 1)
    assert (loaded.engine.name, vectors.dtype, texts.dtype) == (ONNX_FP16, np.float32, np.float32)
    assert np.abs(vectors - engine.encode(pixels)).max() < MAX_DRIFT_FP16
    assert np.abs(texts - engine.encode_texts(TEXTS)).max() < MAX_DRIFT_FP16
    assert np.linalg.norm(vectors, axis=-1) == pytest.approx(1)
    assert read_stored(str(target)).faults == ()


def test_towers_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    """As of CLIPTextModel, without the projection into the space of the images."""
    _, target = exported(tmp_path, "siglip")
    config = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps(config | {"model_type": "clip"}))
    graph = target / "onnx" / "text_model.onnx"
    graph.write_bytes(graph.read_bytes().replace(b"text_embeds", b"pooler_outp"))
    with pytest.raises(ModelError, match="no output text_embeds, but pooler_outp"):
        embed_texts(str(target), ["a"], 1)


def test_one_graph_of_both_towers_is_refused_with_what_to_take_instead(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    for name in ("config.json", "onnx/model_fp16.onnx", "onnx/text_model.onnx", "onnx/vision_model_q4.onnx"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError, match=r"none that snapsortd can use: onnx/model_fp16\.onnx") as caught:
        load_model(str(tmp_path), LABELS, str(tmp_path / "cache"), 1)
    assert "onnx/vision_model.onnx and onnx/text_model.onnx" in caught.value.hint


def test_an_exported_model_is_pulled_and_used_without_torch(tmp_path: Path, ctl: Ctl) -> None:
    source = make_checkpoint(tmp_path / "source", "clip")
    repository = tmp_path / "hub" / "nobody" / "tiny"
    said = ctl.out("model", "export", str(source), str(repository))
    assert "needs no PyTorch" in said
    assert "already" in ctl.run("model", "export", str(source), str(repository), code=1).stderr
    (repository / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("version: 1\nlabels: {a: a cat, b: the receipt}\nwatch: [/inbox]\nrules: []\n")
    ctl.env = without_modules(ctl.env, tmp_path / "shim", *CLIP.modules)
    ctl.env.pop("HF_HUB_OFFLINE", None)
    with running_hub(tmp_path / "hub") as hub:
        ctl.env |= {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "*"}
        assert "It needs" not in ctl.out("model", "pull", "nobody/tiny")
    assert ctl.json("model", "use", "nobody/tiny")["model"] == "nobody/tiny"
    assert "pip install" in ctl.run("model", "fit", str(tmp_path), code=6).stderr
    found = ctl.json("model", "info")
    assert (found["faults"], Path(found["folder"], "model.safetensors").exists()) == ([], False)
    sim_image = tmp_path / "image.png"
    sample_images()[0].save(sim_image)
    (asked,) = ctl.json("sim", str(sim_image))["images"]
    reference = load_model(str(source), {"a": ("a cat",), "b": ("the receipt",)}, str(tmp_path / "cache"), 1, TORCH)
    pixels = reference.preprocessor.prepare(sample_images()[0])[None]
    expected = reference.labels.scores(reference.engine.encode(pixels))[0]
    assert (asked["label"], asked["score"]) == ("ab"[expected.argmax()], pytest.approx(expected.max(), abs=2e-4))


def test_the_export_process_says_what_is_wrong(tmp_path: Path, ctl: Ctl) -> None:
    source = make_checkpoint(tmp_path / "source", "clip")
    settings = json.loads((source / "preprocessor_config.json").read_text())
    (source / "preprocessor_config.json").write_text(json.dumps(settings | {"do_pad": True}))
    said = ctl.run("model", "export", str(source), str(tmp_path / "new"), code=6).stderr
    assert "image processor is supported by transformers only" in said
    assert sorted(each.name for each in tmp_path.iterdir() if "new" in each.name or "snapsort." in each.name) == []


def test_the_shim_hides_torch(tmp_path: Path) -> None:
    env = without_modules({"PATH": ""}, tmp_path / "shim", *CLIP.modules)
    code = "from snapsortd.vision.extras import CLIP; assert len(CLIP.missing()) == 3, CLIP.missing()"
    subprocess.run([sys.executable, "-P", "-c", code], env=env, check=True)
