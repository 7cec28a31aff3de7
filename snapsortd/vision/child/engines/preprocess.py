"""Convert RGB images to a model's input by the settings in its checkpoint, without torch or transformers.

The results are bit-identical to those of transformers' image processors with Pillow, which are used for the kinds that
are not listed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_CLIP_COLOURS = {
    "image_mean": (0.48145466, 0.4578275, 0.40821073),
    "image_std": (0.26862954, 0.26130258, 0.27577711),
}
_PLAIN_COLOURS = {"image_mean": (0.5, 0.5, 0.5), "image_std": (0.5, 0.5, 0.5)}
_ALL = {
    "do_resize": True,
    "do_rescale": True,
    "do_normalize": True,
    "rescale_factor": 1 / 255,
    "resample": Image.Resampling.BICUBIC,
    "default_to_square": True,
}
_CROPPED = _ALL | {"do_center_crop": True, "crop_size": 224}
_CLIP = _CROPPED | _CLIP_COLOURS | {"size": {"shortest_edge": 224}, "default_to_square": False}
_SQUARE = _ALL | _PLAIN_COLOURS | {"size": {"height": 224, "width": 224}}

_DEFAULTS: dict[str, Mapping[str, Any]] = {
    "BitImageProcessor": _CLIP,
    "BlipImageProcessor": _SQUARE | _CLIP_COLOURS | {"size": {"height": 384, "width": 384}},
    "CLIPImageProcessor": _CLIP,
    "ChineseCLIPImageProcessor": _CLIP,
    "ConvNextImageProcessor": _SQUARE
    | {"size": {"shortest_edge": 384}, "default_to_square": False, "crop_pct": 224 / 256},
    "DeiTImageProcessor": _CROPPED | _PLAIN_COLOURS | {"size": 256},
    "EfficientNetImageProcessor": _SQUARE | {"size": 346, "crop_size": 289, "include_top": True},
    "SiglipImageProcessor": _SQUARE | {"default_to_square": False},
    "ViTImageProcessor": _SQUARE | {"resample": Image.Resampling.BILINEAR},
}
"""Each kind's defaults (transformers 5, the Pil class of each)."""

_CONVNEXT_SQUASH_SIDE = 384
"""ConvNeXt crops for smaller sides, and squashes for this one and larger ones."""

