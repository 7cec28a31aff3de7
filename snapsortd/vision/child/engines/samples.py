"""Draw sample images that resemble real ones, so that engines can be compared without the user's images."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

IMAGES_PER_KIND = 4

_WORDS = [
    "Total",
    "Cash",
    "Thank you",
    "File",
    "Edit",
    "View",
    "Help",
    "Save",
    "Invoice",
    "42.10",
    "2024-05-01",
    "Search",
]


def sample_images() -> list[Image.Image]:
    """Return RGB images, the same on every call: screens, receipts, gradients, noise, photos, drawings."""
    kinds = (_screen, _receipt, _gradient, _noise, _photo, _drawing)
    return [kind(np.random.default_rng(seed)) for seed in range(IMAGES_PER_KIND) for kind in kinds]


def _colour(random: np.random.Generator, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(low, high, 3))
    return red, green, blue


def _text(random: np.random.Generator) -> str:
    return " ".join(str(word) for word in random.choice(_WORDS, int(random.integers(2, 7))))


def _screen(random: np.random.Generator) -> Image.Image:
    """Draw windows with a title bar and lines of text."""
    image = Image.new("RGB", (800, 500), _colour(random))
    draw = ImageDraw.Draw(image)
    for _ in range(3):
        x, y = int(random.integers(0, 400)), int(random.integers(0, 250))
        draw.rectangle((x, y, x + 380, y + 240), fill=_colour(random, 200))
        draw.rectangle((x, y, x + 380, y + 24), fill=_colour(random))
        for line in range(int(random.integers(3, 12))):
            draw.text((x + 12, y + 34 + 17 * line), _text(random), fill=_colour(random, 0, 90))
    return image


def _receipt(random: np.random.Generator) -> Image.Image:
    """Draw a narrow strip of paper on a table, slightly rotated."""
    paper = Image.new("RGB", (240, 520), _colour(random, 225))
    draw = ImageDraw.Draw(paper)
    for line in range(26):
        draw.text((14, 12 + 19 * line), f"{_text(random)[:20]:22}{random.uniform(1, 90):6.2f}", fill=(40, 40, 44))
    image = Image.new("RGB", (480, 600), _colour(random, 40, 160))
    image.paste(paper.rotate(float(random.uniform(-6, 6)), expand=True, fillcolor=(90, 80, 70)), (90, 20))
    return image


def _gradient(random: np.random.Generator) -> Image.Image:
    first, last = (np.array(_colour(random)) for _ in range(2))
    ramp = np.linspace(0, 1, 400)[:, None]
    row = first * (1 - ramp) + last * ramp
    return Image.fromarray(np.broadcast_to(row, (300, 400, 3)).astype(np.uint8))


def _noise(random: np.random.Generator) -> Image.Image:
    return Image.fromarray(random.integers(0, 256, (256, 256, 3), dtype=np.uint8))


def _photo(random: np.random.Generator) -> Image.Image:
    """Draw sky over ground with blurred objects in between, and add the noise of a sensor."""
    image = Image.new("RGB", (640, 480), _colour(random, 120))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, int(random.integers(200, 360)), 640, 480), fill=_colour(random, 0, 140))
    for _ in range(12):
        x, y, size = (int(value) for value in random.integers((0, 120, 20), (600, 440, 160)))
        draw.ellipse((x, y, x + size, y + size), fill=_colour(random))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(5)), dtype=np.float64)
    return Image.fromarray((blurred + random.normal(0, 6, blurred.shape)).clip(0, 255).astype(np.uint8))


def _drawing(random: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        points = [tuple(point) for point in random.integers(0, 400, (3, 2)).tolist()]
        draw.line(points, fill=_colour(random), width=int(random.integers(1, 6)))
    return image
