"""One contract for every engine on every kind of checkpoint; and the engine that the classifier process uses."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import digest_checkpoint
from snapsortd.vision.child.engines import cache as engine_cache
from snapsortd.vision.child.engines.choose import MIN_COSINE, min_cosine
from snapsortd.vision.child.engines.engine import ONNX_FP32, ONNX_INT8, TORCH, Array, Engine
from snapsortd.vision.child.engines.export import export
from snapsortd.vision.child.engines.load_model import LoadedModel, load_model
from snapsortd.vision.child.engines.onnx_engine import open_exported
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.classifier import Classifier
from tests.support.tiny_checkpoints import KINDS, make_checkpoint

ENGINES = (TORCH, ONNX_FP32, ONNX_INT8)
LABELS = {"screenshot": ("a screenshot",), "receipt": ("a receipt", "photo of the receipt"), "cat": ("a cat",)}
THREADS = 1


class Exported:
    """A tiny checkpoint and its exports."""

    def __init__(self, home: Path, kind: str) -> None:
        self.kind = kind
        self.checkpoint = make_checkpoint(home / "model", kind)
        self.cache = home / "cache"
        self.facts = export(str(self.checkpoint), str(self.cache), THREADS)
        self.folder = Path(engine_cache.folder_of(str(self.cache), digest_checkpoint(str(self.checkpoint))))
        preprocessor = Preprocessor.load(self.checkpoint)
        assert preprocessor is not None
        self.pixels = np.stack([preprocessor.prepare(image) for image in sample_images()])

    def engine(self, name: str) -> Engine:
        if name == TORCH:
            return TorchEngine(str(self.checkpoint), THREADS)
        return open_exported(engine_cache.path_of(str(self.folder), name), name, THREADS)

    def load(self, engine: str = "auto", threads: int = THREADS) -> LoadedModel:
        return load_model(str(self.checkpoint), LABELS, str(self.cache), threads, engine)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def by_kind(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """Return a function that exports each kind once."""
    return cache(lambda kind: Exported(tmp_path_factory.mktemp(kind), kind))


@pytest.fixture(params=KINDS)
def exported(request: pytest.FixtureRequest, by_kind: Callable[[str], Exported]) -> Exported:
    return by_kind(request.param)


@pytest.fixture
def clip(by_kind: Callable[[str], Exported]) -> Exported:
    return by_kind("clip")


@pytest.fixture
def copied(clip: Exported, tmp_path: Path) -> Iterator[Exported]:
    """A copy that a test may damage."""
    copy = object.__new__(Exported)
    copy.__dict__.update(clip.__dict__)
    copy.cache = tmp_path / "cache"
    shutil.copytree(clip.cache, copy.cache)
    copy.folder = copy.cache / clip.folder.relative_to(clip.cache)
    return copy


@pytest.mark.parametrize("name", ENGINES)
def test_the_contract(exported: Exported, name: str) -> None:
    engine = exported.engine(name)
    vectors = engine.encode(exported.pixels[:5])
    assert engine.name == name
    assert vectors.shape == (5, engine.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=-1).tolist() == pytest.approx([1] * 5, abs=1e-5)
    assert engine.encode(exported.pixels[:1]).shape == (1, engine.dim)


@pytest.mark.parametrize("name", ENGINES)
def test_an_image_alone_and_among_others(exported: Exported, name: str) -> None:
    """Results are equal except for rounding; in 8 bits, all images of a batch share one scale."""
    if strays(exported, name):
        return
    engine = exported.engine(name)
    alone = np.concatenate([engine.encode(each[None]) for each in exported.pixels])
    cosine = min_cosine(engine.encode(exported.pixels), alone)
    assert cosine >= (MIN_COSINE if name == ONNX_INT8 else 0.99999)


@pytest.mark.parametrize("name", ENGINES)
def test_it_sees_what_the_reference_sees(exported: Exported, name: str) -> None:
    if strays(exported, name):
        return
    reference, engine = exported.engine(TORCH), exported.engine(name)
    strangers = np.random.default_rng(1).standard_normal((8, *exported.pixels.shape[1:]), dtype=np.float32)
    for pixels in (exported.pixels, strangers):
        cosine = min_cosine(*(_one_by_one(each, pixels) for each in (engine, reference)))
        assert cosine >= (MIN_COSINE if name == ONNX_INT8 else 0.99999)


def strays(exported: Exported, name: str) -> bool:
    """Return whether the engine is too inaccurate, and check that it is not chosen then.

    This is so for SigLIP's random weights in 8 bits if the processor has no instructions for 8-bit products: their
    small differences are lost in rounding.
    """
    if (exported.kind, name) != ("siglip", ONNX_INT8) or exported.facts.cosines[ONNX_INT8] >= MIN_COSINE:
        return False
    assert exported.load("onnx").engine.name == ONNX_FP32
    return True


def _one_by_one(engine: Engine, pixels: Array) -> Array:
    return np.concatenate([engine.encode(each[None]) for each in pixels])


@pytest.mark.parametrize("name", ENGINES)
def test_several_threads_may_use_one(clip: Exported, name: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    engine = clip.engine(name)
    expected = _one_by_one(engine, clip.pixels)
    with ThreadPoolExecutor(4) as pool:
        found = np.concatenate(list(pool.map(lambda each: engine.encode(each[None]), clip.pixels)))
    assert np.abs(found - expected).max() < 1e-6


def test_what_is_exported_is_private_and_says_what_was_measured(exported: Exported) -> None:
    assert exported.facts.failed == ""
    assert set(exported.facts.milliseconds) == set(ENGINES)
    assert exported.facts.cosines[ONNX_FP32] >= 0.99999
    names = {path.name for path in exported.folder.iterdir()}
    assert names == {"fp32.onnx", "int8.onnx", "samples.safetensors", "choice.json"}
    assert [path.name for path in exported.folder.parent.iterdir()] == [exported.folder.name]
    assert stat.S_IMODE(exported.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["onnx", "auto"])
def test_an_exported_model_is_loaded_by_onnx_runtime(exported: Exported, kind: str) -> None:
    """Tiny models are so fast in any engine that "auto" may choose torch."""
    loaded, reference = exported.load(kind), exported.load("torch")
    assert loaded.engine.name in (ENGINES if kind == "auto" else ENGINES[1:])
    assert loaded.about["wants_export"] is False
    assert loaded.about["dim"] == reference.about["dim"] == loaded.engine.dim
    assert loaded.labels.logit_scale == pytest.approx(reference.labels.logit_scale)
    assert np.concatenate(loaded.labels.prompts) == pytest.approx(np.concatenate(reference.labels.prompts), abs=1e-6)
    image = Image.new("RGB", (90, 70), "orange")
    vectors = [each.engine.encode(each.preprocessor.prepare(image)[None]) for each in (loaded, reference)]
    assert min_cosine(*vectors) >= MIN_COSINE


def test_torch_is_torch(clip: Exported) -> None:
    loaded = clip.load("torch")
    assert (loaded.engine.name, loaded.about["wants_export"]) == (TORCH, False)
    assert loaded.about["engine_reason"] == "model.engine is torch"


def _edit(facts: Path, **changes: object) -> None:
    content = json.loads(facts.read_text())
    content["facts"].update(changes)
    facts.write_text(json.dumps(content))


def _flip(path: Path) -> None:
    """Flip one bit in the middle, which no parser would notice."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def _flip_all(folder: Path) -> None:
    for name in engine_cache.FILES.values():
        _flip(folder / name)


