"""Compare our preprocessing with that of transformers, with the same settings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from transformers import AutoImageProcessor

from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines.preprocess import Preprocessor
from tests.support.tiny_checkpoints import KINDS, make_checkpoint

SIZES = ((300, 200), (200, 301), (17, 40), (31, 31), (500, 33))

SETTINGS = {
    "clip": {"image_processor_type": "CLIPImageProcessor"},
    "clip-fast": {"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 64}, "crop_size": 48},
    "clip-of-2021": {"feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "crop_size": 224, "resample": 3},
    "clip-crop-beyond-the-edge": {"image_processor_type": "CLIPImageProcessor", "size": 30, "crop_size": 33},
    "chinese-clip": {"image_processor_type": "ChineseCLIPImageProcessor", "do_rescale": True},
    "siglip": {"image_processor_type": "SiglipImageProcessor", "size": {"height": 384, "width": 384}, "resample": 2},
    "vit": {"image_processor_type": "ViTImageProcessor"},
    "vit-without-rescaling": {
        "image_processor_type": "ViTImageProcessor",
        "size": [32, 32],
        "image_mean": 0.3,
        "do_rescale": False,
    },
    "vit-without-normalising": {"image_processor_type": "ViTImageProcessor", "size": 32, "do_normalize": False},
    "deit": {"image_processor_type": "DeiTImageProcessor"},
    "bit": {"image_processor_type": "BitImageProcessor"},
    "blip": {"image_processor_type": "BlipImageProcessor"},
    "efficientnet": {"image_processor_type": "EfficientNetImageProcessor"},
    "efficientnet-of-2019": {
        "image_processor_type": "EfficientNetImageProcessor",
        "rescale_offset": True,
        "rescale_factor": 1 / 127.5,
        "include_top": False,
    },
    "convnext-cropped": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}},
    "convnext-squashed": {"image_processor_type": "ConvNextImageProcessor"},
}


def _assert_same(folder: str | Path) -> None:
    reference = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    ours = Preprocessor.load(folder)
    assert ours is not None
    noise = np.random.default_rng(0)
    for width, height in SIZES:
        image = Image.fromarray(noise.integers(0, 256, (height, width, 3), dtype=np.uint8))
        expected = reference(images=[image], return_tensors="np")["pixel_values"][0]
        prepared = ours.prepare(image)
        assert prepared.shape == (3, ours.side, ours.side)
        assert prepared.dtype == np.float32
        np.testing.assert_array_equal(prepared, expected)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_it_is_what_transformers_makes_to_the_bit(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    _assert_same(tmp_path)


def test_the_settings_of_all_processors_in_one_file_go_first(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SETTINGS["vit"]))
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": SETTINGS["clip-fast"]}))
    _assert_same(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_tiny_checkpoints(tmp_path: Path, kind: str) -> None:
    _assert_same(make_checkpoint(tmp_path, kind))


def test_the_embedded_model() -> None:
    _assert_same(find_checkpoint("embedded"))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"image_processor_type": "Siglip2ImageProcessor"}, id="kind"),
        pytest.param(SETTINGS["clip"] | {"do_center_crop": False}, id="no-square"),
        pytest.param(SETTINGS["clip"] | {"size": {"longest_edge": 224}}, id="size"),
        pytest.param(SETTINGS["clip"] | {"crop_size": {"height": 224, "width": 300}}, id="oblong"),
        pytest.param(SETTINGS["vit"] | {"do_resize": False}, id="not-resized"),
        pytest.param(SETTINGS["vit"] | {"do_pad": True}, id="padded"),
        pytest.param(SETTINGS["vit"] | {"do_rescale": False, "do_normalize": False}, id="whole-numbers"),
        pytest.param(SETTINGS["vit"] | {"resample": 17}, id="resample"),
        pytest.param(SETTINGS["vit"] | {"image_std": [1, 2]}, id="channels"),
        pytest.param({}, id="nothing"),
        pytest.param([], id="list"),
    ],
)
def test_what_is_not_known_is_left_to_transformers(tmp_path: Path, settings: object) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    assert Preprocessor.load(tmp_path) is None


def test_a_damaged_or_missing_file_is_left_to_transformers(tmp_path: Path) -> None:
    assert Preprocessor.load(tmp_path) is None
    (tmp_path / "preprocessor_config.json").write_text('{"image_processor_type": ')
    assert Preprocessor.load(tmp_path) is None


def test_it_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from snapsortd.vision.child.engines.preprocess import Preprocessor;"
        f"assert Preprocessor.load({find_checkpoint('embedded')!r});"
        "sys.exit(not {'torch', 'transformers'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
