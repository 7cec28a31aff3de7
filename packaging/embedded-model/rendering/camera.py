"""Turn paper documents into files: photographed with a phone, scanned, copied."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Rng = np.random.Generator
Values = npt.NDArray[np.float32]

SIDE = 720  # pixels; longest side while working


def smooth(rng: Rng, size: tuple[int, int], cells: tuple[int, int]) -> Values:
    """Return soft noise from 0 to 1 as (height, width)."""
    grid = Image.fromarray((rng.random((cells[1], cells[0])) * 255).astype(np.uint8))
    return np.asarray(grid.resize(size, Image.Resampling.BICUBIC), np.float32) / 255


def desk(rng: Rng, size: tuple[int, int], photo: Image.Image) -> Image.Image:
    """Return the surface below the paper: wood, cloth, stone, tiles, a plain table, or the blurred photo."""
    kind = rng.choice(["wood", "wood", "wood", "plain", "plain", "cloth", "stone", "tiles", "photo"])
    if kind == "photo":
        return photo.resize(size).filter(ImageFilter.GaussianBlur(float(rng.uniform(2, 8))))
    wooden = rng.uniform([60, 35, 15], [205, 160, 110])
    base = wooden if kind == "wood" else rng.uniform(15, 225) * rng.normal(1, 0.3 if rng.random() < 0.25 else 0.06, 3)
    texture = np.zeros((size[1], size[0]), np.float32)
    if kind == "wood":
        texture = smooth(rng, size, (3, int(rng.integers(40, 160)))) + 0.6 * smooth(rng, size, (6, 300))
        if rng.random() < 0.5:  # boards
            texture[:: max(60, size[1] // int(rng.integers(2, 7)))] -= 1.5
    elif kind == "cloth":
        texture = (np.indices(texture.shape).sum(0) % int(rng.integers(3, 9)) < 2).astype(np.float32)
    elif kind == "stone":
        texture = smooth(rng, size, (9, 9)) + rng.normal(0, 0.5, texture.shape).astype(np.float32)
    elif kind == "tiles":
        step = int(rng.integers(60, 240))
        texture[::step] = texture[:, ::step] = 2
    texture = (texture - texture.mean()) * rng.uniform(10, 45)
    if rng.random() < 0.5 and kind == "wood":
        texture = np.rot90(texture) if size[0] == size[1] else texture
    values = base[None, None] + texture[..., None] + rng.normal(0, 3, (*texture.shape, 1))
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def crumpled(sheet: Image.Image, rng: Rng) -> Image.Image:
    """Add the texture of paper, which is neither flat nor white: tint, folds, creases, grain."""
    values = np.asarray(sheet, np.float32)
    tint = np.array([1, rng.uniform(0.96, 1), rng.uniform(0.9, 1)]) * rng.uniform(0.88, 1)
    light = 1 + 0.05 * (smooth(rng, sheet.size, (4, 4)) - 0.5)
    if rng.random() < 0.5:  # creases: where a bent surface turns, its brightness changes abruptly
        rough = smooth(rng, sheet.size, (int(rng.integers(4, 14)), int(rng.integers(4, 18))))
        slope = np.gradient(rough)[0] + np.gradient(rough)[1]
        light += np.clip(slope / (slope.std() + 1e-6), -3, 3) * rng.uniform(0.005, 0.04)
    for _ in range(int(rng.integers(0, 3))):  # folds, straight across
        across = rng.random() < 0.7
        where = int(rng.uniform(0.2, 0.8) * light.shape[0 if across else 1])
        side = light[where:] if across else light[:, where:]
        side -= rng.uniform(-0.08, 0.1)
        line = light[where : where + 2] if across else light[:, where : where + 2]
        line += rng.uniform(-0.25, 0.12)
    values = values * tint * light[..., None] + rng.normal(0, 2, (*light.shape, 1))
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def warp(corners: npt.NDArray[np.float64], width: int, height: int) -> list[float]:
    """Return Pillow's eight coefficients that map a sheet's corners (4, 2) to these positions in the picture."""
    rows, wanted = [], np.array([0, 0, width, 0, width, height, 0, height], float)
    for (x, y), (u, v) in zip(corners, wanted.reshape(4, 2), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    found: list[float] = np.linalg.solve(np.array(rows), wanted).tolist()
    return found


def photographed(sheet: Image.Image, rng: Rng, photo: Image.Image, wall: bool = False) -> Image.Image:
    """Return the sheet on a table, or board on a wall, as a phone sees it; sometimes cut off, tilted, in bad light."""
    sheet.thumbnail((SIDE, SIDE))
    sheet = sheet if wall else crumpled(sheet, rng)
    width, height = sheet.size
    if not wall and rng.random() < 0.6:
        full = (round(SIDE * 0.75), SIDE) if rng.random() < 0.75 else (SIDE, round(SIDE * 0.75))
    else:
        full = (round(width * rng.uniform(1.0, 1.5)), round(height * rng.uniform(1.0, 1.3)))
    fill = rng.uniform(0.95 if wall else 0.7, 1.12) * min(full[0] / width, full[1] / height)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width * fill / 2, height * fill / 2]
    angle = np.radians(
        rng.normal(0, 2 if wall else 7) + (rng.choice([90, 180, 270]) if rng.random() < 0.06 and not wall else 0)
    )
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilt = 1 + square @ rng.normal(0, 0.09, 2)[:, None] / max(full)
    middle = np.array(full) / 2 + rng.normal(0, 0.03, 2) * full
    corners = square @ turn.T / tilt + middle
    picture = Image.new("RGB", full, (int(rng.uniform(120, 235)),) * 3) if wall else desk(rng, full, photo)
    numbers = warp(corners, width, height)
    mask = Image.new("L", sheet.size, 255).transform(full, Image.Transform.PERSPECTIVE, numbers)
    drop = Image.new("L", full, 0)  # the shadow that the sheet throws
    drop.paste(mask, (int(rng.integers(-6, 8)), int(rng.integers(0, 9))))
    dark = Image.new("RGB", full, (0, 0, 0))
    picture = Image.composite(dark, picture, drop.filter(ImageFilter.GaussianBlur(7)).point(lambda v: v * 0.45))
    picture.paste(sheet.transform(full, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC), (0, 0), mask)
    return seen(picture, rng)


def seen(picture: Image.Image, rng: Rng) -> Image.Image:
    """Apply the light, shadow, focus, noise and JPEG compression of a phone camera."""
    size = picture.size
    values = np.asarray(picture, np.float32)
    light = rng.uniform(0.55, 1.1) + rng.uniform(0, 0.4) * (smooth(rng, size, (3, 3)) - 0.5)
    if rng.random() < 0.35:  # the shadow of a hand or a head
        shade = Image.new("L", size, 255)
        x, y = rng.uniform(-0.2, 1.2, 2) * size
        wide, high = rng.uniform(0.2, 0.7, 2) * size
        ImageDraw.Draw(shade).ellipse((x - wide, y - high, x + wide, y + high), fill=int(rng.integers(90, 200)))
        light = light * np.asarray(shade.filter(ImageFilter.GaussianBlur(float(rng.uniform(8, 60)))), np.float32) / 255
    cast = np.array([rng.uniform(0.95, 1.08), 1, rng.uniform(0.85, 1.08)])
    values = values * light[..., None] * cast + rng.normal(0, rng.uniform(0.5, 8), values.shape)
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 2.2))))
    return squeezed(picture, int(rng.integers(35, 92)))


def scanned(sheet: Image.Image, rng: Rng) -> Image.Image:
    """Return the sheet as scanned, copied or faxed."""
    sheet.thumbnail((SIDE, SIDE))
    kind = rng.choice(["colour", "grey", "grey", "fax", "old"])
    back = int(rng.choice([255, 250, 20]))
    picture = sheet.rotate(float(rng.normal(0, 0.8)), Image.Resampling.BICUBIC, fillcolor=(back,) * 3)
    if kind != "colour":
        picture = ImageOps.grayscale(picture).convert("RGB")
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.2))))
    values = np.asarray(picture, np.float32)
    values = values + rng.normal(0, rng.uniform(1, 12), values.shape[:2])[..., None]
    if kind == "fax":
        values = np.where(values > rng.uniform(120, 210), 255.0, 0.0)
    if kind == "old":
        values = values * np.array([1, 0.95, 0.82]) * (0.8 + 0.2 * smooth(rng, sheet.size, (5, 5)))[..., None]
    specks = rng.random(values.shape[:2]) < rng.uniform(0, 0.003)
    values[specks] = rng.choice([20, 240])
    return squeezed(Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)), int(rng.integers(40, 92)))


def squeezed(picture: Image.Image, quality: int) -> Image.Image:
    """Return the picture after JPEG compression."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