def _remove_exports(folder: Path) -> None:
    for name in engine_cache.FILES.values():
        (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda folder: shutil.rmtree(folder), "not exported yet", id="nothing-there"),
        pytest.param(lambda folder: (folder / "choice.json").write_text("{"), "not exported yet", id="facts-damaged"),
        pytest.param(
            lambda folder: (folder / "choice.json").write_text("[]"), "not exported yet", id="facts-of-others"
        ),
        pytest.param(
            lambda folder: (folder / "samples.safetensors").write_bytes(b"x"), "damaged", id="samples-damaged"
        ),
        pytest.param(
            lambda folder: _edit(folder / "choice.json", machine="another"), "another machine", id="another-machine"
        ),
        pytest.param(_flip_all, "the exported model is damaged", id="one-bit-flipped"),
        pytest.param(_remove_exports, "the exported model is damaged", id="files-missing"),
    ],
)
def test_whatever_is_wrong_with_the_exports_torch_takes_over_and_they_are_made_again(
    copied: Exported, spoil: Callable[[Path], object], reason: str
) -> None:
    spoil(copied.folder)
    loaded = copied.load("onnx")
    assert (loaded.engine.name, loaded.about["wants_export"]) == (TORCH, True)
    assert reason in loaded.about["engine_reason"]
    export(str(copied.checkpoint), str(copied.cache), THREADS)
    assert copied.load("onnx").engine.name in ENGINES[1:]


