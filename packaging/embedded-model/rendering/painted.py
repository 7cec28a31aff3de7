"""Photos turned into paintings, drawings and prints, by hand-like strokes rather than a filter where possible."""

from __future__ import annotations

import base64
import io
import math
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

WIDE = 480  # pixels


def strokes(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return coarse brush strokes first, finer ones on top, along the edges of the photo (after Hertzmann 1998)."""
    grey = np.asarray(photo.convert("L").filter(ImageFilter.GaussianBlur(3)), np.float32)
    down, across = np.gradient(grey)
    picture = Image.new("RGB", photo.size, photo.resize((1, 1)).getpixel((0, 0)))  # type: ignore[arg-type]
    pen = ImageDraw.Draw(picture)
    spread = rng.randint(8, 34)
    finest = rng.choice([6, 8, 11])
    for wide in (30, 16, finest):
        soft = photo.filter(ImageFilter.GaussianBlur(wide / 2))
        for _ in range(int(photo.width * photo.height / (wide * wide * (1.4 if wide == finest else 0.6)))):
            x, y = rng.randrange(photo.width), rng.randrange(photo.height)
            red, green, blue = soft.getpixel((x, y))  # type: ignore[misc]
            shift = rng.randint(-spread, spread)
            angle = math.atan2(across[y, x], -down[y, x]) + rng.gauss(0, 0.3)
            far = wide * rng.uniform(1, 3.5)
            end = (x + far * math.cos(angle), y + far * math.sin(angle))
            ink = (red + shift, green + shift + rng.randint(-6, 6), blue + shift)
            pen.line((x, y, *end), fill=tuple(min(255, max(0, int(v))) for v in ink), width=wide)  # type: ignore[arg-type]
    return picture


def pencil(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return graphite, red chalk or ink: the photo divided by its blur, on paper."""
    grey = photo.convert("L")
    blur = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(rng.uniform(4, 16)))
    values = np.asarray(grey, np.float32) / np.maximum(1, 255 - np.asarray(blur, np.float32))
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0, 0.035, values.shape)
    hatch = np.indices(values.shape).sum(0) % rng.randint(4, 8) < 2
    values = np.clip(values ** rng.uniform(1, 2.5) + grain - 0.15 * (hatch & (np.asarray(grey) < 100)), 0, 1)
    ink = np.array(rng.choice([(20, 20, 25), (60, 35, 20), (30, 40, 90)]))
    back = np.array(rng.choice([(255, 255, 255), (244, 236, 218), (225, 225, 222)]))
    return Image.fromarray((ink + values[..., None] * (back - ink)).astype(np.uint8))


def flat(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return a cartoon: few flat colours with black outlines."""
    few = (
        photo.filter(ImageFilter.GaussianBlur(2))
        .filter(ImageFilter.ModeFilter(rng.choice([9, 11, 13])))
        .quantize(rng.randint(7, 20))
        .convert("RGB")
    )
    few = few.filter(ImageFilter.ModeFilter(7))
    edges = (
        few.convert("L")
        .filter(ImageFilter.FIND_EDGES)
        .point(lambda v: 0 if v > 26 else 255)
        .filter(ImageFilter.MinFilter(3))
    )
    black = Image.new("RGB", few.size, "black")
    return (
        Image.composite(few, black, edges.crop((2, 2, few.width - 2, few.height - 2)).resize(few.size))
        if rng.random() < 0.75
        else few
    )


def washed(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return a watercolour: pale, uneven, edges fading into the paper."""
    soft = photo.filter(ImageFilter.ModeFilter(9)).filter(ImageFilter.GaussianBlur(1.5))
    values = np.asarray(soft, np.float32) * 0.8 + 48
    chance = np.random.default_rng(rng.getrandbits(32))
    stain = Image.fromarray((chance.random((12, 12)) * 255).astype(np.uint8)).resize(
        photo.size, Image.Resampling.BICUBIC
    )
    values += (np.asarray(stain, np.float32)[..., None] - 128) * 0.35 + chance.normal(0, 5, values.shape[:2])[..., None]
    fade = Image.new("L", photo.size, 0)
    inner = (
        rng.randint(15, 50),
        rng.randint(15, 50),
        photo.width - rng.randint(15, 50),
        photo.height - rng.randint(15, 50),
    )
    ImageDraw.Draw(fade).rounded_rectangle(inner, 40, fill=255)
    fade = ImageChops.multiply(
        fade.filter(ImageFilter.GaussianBlur(14)), ImageOps.autocontrast(stain.point(lambda v: min(255, v + 210)))
    )
    made = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return Image.composite(made, Image.new("RGB", photo.size, (251, 248, 240)), fade)


def dots(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return dots of pure colour, or an engraving's lines of varying width."""
    step = rng.choice([8, 10, 13])
    lined = rng.random() < 0.3
    picture = Image.new("RGB", photo.size, "#fffbe8" if lined else rng.choice(["#ffffff", "#222222"]))
    pen = ImageDraw.Draw(picture)
    for y in range(0, photo.height, step):
        for x in range(0, photo.width, step):
            colour = photo.getpixel((x, y))
            weight = (1 - sum(colour) / 765) * step * 0.8  # type: ignore[arg-type]
            if lined:
                pen.line((x, y, x + step, y - step // 3), fill=(30, 25, 40), width=max(1, round(weight)))
            else:
                r = step * rng.uniform(0.4, 0.9)
                pen.ellipse((x - r + rng.randint(-2, 2), y - r, x + r, y + r), fill=colour)
    return picture


def pixels(photo: Image.Image, rng: random.Random) -> Image.Image:
    """Return pixel art."""
    small = photo.resize((rng.choice([32, 48, 64]),) * 2).quantize(rng.choice([8, 16, 24])).convert("RGB")
    return small.resize(photo.size, Image.Resampling.NEAREST)


STYLES = {
    "an oil painting": strokes,
    "a pencil drawing": pencil,
    "a cartoon drawing": flat,
    "a watercolour": washed,
    "a pointillist print": dots,
    "pixel art": pixels,
}


def painted(photo: Path, rng: random.Random, style: str) -> str:
    """Return the photo in that style, as a data URL for HTML."""
    with Image.open(photo) as opened:
        picture = ImageOps.fit(opened.convert("RGB"), (WIDE, rng.choice([WIDE, 360, 600])))
    if rng.random() < 0.5:
        picture = ImageOps.autocontrast(picture, 2)
    if rng.random() < 0.5:  # colours that no camera produces
        hue, saturation, value = picture.convert("HSV").split()
        turn = rng.choice([0, 0, 20, 128, rng.randint(0, 255)])
        picture = Image.merge(
            "HSV", (hue.point(lambda v: (v + turn) % 256), saturation.point(lambda v: min(255, int(v * 1.4))), value)
        ).convert("RGB")
    made = STYLES[style](picture, rng)
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
