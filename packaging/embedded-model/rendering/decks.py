#!/usr/bin/env python3
"""Render slides with LibreOffice: its own presentation templates with our words, into the folder of `render.py`.

usage: python -m rendering.decks CORPUS OUT [--decks 46] [--seed 0]
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from rendering import camera
from rendering.page import Source, safe
from rendering.render import add, row, save
from rendering.sources import usable_photos
from rendering.text import Words

TEMPLATES = Path("/usr/lib/libreoffice/share/template/common/presnt")
CAPTION = "a presentation slide from a template"
EACH = 3  # slides made of each page of a template
FRAME = re.compile(r'<draw:frame ([^>]*presentation:class="(\w+)"[^>]*)><draw:text-box/></draw:frame>')
TEXT = re.compile(r">([^<>]*\w[^<>]*)<")


def written(source: Source, kind: str) -> str:
    """Return paragraphs for a placeholder: a title, an outline with points, or some words."""
    rng, words = source.rng, source.words
    if kind == "title":
        return f"<text:p>{safe(words.title(1, 5))}</text:p>"
    if kind == "outline":
        points = ""
        for _ in range(rng.randint(2, 6)):
            under = (
                f"<text:list><text:list-item><text:p>{safe(words.some(2, 7))}</text:p></text:list-item></text:list>"
                if rng.random() < 0.25
                else ""
            )
            points += f"<text:list-item><text:p>{safe(words.title(2, 9))}</text:p>{under}</text:list-item>"
        return f"<text:list>{points}</text:list>"
    return f"<text:p>{safe(words.sentence(3, 8))}</text:p>"


def filled(content: str, source: Source) -> str:
    """Return the template's content with each page several times and words in its placeholders."""

    def frame(found: re.Match[str]) -> str:
        attributes = found[1].replace('presentation:placeholder="true"', "")
        return f"<draw:frame {attributes}><draw:text-box>{written(source, found[2])}</draw:text-box></draw:frame>"

    def text(found: re.Match[str]) -> str:
        count = max(1, len(found[1].split()))
        return f">{safe(source.words.title(count, count))}<"

    pages = re.findall(r"<draw:page .*?</draw:page>", content, re.S)
    made = []
    for page in pages:
        bare = re.sub(r"<presentation:notes.*?</presentation:notes>", "", page, flags=re.S)
        for _ in range(EACH):
            named = re.sub(r'draw:name="[^"]*"', f'draw:name="p{len(made)}"', bare, count=1)
            made.append(FRAME.sub(frame, TEXT.sub(text, named)))
    start, end = content.index(pages[0]), content.rindex(pages[-1]) + len(pages[-1])
    return content[:start] + "".join(made) + content[end:]


def deck(template: Path, target: Path, source: Source) -> None:
    """Create a presentation file from a template."""
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name in {"mimetype", "META-INF/manifest.xml"}:
                data = data.replace(b"presentation-template", b"presentation")
            if name == "content.xml":
                data = filled(data.decode(), source).encode()
            new.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)


def slides(file: Path, folder: Path) -> list[Path]:
    """Return the file's pages as pictures."""
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    subprocess.run(
        ["pdftoppm", "-r", "60", "-png", file.with_suffix(".pdf"), folder / "slide"], check=True, timeout=180
    )
    return sorted(folder.glob("slide-*.png"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--decks", type=int, default=46)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    index, known = args.out / "index.csv", set()
    if index.exists():
        with index.open(newline="") as lines:
            known = {Path(line["path"]).name.rsplit("-", 1)[0] for line in csv.DictReader(lines)}
    photos, templates = usable_photos(args.corpus), sorted(TEMPLATES.glob("*.otp"))
    for number in range(args.decks):
        name = f"deck-{args.seed}-{number:04}"
        if name in known:
            continue
        rng = random.Random(f"{args.seed} deck {number}")
        source = Source(rng, Words(rng), photos)
        with tempfile.TemporaryDirectory(prefix="rendering-") as folder:
            file = Path(folder) / "deck.odp"
            deck(templates[number % len(templates)], file, source)
            made = slides(file, Path(folder))
            for page, path in enumerate(made):
                picture = Image.open(path).convert("RGB")
                size = picture.size
                if rng.random() < 0.08:
                    chance = np.random.default_rng(rng.getrandbits(63))
                    picture = camera.photographed(picture, chance, Image.open(rng.choice(photos)).convert("RGB"))
                target = args.out / "images" / "slide" / f"{name}-{page}.jpg"
                save(picture, target, rng.randint(60, 95))
                add(index, row(target, args.out, "slide", CAPTION, size, "deck"))
        print(f"{name}: {len(made)} slides", flush=True)


if __name__ == "__main__":
    main()
