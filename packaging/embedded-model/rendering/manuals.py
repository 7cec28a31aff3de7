#!/usr/bin/env python3
"""Extract pictures from Debian's manuals, into the folder of `render.py`.

These are screenshots, charts, diagrams and clip art that hundreds of people made, and pages of printed documents and
presentations. manuals.csv lists the pictures, printed.txt the packages with PDF files.

usage: python -m rendering.manuals CORPUS OUT --packages FOLDER [--seed 0]
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from rendering import camera
from rendering.render import add, row, save
from rendering.sources import usable_photos

HERE = Path(__file__).parent
MIN_SIDE = 140  # pixels of the shorter side
MIN_PIXELS = 60_000
MAX_PIXELS = 30_000_000
PAGES = 450  # of documents, no two from one folder
SLIDES_A_DECK = 6
LETTER = re.compile(r"letter|brief|lettre|carta", re.IGNORECASE)


@dataclass(frozen=True)
class Pictures:
    """A line of manuals.csv: up to `at_most` of a package's pictures whose path contains `pattern`, of one class."""

    package: str
    pattern: str
    fine_class: str
    caption: str
    at_most: int


def table() -> list[Pictures]:
    with (HERE / "manuals.csv").open(newline="") as lines:
        return [Pictures(*line[:-1], int(line[-1])) for line in [*csv.reader(lines)][1:]]


def unpacked(package: str, folder: Path) -> Path:
    """Return the folder with the package's files, downloaded once."""
    target = folder / package
    if not target.exists():
        subprocess.run(["apt-get", "download", "--quiet", package], cwd=folder, check=True)
        (archive,) = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "--extract", archive, target], check=True)
        archive.unlink()
    return target


def files(folder: Path, suffixes: set[str]) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file() and not p.is_symlink())


def picture(path: Path) -> Image.Image | None:
    """Return the file on white, unless it is small, huge or corrupt."""
    try:
        with Image.open(path) as image:
            if min(image.size) < MIN_SIDE or not MIN_PIXELS <= image.width * image.height <= MAX_PIXELS:
                return None
            seen = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    white = Image.new("RGB", seen.size, "white")
    white.paste(seen, mask=seen.getchannel("A"))
    return white


def some_pictures(wanted: Pictures, folder: Path, rng: random.Random) -> Iterator[tuple[str, Image.Image]]:
    """Yield distinct pictures, with a name for each."""
    found = [p for p in files(folder, {".png", ".jpg", ".jpeg", ".webp"}) if re.search(wanted.pattern, str(p))]
    rng.shuffle(found)
    known: set[str] = set()
    for path in found:
        if len(known) == wanted.at_most:
            return
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        image = picture(path) if content not in known else None
        if image is not None:
            known.add(content)
            yield f"{path.stem[:50]}-{content[:6]}", image


def measured(path: Path) -> tuple[int, float, float] | None:
    """Return the number of pages, width and height in points."""
    info = subprocess.run(["pdfinfo", path], capture_output=True, check=False).stdout.decode(errors="replace")
    pages, size = re.search(r"Pages:\s+(\d+)", info), re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", info)
    return (int(pages[1]), float(size[1]), float(size[2])) if pages and size else None


def page(path: Path, number: int) -> Image.Image | None:
    """Return a page as a picture; None for one that cannot be rendered or is nearly empty."""
    command = ["pdftoppm", "-f", str(number), "-l", str(number), "-scale-to", "1400", "-png", path]
    drawn = subprocess.run(command, capture_output=True, check=False).stdout
    if not drawn:
        return None
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    return image if np.asarray(image.convert("L").resize((64, 64))).std() > 6 else None


def printed(folders: list[Path], rng: random.Random) -> Iterator[tuple[str, str, str, Image.Image]]:
    """Yield class, caption, name and picture of pages: a few of each presentation, and one document of each folder."""
    every = [p for folder in folders for p in files(folder, {".pdf"})]
    rng.shuffle(every)
    used: set[Path] = set()
    left = PAGES
    for path in every:
        facts = measured(path)
        if facts is None:
            continue
        pages, width, height = facts
        if 1.2 < width / height < 1.9 and width <= 620 and pages > 2:
            for number in sorted(rng.sample(range(1, pages + 1), min(pages, SLIDES_A_DECK))):
                image = page(path, number)
                if image is not None:
                    yield "slide", "a presentation slide", f"{path.stem}-{number}", image
        elif 0.6 < width / height < 0.8 and height >= 700 and left and path.parent not in used:
            number = rng.randint(1, pages)
            image = page(path, number)
            if image is not None:
                used.add(path.parent)
                left -= 1
                letter = LETTER.search(path.stem) is not None and pages < 4
                fine, caption = ("letter_document", "a letter") if letter else ("document_page", "a page of a document")
                yield fine, caption, f"{path.stem}-{number}", image


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--packages", type=Path, required=True, help="folder for downloading and unpacking packages")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.packages.mkdir(parents=True, exist_ok=True)
    index = args.out / "index.csv"
    known: set[str] = set()
    if index.exists():
        with index.open(newline="") as lines:
            known = {line["path"] for line in csv.DictReader(lines)}
    photos = usable_photos(args.corpus)

    def keep(source: str, fine: str, caption: str, name: str, image: Image.Image, rng: random.Random) -> None:
        size, chance = image.size, np.random.default_rng(rng.getrandbits(63))
        roll, paper = rng.random(), fine in {"document_page", "letter_document"}
        if roll < (0.3 if paper else 0.08 if fine == "slide" else 0.0):
            with Image.open(rng.choice(photos)) as back:
                image, caption = camera.photographed(image, chance, back.convert("RGB")), f"a photo of {caption}"
        elif paper and roll < 0.5:
            image, caption = camera.scanned(image, chance), f"a scan of {caption}"
        name = re.sub(r"[^\w-]", "_", name)[:60]
        path = args.out / "images" / fine / f"{source}-{name}.jpg"
        if str(path.relative_to(args.out)) not in known:
            known.add(str(path.relative_to(args.out)))
            save(image, path, rng.randint(60, 95))
            add(index, row(path, args.out, fine, caption, size, f"manual-{source}"))

    for wanted in table():
        rng, before = random.Random(f"{args.seed} {wanted.package} {wanted.pattern}"), len(known)
        for name, image in some_pictures(wanted, unpacked(wanted.package, args.packages), rng):
            keep(wanted.package, wanted.fine_class, wanted.caption, name, image, rng)
        print(f"{wanted.package} {wanted.fine_class}: {len(known) - before} of {wanted.at_most}", flush=True)
    rng = random.Random(f"{args.seed} printed")
    folders = [unpacked(package, args.packages) for package in (HERE / "printed.txt").read_text().split()]
    before = len(known)
    for fine, caption, name, image in printed(folders, rng):
        keep("printed", fine, caption, name, image, rng)
        if (len(known) - before) % 100 == 0:
            print(f"{len(known) - before} printed pages", flush=True)


if __name__ == "__main__":
    main()
