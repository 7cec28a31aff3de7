"""The models of the classifier process: checkpoints, the torch engine, label embeddings and their cache."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import digest_checkpoint, find_checkpoint
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.labels import FOLDER, MAX_CACHED, embed_prompts
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from tests.support.tiny_checkpoints import KINDS, make_checkpoint

BLANK = np.zeros((1, 3, 32, 32), np.float32)
LABELS = {"screenshot": ("a screenshot",), "receipt": ("a receipt", "photo of the receipt")}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: make_checkpoint(tmp_path_factory.mktemp(kind), kind) for kind in KINDS}


@pytest.fixture(scope="module")
def encoders(checkpoints: dict[str, Path]) -> dict[str, TorchEngine]:
    return {kind: TorchEngine(str(folder)) for kind, folder in checkpoints.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_images_and_texts_meet_in_one_space(encoders: dict[str, TorchEngine], kind: str) -> None:
    encoder = encoders[kind]
    (image,) = encoder.encode(encoder.processor.prepare(Image.new("RGB", (50, 40), "red"))[None])
    texts = encoder.encode_texts(["a photo of a cat", "a receipt"])
    assert encoder.processor.side == 32
    assert encoder.dim == len(image)
    assert texts.shape == (2, *image.shape)
    assert np.linalg.norm(image) == pytest.approx(1)
    assert np.linalg.norm(texts, axis=-1).tolist() == pytest.approx([1, 1])
    assert texts[0].tolist() != pytest.approx(texts[1].tolist())
    assert encoder.logit_scale >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_alone_equals_the_same_text_among_others(encoders: dict[str, TorchEngine], kind: str) -> None:
    """Padding must not affect a prompt's vector; a text that is too long for the model is truncated, not rejected."""
    texts = ["a cat", "photo of the receipt and " + "the cat " * 40]
    together = encoders[kind].encode_texts(texts)
    for alone, row in zip(texts, together, strict=True):
        assert encoders[kind].encode_texts([alone])[0].tolist() == pytest.approx(row.tolist(), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (1, 16), (640, 40)])
def test_any_shape_of_image(encoders: dict[str, TorchEngine], kind: str, width: int, height: int) -> None:
    pixels = encoders[kind].processor.prepare(Image.new("RGB", (width, height), "teal"))
    assert pixels.shape == (3, 32, 32)
    assert np.isfinite(encoders[kind].encode(pixels[None])).all()


