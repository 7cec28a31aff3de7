#!/usr/bin/env python3
"""Render training images into a folder: images/{class}/{kind}-{number}.jpg and an index.csv like the corpus's.

Each image depends only on the seed, its kind and its number. Existing images are kept, so a stopped run resumes where
it was.

usage: python -m rendering.render CORPUS OUT --fonts FOLDER --styles FOLDER [--kinds a,b] [--share 1.0] [--seed 0]
"""

from __future__ import annotations

import argparse
import csv
import random
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from rendering import camera, kinds
from rendering.browser import Browser
from rendering.page import Generator, Page, Source
from rendering.sources import font_faces, style_sheets, usable_photos
from rendering.text import Words

SIDE = 384  # pixels; longest side, like the corpus's
RESTART = 400  # pages per browser process
COLUMNS = ("path", "fine_class", "coarse_class", "split", "source_repo", "source_path", "orig_width", "orig_height",
           "licence", "caption")  # fmt: skip
ROOT = {"receipt": "receipt", "meme": "meme", "comic": "illustration", "illustration_or_painting": "illustration",
        "chart": "graphic", "diagram": "graphic", "table": "graphic", "map": "graphic", "qr_code": "graphic",
        "logo_or_icon": "graphic"}  # fmt: skip


def coarse(fine: str) -> str:
    """Return the coarse class of a fine one."""
    if fine.endswith("_screenshot") or fine == "settings_dialog":
        return "screenshot"
    return ROOT.get(fine, "photo" if fine.startswith("photo_") else "document")


def finished(picture: Image.Image, page: Page, chance: np.random.Generator, photo: Path) -> tuple[Image.Image, str]:
    """Return the picture after printing and photographing or scanning it, with its caption."""
    roll = chance.random()
    if roll < page.photographed:
        with Image.open(photo) as back:
            return camera.photographed(picture, chance, back.convert("RGB"), page.wall), f"a photo of {page.caption}"
    if roll < page.photographed + page.scanned:
        return camera.scanned(picture, chance), f"a scan of {page.caption}"
    return picture, page.caption


def save(picture: Image.Image, path: Path, quality: int, side: int = SIDE) -> None:
    """Save it shrunk and as JPEG, either completely or not at all."""
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    picture.save(partial, "JPEG", quality=quality)
    partial.rename(path)


def row(path: Path, out: Path, fine: str, caption: str, size: tuple[int, int], kind: str) -> dict[str, object]:
    """One line of the index."""
    return dict(
        zip(
            COLUMNS,
            (path.relative_to(out), fine, coarse(fine), "train", f"rendered/{kind}", path.stem, *size, "own", caption),
            strict=True,
        )
    )


def add(index: Path, line: dict[str, object]) -> None:
    """Append the line to the index, with a header if it is the first."""
    with index.open("a", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        if not lines.tell():
            writer.writeheader()
        writer.writerow(line)


def image(
    browser: Browser, page: Page, faces: str, path: Path, rng: random.Random, photo: Path
) -> tuple[str, tuple[int, int]]:
    """Save the page's picture; return its caption and its size on the screen."""
    head = f"<!doctype html><meta charset=utf-8><style>{faces}{page.style}</style>"
    picture = browser.shot(head + page.body, page.width, page.height, page.tall, rng.choice([1, 1, 1.5]))
    size = picture.size
    picture, caption = finished(picture, page, np.random.default_rng(rng.getrandbits(63)), photo)
    save(picture, path, rng.randint(60, 95), rng.choice([SIDE, page.side]))
    return caption, size


def plan(wanted: dict[str, tuple[Generator, int]], share: float) -> Iterable[tuple[str, int]]:
    """Yield kinds and numbers, interleaved so that any part of the run is a sample of the whole."""
    entries = [
        (number / (count * share), kind, number)
        for kind, (_, count) in wanted.items()
        for number in range(round(count * share))
    ]
    return [(kind, number) for _, kind, number in sorted(entries)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fonts", type=Path, required=True, help="folder with fontsource-*.tgz from `npm pack`")
    parser.add_argument("--styles", type=Path, required=True, help="folder with style sheets from `npm pack`")
    parser.add_argument("--kinds", help="only these kinds, separated by commas")
    parser.add_argument("--share", type=float, default=1.0, help="fraction of each kind's planned number")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that programs are ended too
    args.out.mkdir(parents=True, exist_ok=True)
    wanted = {k: v for k, v in kinds.BROWSER.items() if not args.kinds or k in args.kinds.split(",")}
    photos = usable_photos(args.corpus)
    styles = style_sheets(args.styles, args.out / "styles")
    faces = font_faces(args.fonts, args.out / "fonts")
    index = args.out / "index.csv"
    known: set[str] = set()
    if index.exists():
        with index.open(newline="") as lines:
            known = {line["path"] for line in csv.DictReader(lines)}
    todo = list(plan(wanted, args.share))
    print(f"{len(todo)} images planned, {len(known)} exist, {len(photos)} photos available", flush=True)
    browser, begin, made = Browser(), time.monotonic(), 0
    try:
        for kind, number in todo:
            rng = random.Random(f"{args.seed} {kind} {number}")
            page = wanted[kind][0](Source(rng, Words(rng), photos, styles))
            path = args.out / "images" / page.fine / f"{kind}-{args.seed}-{number:04}.jpg"
            if str(path.relative_to(args.out)) in known:
                continue
            try:
                facts = image(browser, page, faces, path, rng, rng.choice(photos))
            except (OSError, RuntimeError) as fault:
                print(f"{kind} {number}: {fault}", flush=True)
                facts = None
            if facts is None or made % RESTART == RESTART - 1:
                browser.close()
                browser = Browser()
            if facts is not None:
                add(index, row(path, args.out, page.fine, *facts, kind))
                made += 1
            if made % 50 == 0:
                each = (time.monotonic() - begin) / max(made, 1)
                print(f"{made} made, {each:.2f} s each, at {kind} {number}", flush=True)
    finally:
        browser.close()
    print(f"{made} made in {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
