"""The images of the bench: drawn, seeded, equal in every run, in formats and sizes that people really have."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import skimage
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging" / "demo"))

import render

VERSION = 1
"""Part of the folder's name; changed whenever different images would be drawn."""
DISTINCT = 4
"""Images of each kind: as many as the baseline takes at a time."""
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
GRAIN = 6.0
"""Standard deviation of a photo's noise, out of 255."""

Size = tuple[int, int]


def photo(seed: int, size: Size) -> Image.Image:
    """Return a photo that scikit-image ships, enlarged, with the grain of a camera; RGB."""
    image = Image.open(Path(skimage.__file__).parent / "data" / PHOTOS[seed % len(PHOTOS)]).convert("RGB")
    large = np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(seed).normal(0, GRAIN, (512, 512, 3)).astype(np.int16)
    times = (size[1] // 512 + 1, size[0] // 512 + 1, 1)
    noisy = large + np.tile(grain, times)[: size[1], : size[0]]
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def screen(seed: int, size: Size) -> Image.Image:
    """Return a desktop: a smooth wallpaper, windows with text, a photo in one of them; RGB."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (4, 3), chance.randbytes(36))
    image = small.resize(size, Image.Resampling.BICUBIC)
    width, height = size
    for number in range(5):
        window = render.screenshot(10 * seed + number, (max(640, width * 2 // 5), max(560, height * 2 // 5)))
        image.paste(window, (chance.randrange(width // 2), chance.randrange(height // 2)))
    shown = (width // 4, height // 4)
    image.paste(photo(seed, shown), (chance.randrange(width - shown[0]), chance.randrange(height - shown[1])))
    return image


def receipt(seed: int, size: Size) -> Image.Image:
    """Return a photographed receipt; RGB."""
    return render.receipt(seed, size[1]).resize(size)


class Kind(NamedTuple):
    """One format and size: how it is drawn and saved, and its number among 20 images of the mixed backlog."""

    draw: Callable[[int, Size], Image.Image]
    size: Size
    suffix: str
    of_twenty: int = 0
    options: Mapping[str, Any] = MappingProxyType({})
    original_reads_it: bool = True


HEIC_OPTIONS = {"quality": 60, "enc_params": {"preset": "ultrafast"}}

KINDS: dict[str, Kind] = {
    "png_4k": Kind(screen, (3840, 2160), "png", 5),
    "png_phone": Kind(screen, (1170, 2532), "png", 4),
    "png_1280": Kind(screen, (1280, 800), "png"),
    "jpeg_2mp": Kind(receipt, (1224, 1632), "jpg", 3, {"quality": 85}),
    "jpeg_12mp": Kind(photo, (4032, 3024), "jpg", 6, {"quality": 92}),
    "jpeg_48mp": Kind(photo, (8064, 6048), "jpg", 1, {"quality": 92}),
    "webp_12mp": Kind(photo, (4032, 3024), "webp", 1, {"quality": 80, "method": 1}),
    "heic_12mp": Kind(photo, (4032, 3024), "heic", 0, HEIC_OPTIONS, original_reads_it=False),
}

SIDEWAYS = 6
"""EXIF's orientation of a phone held upright; every second photo has it."""


def make_pictures(folder: Path, *, small: bool = False) -> dict[str, list[Path]]:
    """Return kind → its images, drawn into `folder` if they do not exist. `small`: an eighth of the width."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Path]] = {}
    for name, kind in KINDS.items():
        found[name] = [folder / f"{name}-{number}.{kind.suffix}" for number in range(DISTINCT)]
        for number, path in enumerate(found[name]):
            if not path.exists():
                _save(kind, number, path, small)
    return found


def _save(kind: Kind, number: int, path: Path, small: bool) -> None:
    width, height = kind.size
    image = kind.draw(number, (width // 8, height // 8) if small else kind.size)
    options = dict(kind.options)
    if kind.draw is photo and number % 2:
        exif = Image.Exif()
        exif[0x0112] = SIDEWAYS
        options["exif"] = exif.tobytes()
    unfinished = path.with_name(f"unfinished.{path.name}")
    image.save(unfinished, **options)
    unfinished.rename(path)


def mixed(pictures: dict[str, list[Path]], count: int) -> list[Path]:
    """Return `count` images, in the proportions of a full phone and desktop; every twenty hold the same kinds."""
    order = [name for name, kind in KINDS.items() for _ in range(kind.of_twenty)]
    random.Random(0).shuffle(order)
    return [pictures[order[n % len(order)]][n // len(order) % DISTINCT] for n in range(count)]
