"""Material for the pages: photos that training may use, and fonts from npm packages."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import data
import numpy as np


def usable_photos(corpus: Path) -> list[Path]:
    """Return photos of the ImageNet sample, without reserved classes and without near-duplicates of test images."""
    items = data.read_items(corpus) + data.read_more(corpus)
    kept = set().union(*data.left_out_classes(items))
    tests = [item for item in items if item.split == "test"]
    spoken = {item.caption.lower() for item in items if item.wordnet_id in kept and item.split == "imagenet"}
    samples = [
        item
        for item in items
        if item.split == "imagenet" and item.wordnet_id not in kept and item.caption.lower() not in spoken
    ]
    everything = tests + samples
    pixels = np.stack([data.decode(item.path) for item in everything])
    count = len(tests)
    copies = data.near_copies(pixels, list(range(count)), list(range(count, len(everything))))
    return [item.path.absolute() for i, item in enumerate(everything) if i >= count and i not in copies]


def style_sheets(archives: Path, folder: Path) -> Path:
    """Unpack the packages of style sheets (*.tgz) into folders named like them, below `folder`; return it."""
    for archive in sorted(archives.glob("*.tgz")):
        target = folder / re.sub(r"-[0-9.]+\.tgz$", "", archive.name)
        with tarfile.open(archive) as packed:
            for member in packed:
                packed.extract(member.replace(name=member.name.removeprefix("package/")), target, filter="data")
    return folder


def font_faces(archives: Path, folder: Path) -> str:
    """Return CSS @font-face rules for the fonts in the `@fontsource` archives (*.tgz), unpacked to `folder`."""
    rules = []
    for archive in sorted(archives.glob("fontsource-*.tgz")):
        slug = re.sub(r"^fontsource-(.+)-[0-9.]+\.tgz$", r"\1", archive.name)
        family = slug.replace("-", " ").title()
        family = {"Vt323": "VT323", "Nothing You Could Do": "Nothing You Could Do"}.get(family, family)
        with tarfile.open(archive) as packed:
            for weight in ("400", "700"):
                name = f"package/files/{slug}-latin-{weight}-normal.woff2"
                if name in packed.getnames():
                    packed.extract(name, folder, filter="data")
                    address = (folder / name).resolve().as_uri()
                    rules.append(f"@font-face{{font-family:'{family}';font-weight:{weight};src:url({address})}}")
    return "".join(rules)
