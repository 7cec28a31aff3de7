"""The embedded model's ONNX graphs, compared with torch; and models that need torch where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image
from safetensors.numpy import load_file, save_file

from snapsortd.config.labels_file import load_labels
from snapsortd.config.load import default_config_path
from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines import shipped_texts
from snapsortd.vision.child.engines.engine import ONNX_FP32
from snapsortd.vision.child.engines.load_model import load_model
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.towers import embed_texts, open_image_tower
from snapsortd.vision.onnx_towers import EMBEDDED
from tests.support.tiny_checkpoints import make_checkpoint

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGING = REPOSITORY / "packaging"
FOLDER = find_checkpoint("embedded")
MAX_DRIFT = 2e-6
"""Of any component of a vector: more than what rounding in another order makes of it (1e-6)."""
REAL = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "ihc.png", "page.png", "text.png")
LABELS = {"receipt": ("a photo of a receipt", "a scanned invoice"), "other": ("a photo of a cat",)}
TEXTS = (
    "a photo of a receipt",
    "Eine Rechnung, gescannt",
    "猫の写真",
    "",
    " a  b " * 80,
    "x" * 500,
    "\0\N{PILE OF POO}",
)


@cache
def torch_engine() -> TorchEngine:
    return TorchEngine(FOLDER, 1)


def real_images() -> list[Image.Image]:
    """Return photos, scans and pictures taken through a microscope and a telescope."""
    folder = Path(skimage.__file__).parent / "data"
    return [Image.open(folder / name).convert("RGB") for name in REAL]


def test_images_are_what_they_are_to_torch() -> None:
    engine, logit_scale = open_image_tower(FOLDER, 2)
    preprocessor = Preprocessor.load(FOLDER)
    assert preprocessor is not None
    pixels = np.stack([preprocessor.prepare(image) for image in (*sample_images(), *real_images())])
    strangers = np.random.default_rng(1).standard_normal((2, 3, 200, 411), dtype=np.float32)
    for batch in (pixels, strangers):
        assert np.abs(engine.encode(batch) - torch_engine().encode(batch)).max() < MAX_DRIFT
    assert (engine.dim, engine.any_size) == (torch_engine().dim, torch_engine().any_size)
    assert logit_scale == pytest.approx(torch_engine().logit_scale)


def test_texts_are_what_they_are_to_torch() -> None:
    texts = [*TEXTS, *(f"a photo of {number} cats" for number in range(70))]  # more than one batch
    assert np.abs(embed_texts(FOLDER, texts, 2) - torch_engine().encode_texts(texts)).max() < MAX_DRIFT


def test_the_scores_are_those_of_torch(tmp_path: Path) -> None:
    loaded, reference = (load_model("embedded", LABELS, str(tmp_path / each), 1, each) for each in ("auto", "torch"))
    assert (loaded.engine.name, loaded.about["wants_export"]) == (ONNX_FP32, False)
    assert loaded.about["digest"] == reference.about["digest"]
    for image in (*sample_images(), *real_images()):
        scores = [
            each.labels.scores(each.engine.encode(each.preprocessor.prepare(image)[None]))
            for each in (loaded, reference)
        ]
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_the_graphs_are_those_of_this_checkpoint(tmp_path: Path) -> None:
    subprocess.run([sys.executable, PACKAGING / "onnx-towers" / "write_towers.py", FOLDER, tmp_path], check=True)
    for name in (EMBEDDED.image, EMBEDDED.text):
        assert (tmp_path / name).read_bytes() == Path(FOLDER, name).read_bytes(), "run `make venv`"


def test_the_shipped_texts_are_those_of_the_configurations_and_of_this_checkpoint(tmp_path: Path) -> None:
    made = tmp_path / shipped_texts.PATH
    subprocess.run([sys.executable, PACKAGING / "embedded-model" / "embed_prompts.py", FOLDER, made], check=True)
    fresh, shipped = (shipped_texts.read_shipped(str(each)) for each in (tmp_path, FOLDER))
    assert list(fresh) == list(shipped)
    for text, vector in fresh.items():
        assert np.abs(vector - shipped[text]).max() < MAX_DRIFT, (
            f"{text}: run packaging/embedded-model/embed_prompts.py"
        )


def test_the_labels_of_the_starter_configuration_are_not_embedded_at_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {each.name: each.prompts for each in load_labels(default_config_path())}
    monkeypatch.setattr(sys, "executable", "/bin/false")  # by which texts are embedded
    assert load_model("embedded", labels, str(tmp_path), 1).engine.name == ONNX_FP32
    with pytest.raises(ModelError, match="texts cannot be embedded"):
        load_model("embedded", labels | {"own": ("an own prompt",)}, str(tmp_path), 1)


def test_graphs_of_other_weights_are_refused(tmp_path: Path) -> None:
    """As after a change of the checkpoint without a new build: the weights are the same, but at other places."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    save_file(load_file(Path(FOLDER, "model.safetensors")), tmp_path / "model.safetensors", {"moved": "by this"})
    for attempt in (partial(open_image_tower, str(tmp_path), 1), partial(embed_texts, str(tmp_path), ["a"], 1)):
        with pytest.raises(ModelError, match="was made for other weights"):
            attempt()


def test_onnx_runtime_reports_nothing_to_its_maker(tmp_path: Path) -> None:
    code = "import snapsortd.vision.child.engines.onnx_engine"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env={"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == [], "its identifier of this computer"


def test_without_torch_another_model_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = str(make_checkpoint(tmp_path / "model", "clip"))
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(ModelError, match="needs torch, which is not installed") as caught:
        load_model(other, LABELS, str(tmp_path / "cache"), 1)
    assert "pip install 'snapsortd[clip]'`" in caught.value.hint
    assert load_model("embedded", LABELS, str(tmp_path / "cache"), 1).engine.name == ONNX_FP32
