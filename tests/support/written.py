"""Images with text, drawn with the font that ships with Pillow, so that they are the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

RECEIPT = (
    "REWE",
    "Domstr. 20, 50668 Berlin",
    "UID Nr. DE812706034",
    "Bio Vollmilch        1,19",
    "Bananen        2,34",
    "Pfand        0,25",
    "Kaffee Crema        12,99",
    "Schokolade        6,63",
    "SUMME EUR        23,40",
    "Gegeben BAR        50,00",
    "11.10.2026 18:42",
)


def written(
    lines: Sequence[str], size: int = 28, width: int = 640, ink: str = "#222", paper: str = "#f8f6f0"
) -> Image.Image:
    """Return an image with these lines; letters are `size` pixels high."""
    font = ImageFont.load_default(size)
    image = Image.new("RGB", (width, round(size * (2 + 1.6 * len(lines)))), paper)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((size, size * (1 + 1.6 * number)), line, fill=ink, font=font)
    return image


def photographed(image: Image.Image) -> Image.Image:
    """Return the image as if photographed on a table: slanted, in perspective, blurred, unevenly lit."""
    width, height = image.size
    table = Image.new("RGB", (width + 240, height + 240), "#5a4634")
    table.paste(image, (120, 120))
    slanted = table.rotate(4, Image.Resampling.BICUBIC, fillcolor="#5a4634")
    w, h = slanted.size
    corners = (0, 0, -0.02 * w, h, 1.02 * w, h * 0.98, w * 0.98, 0.02 * h)
    seen = slanted.transform((w, h), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    light = Image.linear_gradient("L").resize((w, h)).point(lambda value: 150 + value * 100 // 255)
    return Image.composite(seen.filter(ImageFilter.GaussianBlur(0.8)), Image.new("RGB", (w, h)), light)


def save(image: Image.Image, path: Path) -> Path:
    """Write the image and return its path."""
    image.save(path)
    return path