Size = tuple[int, int]
Resized = Callable[[int, int], Size]
"""Maps width and height of an image to those it is resized to."""


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """Resizes an image, crops its centre and normalises its colours."""

    side: int
    """Pixels of each side of the model's input."""
    resized: Resized
    resample: Image.Resampling
    colours: np.ndarray
    """The normalised value of each of the 256 values of each channel: (3, 256) float32."""

    @classmethod
    def load(cls, folder: str | Path) -> Preprocessor | None:
        """Return the preprocessor for the checkpoint in `folder`, or None if its settings are not supported here."""
        try:
            return _from_settings(_settings(Path(folder)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Convert an RGB image to shape (3, side, side), float32."""
        resized = np.asarray(image.resize(self.resized(*image.size), self.resample))
        return self._normalised(_crop_centre(resized, self.side))

    def prepare_size(self, image: Image.Image, size: Size) -> np.ndarray:
        """Convert an RGB image, resized to this width and height, to shape (3, height, width), float32."""
        return self._normalised(np.asarray(image.resize(size, self.resample)))

    def _normalised(self, pixels: np.ndarray) -> np.ndarray:
        prepared = np.empty((3, *pixels.shape[:2]), np.float32)
        for channel, colours in enumerate(self.colours):
            np.take(colours, pixels[:, :, channel], out=prepared[channel], mode="clip")
        return prepared


def _settings(folder: Path) -> dict[str, Any]:
    """Return the settings with defaults filled in. processor_config.json has priority, as in transformers 5."""
    both = folder / "processor_config.json"
    found = json.loads(both.read_bytes()).get("image_processor") if both.is_file() else None
    if found is None:
        found = json.loads((folder / "preprocessor_config.json").read_bytes())
    kind = found.get("image_processor_type") or found["feature_extractor_type"].replace(
        "FeatureExtractor", "ImageProcessor"
    )
    kind = kind.removesuffix("Fast")
    return dict(_DEFAULTS[kind]) | {name: value for name, value in found.items() if value is not None} | {"kind": kind}


def _from_settings(settings: Mapping[str, Any]) -> Preprocessor:
    """Raise ValueError if the settings are not supported here."""
    if not settings["do_resize"] or settings.get("do_pad"):
        raise ValueError("not resized, or padded")
    if not settings["do_rescale"] and not settings["do_normalize"]:
        raise ValueError("neither rescaled nor normalised")
    size = _size(settings["size"], to_square=settings["default_to_square"])
    if settings["kind"] == "ConvNextImageProcessor":
        resized, side = _convnext(size, settings["crop_pct"])
    elif isinstance(size, int):
        resized, side = _shortest_edge(size), 0
    else:
        resized, side = _exactly(size), _same(size)
    if settings.get("do_center_crop"):
        side = _same(_size(settings["crop_size"], to_square=True))
    if side < 1:
        raise ValueError("the result is not a square of fixed size")
    return Preprocessor(side, resized, Image.Resampling(settings["resample"]), _colours(settings))


def _size(size: Any, to_square: bool) -> int | Size:
    """Return the shorter edge, or width and height."""
    if isinstance(size, int):
        return (size, size) if to_square else size
    if isinstance(size, list):
        height, width = size
        return int(width), int(height)
    if size.keys() == {"shortest_edge"}:
        return int(size["shortest_edge"])
    if size.keys() == {"height", "width"}:
        return int(size["width"]), int(size["height"])
    raise ValueError("unsupported kind of size")


def _exactly(size: Size) -> Resized:
    return lambda _width, _height: size


def _shortest_edge(edge: int) -> Resized:
    def resized(width: int, height: int) -> Size:
        longer = int(edge * max(width, height) / min(width, height))
        return (edge, longer) if width <= height else (longer, edge)

    return resized


def _same(size: int | Size) -> int:
    """Return the side of a square, or 0 for anything else."""
    return size[0] if isinstance(size, tuple) and size[0] == size[1] else 0


def _convnext(size: int | Size, crop_pct: float) -> tuple[Resized, int]:
    """Return how ConvNeXt resizes, and the side of the result."""
    if not isinstance(size, int):
        raise ValueError("ConvNeXt supports a shortest edge only")
    if size >= _CONVNEXT_SQUASH_SIDE:
        return _exactly((size, size)), size
    return _shortest_edge(int(size / crop_pct)), size


def _crop_centre(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return the central `side` × `side` pixels of (height, width, 3), padded with black if it is smaller."""
    height, width = pixels.shape[:2]
    if height < side or width < side:
        above, before = (max(side - length + 1, 0) // 2 for length in (height, width))
        below, behind = max(side - height, 0) - above, max(side - width, 0) - before
        pixels = np.pad(pixels, ((above, below), (before, behind), (0, 0)))
        height, width = pixels.shape[:2]
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _colours(settings: Mapping[str, Any]) -> np.ndarray:
    """Return the value of each colour: (3, 256) float32, in the steps and the precision that transformers uses."""
    values = np.tile(np.arange(256, dtype=np.float64)[:, None], (1, 3))
    if settings["do_rescale"]:
        values = values * settings["rescale_factor"]
    colours = values.astype(np.float32)
    if settings["do_rescale"] and settings.get("rescale_offset"):
        colours -= 1
    mean, std = (_per_channel(settings[name]) for name in ("image_mean", "image_std"))
    if settings["do_normalize"]:
        colours = (colours - mean) / std
    if settings.get("include_top"):  # EfficientNet
        colours = colours / std
    return np.ascontiguousarray(colours.T)


def _per_channel(value: Any) -> np.ndarray:
    """Return three values from one number for all channels, or one for each."""
    return np.broadcast_to(np.array(value, np.float32), 3)
