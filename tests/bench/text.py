#!/usr/bin/env python3
"""Measure how well the text in images is read, on images with known text; `make bench-text`.

Images are drawn with a seed, so that a typeface gives the same ones on every computer. The process that reads for the
daemon reads them; title, date and amount are found in the text as for names.

usage: text.py [--images 8] [--fonts FILE ...] [--small] [--out build/bench-text.json]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from floors import judge, read_expected
from papers import KINDS, TYPEFACES, Paper, installed_fonts, typefaces
from PIL import Image

from snapsortd.domain.image_text import ImageText
from snapsortd.rules.text_values import text_values
from snapsortd.vision.reader import Reader

EXPECTED = Path(__file__).with_name("expected_text.json")
FOUND = ("title", "date", "amount")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8, help="images of each kind")
    parser.add_argument("--fonts", nargs="*", default=[], metavar="FILE", help="typefaces to draw with in turn")
    parser.add_argument("--small", action="store_true", help="one image of each kind, to see if this works")
    parser.add_argument("--out", type=Path, default=Path("build/bench-text.json"))
    args = parser.parse_args()
    fonts = args.fonts or installed_fonts()
    if not fonts and not args.small:
        parser.error(f"none of {', '.join(TYPEFACES)} is installed: name others with --fonts FILE ...")
    figures = measure(1 if args.small else args.images, fonts)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(figures, indent=2) + "\n")
    for line in lines_of(figures):
        print(line)
    behind = [each for each in judge(figures, read_expected(EXPECTED)) if each.fell_behind and not args.small]
    for each in behind:
        print(f"{each.name} fell behind: {each.value:.3g}")
    return 1 if behind else 0


def measure(images: int, fonts: Sequence[str]) -> dict[str, Any]:
    """Return the figures of each kind, and the largest memory of the process that reads."""
    reader, faces = Reader(), typefaces(fonts)
    found: dict[str, Any] = {"fonts": list(fonts)}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, (draw, worsen) in KINDS.items():
                rows = []
                for number in range(images):
                    chance = random.Random(f"{name} {number}")
                    paper = draw(chance, faces[number % len(faces)])
                    image = worsen(paper.image, chance) if worsen else paper.image
                    rows.append(judged(paper, *read(reader, image, Path(folder) / "image.png")))
                found[name] = summary(rows)
            found["peak_mib"] = peak_mib(reader.pid)
    finally:
        reader.stop()
    return found


def read(reader: Reader, image: Image.Image, path: Path) -> tuple[ImageText, float]:
    """Return the text of an image, and the seconds until it was read."""
    image.save(path)
    with path.open("rb") as file:
        began = time.monotonic()
        with reader.ask(file.fileno(), "png") as reading:
            return reading.wait(lambda: False), time.monotonic() - began


def judged(paper: Paper, text: ImageText, seconds: float) -> dict[str, Any]:
    """Return one image's errors and characters, what was found of it, and the seconds."""
    truth = "\n".join(paper.lines)
    values = text_values(text)
    found = {name: str(values[f"text.{'line' if name == 'title' else name}"] or "") for name in FOUND}
    right = {name: found[name] == getattr(paper, name) for name in FOUND}
    return {"errors": edits(truth, text.text), "characters": len(truth), "seconds": seconds, **right}


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the character error rate over all characters, shares of images that are right, and the times."""
    seconds = sorted(row["seconds"] for row in rows)
    return {
        "images": len(rows),
        "character_error_rate": sum(row["errors"] for row in rows) / sum(row["characters"] for row in rows),
        **{name: statistics.fmean(row[name] for row in rows) for name in FOUND},
        "median_ms": 1000 * statistics.median(seconds),
        "max_ms": 1000 * seconds[-1],
    }


def edits(truth: str, text: str) -> int:
    """Return how many characters must be inserted, deleted or replaced (Levenshtein's distance)."""
    before = list(range(len(text) + 1))
    for row, wanted in enumerate(truth, 1):
        now = [row]
        for column, seen in enumerate(text, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (wanted != seen)))
        before = now
    return before[-1]


def peak_mib(pid: int | None) -> float | None:
    """Return the largest resident memory that a process has had, in MiB; None where that is not told."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return None
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def lines_of(figures: dict[str, Any]) -> Iterator[str]:
    """Yield a table of the figures."""
    yield f"{'':30}{'CER':>8}" + "".join(f"{name:>8}" for name in FOUND) + f"{'ms':>8}{'max':>8}"
    for name, row in figures.items():
        if isinstance(row, dict):
            shares = "".join(f"{row[each]:8.0%}" for each in FOUND)
            yield f"{name:30}{row['character_error_rate']:8.2%}{shares}{row['median_ms']:8.0f}{row['max_ms']:8.0f}"
    if figures["peak_mib"]:
        yield f"memory of the process that reads: at most {figures['peak_mib']:.0f} MiB"


if __name__ == "__main__":
    sys.exit(main())