def test_half_precision_weights_run_in_single(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from transformers import CLIPModel

    shutil.copytree(checkpoints["clip"], tmp_path, dirs_exist_ok=True)
    CLIPModel.from_pretrained(tmp_path, dtype=torch.float16).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float16"
    assert TorchEngine(str(tmp_path)).encode(BLANK).dtype == np.float32


def test_without_its_text_tower_it_still_sees(checkpoints: dict[str, Path]) -> None:
    encoder = TorchEngine(str(checkpoints["clip"]))
    before = encoder.encode(BLANK)
    encoder.forget_texts()
    assert encoder.encode(BLANK).tolist() == before.tolist()


def test_a_model_of_another_family_is_refused(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTModel

    shutil.copytree(checkpoints["clip"], tmp_path, dirs_exist_ok=True)
    ViTModel(
        ViTConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
    ).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"not of the CLIP family.*model\.name"):
        TorchEngine(str(tmp_path))


def test_missing_weights_are_not_made_up(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoints["clip"], tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"weights are missing.*model\.name"):
        TorchEngine(str(tmp_path))


@pytest.mark.parametrize("name", ["model.safetensors", "preprocessor_config.json", "config.json"])
def test_a_damaged_checkpoint_is_a_model_error(checkpoints: dict[str, Path], tmp_path: Path, name: str) -> None:
    shutil.copytree(checkpoints["clip"], tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(b"{ not this")
    with pytest.raises(ModelError, match=r"cannot be loaded.*model\.name"):
        TorchEngine(str(tmp_path))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        pytest.param("/nowhere/model", "there is no model in /nowhere/model", id="folder"),
        pytest.param(
            "nobody/has-this", "is not on this machine .*snapsortctl model pull nobody/has-this", id="repository"
        ),
        pytest.param("a/b/c:d", "is not a valid model name", id="no-name"),
    ],
)
def test_a_model_that_is_not_here_says_what_to_do(model: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        find_checkpoint(model)


def test_other_weights_have_another_digest(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(checkpoints["clip"], tmp_path, dirs_exist_ok=True)
    before = digest_checkpoint(str(tmp_path))
    assert before == digest_checkpoint(str(checkpoints["clip"]))
    with (tmp_path / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x7f")
    assert digest_checkpoint(str(tmp_path)) != before


class _CountingTower:
    """A replacement for a text tower: returns a fixed vector per text and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> Array:
        self.calls += 1
        return normalised(np.array([[len(text), 5.0, text.count("a")] for text in texts], np.float32))


def _listed(vectors: Sequence[Array]) -> list[list[list[float]]]:
    return [each.tolist() for each in vectors]


def test_each_label_has_the_vectors_of_its_prompts(tmp_path: Path) -> None:
    tower = _CountingTower()
    for _ in ("embedded", "from the cache"):
        vectors = embed_prompts(LABELS, "digest", str(tmp_path), tower.encode)
        assert [each.shape for each in vectors] == [(1, 3), (2, 3)]
        assert vectors[1].tolist() == _CountingTower().encode(LABELS["receipt"]).tolist()


def test_labels_are_embedded_once(tmp_path: Path) -> None:
    tower = _CountingTower()
    first = _listed(embed_prompts(LABELS, "digest", str(tmp_path), tower.encode))
    assert _listed(embed_prompts(LABELS, "digest", str(tmp_path), tower.encode)) == first
    assert tower.calls == 1


@pytest.mark.parametrize(
    ("labels", "digest"),
    [
        pytest.param(LABELS, "other", id="other-weights"),
        pytest.param(LABELS | {"receipt": ("a receipt",)}, "digest", id="other-prompts"),
        pytest.param(dict(reversed(LABELS.items())), "digest", id="other-order"),
        pytest.param({"shot": LABELS["screenshot"], "receipt": LABELS["receipt"]}, "digest", id="other-name"),
    ],
)
def test_what_changes_the_labels_makes_them_anew(
    tmp_path: Path, labels: dict[str, tuple[str, ...]], digest: str
) -> None:
    tower = _CountingTower()
    embed_prompts(LABELS, "digest", str(tmp_path), tower.encode)
    embed_prompts(labels, digest, str(tmp_path), tower.encode)
    assert tower.calls == 2
    embed_prompts(LABELS, "digest", str(tmp_path), tower.encode)
    assert tower.calls == 2  # both are kept


def test_only_the_sets_used_last_are_kept(tmp_path: Path) -> None:
    tower = _CountingTower()
    for number in range(MAX_CACHED + 3):
        embed_prompts(LABELS, str(number), str(tmp_path), tower.encode)
    assert len(list((tmp_path / FOLDER).iterdir())) == MAX_CACHED
    embed_prompts(LABELS, str(MAX_CACHED + 2), str(tmp_path), tower.encode)
    assert tower.calls == MAX_CACHED + 3


@pytest.mark.parametrize("damage", [b"", b"junk", bytes(64)])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    tower = _CountingTower()
    first = _listed(embed_prompts(LABELS, "digest", str(tmp_path), tower.encode))
    (cached,) = (tmp_path / FOLDER).iterdir()
    cached.write_bytes(damage)
    assert _listed(embed_prompts(LABELS, "digest", str(tmp_path), tower.encode)) == first
    assert tower.calls == 2
    assert list((tmp_path / FOLDER).iterdir()) == [cached]


def test_no_place_for_a_cache_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    vectors = embed_prompts(LABELS, "digest", str(tmp_path / "file" / "cache"), _CountingTower().encode)
    assert len(vectors) == 2