def test_other_threads_are_measured_anew(clip: Exported) -> None:
    loaded = clip.load("onnx", threads=2)
    assert (loaded.engine.name, loaded.about["wants_export"]) == (TORCH, True)


def test_a_model_that_cannot_be_exported_stays_with_torch_and_is_not_tried_again(
    clip: Exported, tmp_path: Path
) -> None:
    """Its image processor is of a kind that only transformers supports, because it pads."""
    checkpoint = tmp_path / "model"
    shutil.copytree(clip.checkpoint, checkpoint)
    settings = checkpoint / "preprocessor_config.json"
    settings.write_text(
        json.dumps(json.loads(settings.read_text()) | {"image_processor_type": "PoolFormerImageProcessor"})
    )
    facts = export(str(checkpoint), str(tmp_path / "cache"), THREADS)
    assert "supported by transformers only" in facts.failed
    loaded = load_model(str(checkpoint), LABELS, str(tmp_path / "cache"), THREADS, "onnx")
    assert (loaded.engine.name, loaded.about["wants_export"]) == (TORCH, False)
    assert loaded.preprocessor.prepare(Image.new("RGB", (50, 40))).shape == (3, 32, 32)


def test_a_file_that_is_no_model_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "fp32.onnx").write_bytes(b"not this")
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_exported(str(tmp_path / "fp32.onnx"), ONNX_FP32, THREADS)


def test_what_a_killed_export_left_is_removed_and_old_models_are_forgotten(copied: Exported) -> None:
    engines = copied.folder.parent
    (engines / ".new-left").mkdir()
    for age in range(1, 6):
        old = engines / f"old{age}"
        old.mkdir()
        os.utime(old, (age, age))
    export(str(copied.checkpoint), str(copied.cache), THREADS)
    assert {path.name for path in engines.iterdir()} == {copied.folder.name, "old5", "old4"}


def _libraries(pid: int) -> set[str]:
    """Return which of these libraries a process has mapped."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return {name for name in ("libtorch", "onnxruntime", "tokenizers") if name in maps}


def _classified(
    exported: Exported, engine: str, cache: Path, image: Path
) -> tuple[dict[str, object], set[str], dict[str, float]]:
    classifier = Classifier(
        model=str(exported.checkpoint), labels=LABELS, cache_dir=str(cache), threads=THREADS, engine=engine
    )
    try:
        with image.open("rb") as file:
            classification = classifier.classify(file.fileno(), lambda: False)
        assert classifier.pid is not None
        return classifier.model_info, _libraries(classifier.pid), dict(classification.scores)
    finally:
        classifier.stop()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc")
@pytest.mark.parametrize("labels_are_cached", [True, False])
def test_with_onnx_the_classifier_process_holds_neither_torch_nor_transformers(
    copied: Exported, tmp_path: Path, *, labels_are_cached: bool
) -> None:
    image = tmp_path / "image.png"
    sample_images()[0].save(image)
    if labels_are_cached:
        copied.load("onnx")
    info, libraries, scores = _classified(copied, "onnx", copied.cache, image)
    assert info["engine"] in ENGINES[1:]
    assert libraries == {"onnxruntime"}
    info, libraries, expected = _classified(copied, "torch", copied.cache, image)
    assert libraries == {"libtorch", "tokenizers"} or libraries == {"libtorch"}
    assert info["engine"] == TORCH
    assert scores == pytest.approx(expected, abs=0.02)
