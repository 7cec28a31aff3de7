"""Convert an image of any mode to RGB, so that a model sees what a person sees."""

from __future__ import annotations

import math

from PIL import Image

MAX_ASPECT = 4
"""Longer side divided by shorter side. Longer images are folded, because models see only the central square."""
_MAX_FOLDED = 256
"""Even longer images are squashed to this before they are folded."""

_LIGHT = 224
"""Grey values from here on are hardly seen on white."""
_FAINT = 16
"""Opacity below which a pixel is hardly seen on anything."""
_MIN_SEEN = 0.001
"""Of the visible pixels; so many must be darker than white for something to be seen on it."""


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB, with white behind transparent parts, as viewers show them, or black if all would be white."""
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        canvas = _on(layer, "white")
        return _on(layer, "black") if _vanishes(layer, canvas) else canvas
    if image.mode.startswith("I;16"):  # 16-bit grey: a plain convert would clip everything above 255
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("RGB")
    if image.mode in ("I", "F"):  # the range is arbitrary: stretch it
        return _stretch(image).convert("RGB")
    return image.convert("RGB")


def fold(image: Image.Image) -> Image.Image:
    """Cut an image that is longer than `MAX_ASPECT` into parts, and lay them side by side in the order of reading."""
    shorter, longer = sorted(image.size)
    if longer <= MAX_ASPECT * shorter:
        return image
    longest = _MAX_FOLDED * shorter
    image = image.resize((min(image.width, longest), min(image.height, longest)))
    width, height = image.size
    count = round(math.sqrt(max(width, height) / shorter))
    part = -(-max(width, height) // count)
    is_tall = height > width
    folded = Image.new("RGB", (count * width, part) if is_tall else (part, count * height), "white")
    for number in range(count):
        start = number * part
        if is_tall:
            folded.paste(image.crop((0, start, width, min(start + part, height))), (number * width, 0))
        else:
            folded.paste(image.crop((start, 0, min(start + part, width), height)), (0, number * height))
    return folded


def _on(layer: Image.Image, colour: str) -> Image.Image:
    canvas = Image.new("RGB", layer.size, colour)
    canvas.paste(layer, mask=layer)
    return canvas


def _vanishes(layer: Image.Image, on_white: Image.Image) -> bool:
    """Return whether the layer has visible pixels, of which hardly any is seen on white."""
    visible = sum(layer.getchannel("A").histogram()[_FAINT:])
    return sum(on_white.convert("L").histogram()[:_LIGHT]) < _MIN_SEEN * visible


def _stretch(image: Image.Image) -> Image.Image:
    """Map the darkest value of a one-channel image to 0 and the brightest to 255."""
    low, high = (float(end) for end in image.getextrema() if not isinstance(end, tuple))
    scale = 255 / (high - low) if math.isfinite(high - low) and high > low else 0.0
    return image.point(lambda value: value * scale - low * scale)
