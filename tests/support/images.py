"""Images for tests: drawn by the demo's generator, or shipped by scikit-image."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import skimage
from PIL import Image

_DEMO = Path(__file__).parents[2] / "packaging" / "demo" / "render.py"
_spec = importlib.util.spec_from_file_location("demo_render", _DEMO)
assert _spec is not None
assert _spec.loader is not None
_render = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_render)

PHOTOS = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"]


def screenshot(seed: int = 0) -> Image.Image:
    """Return a settings window, 1280 × 800."""
    image: Image.Image = _render.screenshot(seed)
    return image


def receipt(seed: int = 0, height: int = 1100) -> Image.Image:
    """Return a till receipt on a table, 3:4, `height` pixels high."""
    image: Image.Image = _render.receipt(seed, height)
    return image


def photo(seed: int = 0) -> Image.Image:
    """Return a photo of a person, a cat, a cup or a rocket."""
    folder = Path(skimage.__file__).parent / "data"
    return Image.open(folder / PHOTOS[seed % len(PHOTOS)]).convert("RGB")
