"""Plot the bench's figures: speedup over the original script, memory, and cost against size.

usage: chart.py bench.json OUT.png
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

SCALE = 2
"""Pixels per point, for sharp text on high-resolution screens."""
WIDTH, ROW, GAP, LEFT, RIGHT = 860, 26, 20, 250, 90
INK, FAINT, OURS, THEIRS, MARK = "#1f2328", "#6e7781", "#2f81f7", "#c9d1d9", "#cf222e"

Bar = tuple[str, float, float | None, str]
"""Description, value, target, and the value as text."""


def draw_chart(figures: Mapping[str, Any], out: Path) -> None:
    """Write the chart of whatever was measured."""
    groups = [(title, bars) for title, bars in _groups(figures) if bars]
    height = sum(ROW * (len(bars) + 1) + GAP for _, bars in groups) + GAP
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), "white")
    draw = ImageDraw.Draw(image)
    top = GAP
    for title, bars in groups:
        _text(draw, (16, top), title, 15, INK)
        top += ROW
        longest = max(max(value, target or 0) for _, value, target, _ in bars) or 1
        for name, value, target, words in bars:
            _bar(draw, top, (name, value, target, words), (WIDTH - LEFT - RIGHT) / longest)
            top += ROW
        top += GAP
    image.quantize(32, dither=Image.Dither.NONE).save(out, optimize=True)


def _groups(figures: Mapping[str, Any]) -> list[tuple[str, list[Bar]]]:
    names = {
        "png_4k": "4K PNG screenshot",
        "jpeg_12mp": "12 MP JPEG photo",
        "jpeg_48mp": "48 MP JPEG photo",
    }
    targets = {"png_4k": 3.0, "jpeg_12mp": 6.0}
    latency = figures.get("close_to_filed_ratio", {})
    speed: list[Bar] = [
        (f"{words}: close to filed", latency[name], targets.get(name), f"{latency[name]:.1f}x")
        for name, words in names.items()
        if name in latency
    ]
    for name, words, target in (("backlog_ratio", "Backlog of mixed images", 5.0), ("tower_ratio", "Image tower", 6.0)):
        if name in figures:
            speed.append((words, figures[name], target, f"{figures[name]:.1f}x"))
    memory: list[Bar] = [
        (words, figures["pss_mib"][name], target, f"{figures['pss_mib'][name]:.0f} MiB")
        for name, words, target in (
            ("baseline", "Original script", None),
            ("classifier_vit_b32", "Classifier, ViT-B/32", 330),
            ("classifier_embedded", "Classifier, embedded model", 200),
            ("daemon", "Daemon", 60),
        )
        if "pss_mib" in figures
    ]
    scaling: list[Bar] = [
        (f"{row['images']:,} images known", row["ms_per_image"], None, f"{row['ms_per_image']:.0f} ms")
        for row in figures.get("scaling", [])
    ]
    return [
        ("Times faster than the original script, CLIP ViT-B/32 (red: target)", speed),
        ("Memory (PSS; red: target)", memory),
        ("Milliseconds to file a tiny image", scaling),
    ]


def _bar(draw: ImageDraw.ImageDraw, top: float, bar: Bar, per_unit: float) -> None:
    name, value, target, words = bar
    _text(draw, (28, top + 3), name, 13, INK)
    right = LEFT + max(1.0, value * per_unit)
    colour = THEIRS if name.startswith("Original") else OURS
    draw.rectangle(_scaled(LEFT, top + 4, right, top + ROW - 5), fill=colour)
    beside = right
    if target is not None:
        at = LEFT + target * per_unit
        draw.rectangle(_scaled(at - 1, top + 1, at + 1, top + ROW - 2), fill=MARK)
        beside = max(right, at) if at - right < RIGHT else right
    _text(draw, (beside + 8, top + 3), words, 13, FAINT)


def _scaled(*numbers: float) -> tuple[float, ...]:
    return tuple(number * SCALE for number in numbers)


def _text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, colour: str) -> None:
    draw.text((at[0] * SCALE, at[1] * SCALE), text, font=ImageFont.load_default(size * SCALE), fill=colour)


if __name__ == "__main__":
    draw_chart(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
