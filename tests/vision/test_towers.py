"""The embedded model's ONNX graphs, compared with torch; and models that need torch where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import nullcontext
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
from snapsortd.vision.child.engines.choose import Measured, choose
from snapsortd.vision.child.engines.engine import ONNX_FP32, ONNX_INT8, TORCH, Array
from snapsortd.vision.child.engines.load_model import load_model
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.processor import multiplies_8_bits
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.towers import embed_texts, fastest_graph, open_image_tower
from snapsortd.vision.onnx_towers import EMBEDDED, IMAGE_8BIT, OF_EMBEDDED
from tests.support.tiny_checkpoints import make_checkpoint

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGING = REPOSITORY / "packaging"
FOLDER = find_checkpoint("embedded")
MAX_DRIFT = 2e-6
"""Of any component of a vector: more than what rounding in another order makes of it (1e-6)."""
FASTEST = ONNX_INT8 if multiplies_8_bits() else ONNX_FP32
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


@cache
def batches() -> tuple[Array, Array]:
    """Return prepared images, drawn and real ones, and input of another size."""
    preprocessor = Preprocessor.load(FOLDER)
    assert preprocessor is not None
    strangers = np.random.default_rng(1).standard_normal((2, 3, 200, 411), dtype=np.float32)
    return np.stack([preprocessor.prepare(image) for image in (*sample_images(), *real_images())]), strangers


def test_images_are_what_they_are_to_torch() -> None:
    engine, logit_scale = open_image_tower(FOLDER, 2)
    for batch in batches():
        assert np.abs(engine.encode(batch) - torch_engine().encode(batch)).max() < MAX_DRIFT
    assert (engine.dim, engine.any_size) == (torch_engine().dim, torch_engine().any_size)
    assert logit_scale == pytest.approx(torch_engine().logit_scale)


@pytest.mark.skipif(FASTEST == ONNX_FP32, reason="without VNNI, ONNX Runtime's products of 8 bits overflow")
def test_images_in_8_bits_are_nearly_what_they_are_to_torch(tmp_path: Path) -> None:
    """Within the drift that an engine of any model may have; and an image's vector depends on no other image."""
    labels = {each.name: each.prompts for each in load_labels(default_config_path())}
    loaded = load_model("embedded", labels, str(tmp_path), 1)
    assert (loaded.engine.name, "8-bit" in loaded.about["engine_reason"]) == (ONNX_INT8, True)
    for batch in batches():
        vectors = loaded.engine.encode(batch)
        measured = {ONNX_INT8: Measured(1, vectors), TORCH: Measured(2, torch_engine().encode(batch))}
        assert choose(measured, loaded.labels, "auto")[0] == ONNX_INT8, choose(measured, loaded.labels, "auto")[1]
        assert np.array_equal(vectors, np.concatenate([loaded.engine.encode(each[None]) for each in batch]))


def test_texts_are_what_they_are_to_torch() -> None:
    texts = [*TEXTS, *(f"a photo of {number} cats" for number in range(70))]  # more than one batch
    assert np.abs(embed_texts(FOLDER, texts, 2) - torch_engine().encode_texts(texts)).max() < MAX_DRIFT


def test_the_scores_are_those_of_torch(tmp_path: Path) -> None:
    loaded, reference = (load_model("embedded", LABELS, str(tmp_path / each), 1, each) for each in ("auto", "torch"))
    assert (loaded.engine.name, loaded.about["wants_export"]) == (FASTEST, False)
    assert loaded.about["digest"] == reference.about["digest"]
    exact, _ = open_image_tower(FOLDER, 1)
    for image in (*sample_images(), *real_images()):
        scores = [
            each.labels.scores(engine.encode(each.preprocessor.prepare(image)[None]))
            for each, engine in ((loaded, exact), (reference, reference.engine))
        ]
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_the_graphs_are_those_of_this_checkpoint(tmp_path: Path) -> None:
    subprocess.run([sys.executable, PACKAGING / "onnx-towers" / "write_towers.py", FOLDER, tmp_path], check=True)
    for name in OF_EMBEDDED:
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
    assert load_model("embedded", labels, str(tmp_path), 1).engine.name == FASTEST
    with pytest.raises(ModelError, match="texts cannot be embedded"):
        load_model("embedded", labels | {"own": ("an own prompt",)}, str(tmp_path), 1)


def test_graphs_of_other_weights_are_refused(tmp_path: Path) -> None:
    """As after a change of the checkpoint without a new build: of a number, or of the places of all."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    folder, weights = str(tmp_path), load_file(Path(FOLDER, "model.safetensors"))
    images, texts = partial(open_image_tower, folder, 1), partial(embed_texts, folder, ["a"], 1)
    images_in_8_bits = partial(images, IMAGE_8BIT)
    weights["visual_projection.weight"][0, 0] += 1
    for about, refused in (
        ({"format": "pt"}, [images_in_8_bits]),
        ({"moved": "by this"}, [images, images_in_8_bits, texts]),
    ):
        save_file(weights, tmp_path / "model.safetensors", about)
        for attempt in (images, images_in_8_bits, texts):
            with pytest.raises(ModelError, match="was made for other weights") if attempt in refused else nullcontext():
                attempt()


def test_a_folder_without_the_graph_in_8_bits_has_the_exact_one(tmp_path: Path) -> None:
    for name in (EMBEDDED.image, EMBEDDED.text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert fastest_graph(str(tmp_path)) == (EMBEDDED.image, "it is part of the model")


@pytest.mark.parametrize(
    ("flags", "multiplies"),
    [
        pytest.param("flags\t\t: fpu avx2 avx512f avx512_vnni\n", True, id="avx-512"),
        pytest.param("vendor_id\t: GenuineIntel\nflags\t\t: fpu avx2 avx_vnni\n", True, id="avx"),
        pytest.param("flags\t\t: fpu avx2 avx512f\nvmx flags\t: avx_vnni\n", False, id="without"),
        pytest.param("Features\t: fp asimd asimddp i8mm\n", False, id="arm"),
        pytest.param(None, False, id="macos"),
    ],
)
def test_only_processors_that_multiply_8_bits_fast_are_given_them(
    tmp_path: Path, flags: str | None, multiplies: bool
) -> None:
    about = tmp_path / "cpuinfo"
    if flags is not None:
        about.write_text(flags)
    assert multiplies_8_bits(str(about)) == multiplies


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
    assert load_model("embedded", LABELS, str(tmp_path / "cache"), 1).engine.name == FASTEST
