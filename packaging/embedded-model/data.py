"""The corpus for training: its images by part, decoded once, and their random augmentation."""

from __future__ import annotations

import csv
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.uint8]

SIDE = 256  # pixels; decoded images are resized to this square and cached
NEAR_COPY_BITS = 6  # of 64; an image with a difference hash this close to a test image's counts as a copy
NEAR_COPY_COSINE = 0.95  # between thumbnails minus their mean
VALIDATION = {  # sources held out of training for model selection, as (fine class, source)
    ("phone_screenshot", "f-droid/fdroiddata"),
    ("settings_dialog", "notepad-plus-plus/npp-usermanual"),
    ("desktop_screenshot", "notepad-plus-plus/npp-usermanual"),
    ("desktop_screenshot", "godotengine/godot-demo-projects"),
    ("terminal_screenshot", "ricardodantas/hazelnut"),
    ("terminal_screenshot", "borgmatic-collective/borgmatic"),
    ("web_page_screenshot", "nextcloud/screenshots"),
    ("receipt", "zzzDavid/ICDAR-2019-SROIE"),
    ("map", "vega/vega-lite"),
    ("slide", "brunoterkaly/azure-a-to-z"),
    ("document_page", "sgrpanchal31/table-detection-dataset"),
    ("meme", "deep5050/programming-memes"),
    ("comic", "deep5050/programming-memes"),
    ("photo_food", "MachineLearning2020/Homework2-Caltech101"),
    ("photo_landscape", "MachineLearning2020/Homework2-Caltech101"),
    ("photo_pet", "EliSchwartz/imagenet-sample-images"),
    ("photo_city_building", "EliSchwartz/imagenet-sample-images"),
}
VALIDATION_CLASSES = {  # single-source classes held out whole: are they recognised by their coarse class's others?
    "handwritten_note",
    "diagram",
    "business_card",
    "id_card",
    "letter_document",
    "ticket",
    "whiteboard",
    "table",
    "social_post_screenshot",
}
FLIPPABLE = {"photo", "illustration"}
TAKEN_FOR = {"dashboard_screenshot": "web_page_screenshot", "wallpaper": "illustration_or_painting"}
"""Classes of `more/` that the prompts of training do not tell apart from older ones."""


@dataclass(frozen=True)
class Item:
    """One image. `fine` is empty for the ImageNet sample; `wordnet_id` is empty for most of the corpus."""

    path: Path
    fine: str
    coarse: str
    split: str  # train | test | imagenet
    source: str
    caption: str
    wordnet_id: str


def read_items(corpus: Path) -> list[Item]:
    """Return both indexes below `corpus` (corpus/index.csv and imagenet-sample/index.csv), in their order."""
    items = []
    with (corpus / "corpus" / "index.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            name = Path(row["source_path"]).name
            wordnet_id = name[:9] if row["source_repo"].endswith("imagenet-sample-images") else ""
            items.append(
                Item(
                    corpus / "corpus" / row["path"],
                    row["fine_class"],
                    row["coarse_class"],
                    row["split"],
                    row["source_repo"],
                    row["caption"].strip(),
                    wordnet_id,
                )
            )
    with (corpus / "imagenet-sample" / "index.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            items.append(
                Item(
                    corpus / "imagenet-sample" / row["path"],
                    "",
                    "photo",
                    "imagenet",
                    "imagenet-sample",
                    row["class_name"],
                    row["wordnet_id"],
                )
            )
    return items


def read_more(corpus: Path) -> list[Item]:
    """Return the newer images (more/index.csv below `corpus`), from sources that are not in the rest of the corpus."""
    with (corpus / "more" / "index.csv").open(newline="") as lines:
        return [
            Item(
                corpus / "more" / row["path"],
                TAKEN_FOR.get(row["fine_class"], row["fine_class"]),
                row["coarse_class"],
                row["split"],
                row["source_repo"],
                row["caption"].strip(),
                "",
            )
            for row in csv.DictReader(lines)
        ]


def is_more(item: Item) -> bool:
    """Return whether the image is one of the newer ones."""
    return item.path.parent.parent.parent.name == "more"


def halves(items: list[Item]) -> tuple[set[str], set[str]]:
    """Return the sources of `items` in two parts that share each class's images as equally as sources allow."""
    of_source: dict[str, Counter[str]] = {}
    for item in items:
        of_source.setdefault(item.source, Counter())[item.fine] += 1
    parts: tuple[set[str], set[str]] = set(), set()
    sums: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for source, counts in sorted(of_source.items(), key=lambda entry: (-entry[1].total(), entry[0])):
        shared = [sum(total[fine] * n for fine, n in counts.items()) for total in sums]
        lighter = min((0, 1), key=lambda k: (shared[k], sums[k].total()))
        parts[lighter].add(source)
        sums[lighter].update(counts)
    return parts


def read_rendered(folder: Path) -> list[Item]:
    """Return the index that `rendering/` wrote into the folder, all of it for training."""
    with (folder / "index.csv").open(newline="") as lines:
        return [
            Item(
                folder / row["path"],
                row["fine_class"],
                row["coarse_class"],
                "train",
                row["source_repo"],
                row["caption"],
                "",
            )
            for row in csv.DictReader(lines)
        ]


def is_rendered(item: Item) -> bool:
    """Return whether the image was rendered by `rendering/`."""
    return item.source.startswith("rendered/")


def decode(path: Path, side: int = SIDE) -> Pixels:
    """Return the image resized to (side, side, 3), ignoring the aspect ratio."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def load_pixels(items: list[Item], cache: Path) -> Pixels:
    """Return all images as (n, SIDE, SIDE, 3), decoded once and kept in the file `cache`."""
    if not cache.exists():
        with ThreadPoolExecutor() as pool:
            np.save(cache, np.stack(list(pool.map(decode, (item.path for item in items)))))
    pixels: Pixels = np.load(cache, mmap_mode="r")
    if len(pixels) != len(items):
        raise ValueError(f"{cache} holds {len(pixels)} images, the corpus {len(items)}: delete it")
    return pixels


def near_copies(pixels: Pixels, tests: list[int], others: list[int]) -> set[int]:
    """Return those of `others` that look like one of `tests`: close difference hashes (8x8) or thumbnails (24x24)."""

    def thumbnails(rows: list[int], width: int, height: int) -> npt.NDArray[np.float32]:
        grey = (Image.fromarray(pixels[i]).convert("L") for i in rows)
        return np.stack([np.asarray(g.resize((width, height), Image.Resampling.BOX), np.float32) for g in grey])

    def hashes(rows: list[int]) -> npt.NDArray[np.float32]:
        small = thumbnails(rows, 9, 8)
        return np.where(small[:, :, 1:] > small[:, :, :-1], 1, -1).reshape(len(rows), 64).astype(np.float32)

    def shapes(rows: list[int]) -> npt.NDArray[np.float32]:
        small = thumbnails(rows, 24, 24).reshape(len(rows), -1)
        small -= small.mean(1, keepdims=True)
        return np.asarray(small / (np.linalg.norm(small, axis=1, keepdims=True) + 1e-6), np.float32)

    bits = (64 - hashes(others) @ hashes(tests).T) / 2
    cosines = shapes(others) @ shapes(tests).T
    close = (bits <= NEAR_COPY_BITS) | (cosines >= NEAR_COPY_COSINE)
    return {others[i] for i in np.flatnonzero(close.any(1))}


def left_out_classes(items: list[Item]) -> tuple[set[str], set[str]]:
    """Return WordNet ids of 100 ImageNet classes reserved for the final test, and of 50 more for model selection."""
    ids = sorted({item.wordnet_id for item in items if item.split == "imagenet"})
    return set(ids[5::10]), set(ids[2::20])


def in_validation(item: Item) -> bool:
    """Return whether the image belongs to a source or class held out for model selection."""
    return item.split == "train" and (item.fine in VALIDATION_CLASSES or (item.fine, item.source) in VALIDATION)


def augment(pixels: Pixels, side: int, flip: bool, rng: np.random.Generator) -> Pixels:
    """Return a random crop of a square image, blurred, shrunk, recoloured, re-encoded as JPEG: (side, side, 3)."""
    image, full = Image.fromarray(pixels), len(pixels)
    whole = rng.random() < 0.3
    area, ratio = (1.0, 1.0) if whole else (rng.uniform(0.45, 1.0), np.exp(rng.uniform(-0.25, 0.25)))
    width = min(full, full * np.sqrt(area * ratio))
    height = min(full, full * np.sqrt(area / ratio))
    left, top = rng.uniform(0, full - width + 1e-6), rng.uniform(0, full - height + 1e-6)
    box = (left, top, min(left + width, full), min(top + height, full))
    if rng.random() < 0.15:  # as if it had been a small picture
        small = int(rng.integers(64, 160))
        image = image.resize((small, small), Image.Resampling.BILINEAR, box=box)
        box = (0, 0, small, small)
    image = image.resize((side, side), Image.Resampling.BILINEAR, box=box)
    if flip and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    if rng.random() < 0.3:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(25, 90)))
        image = Image.open(buffer)
    values = np.asarray(image, np.float32)
    if rng.random() < 0.6:
        gain = rng.uniform(0.75, 1.25) * rng.uniform(0.9, 1.1, 3)
        values = (values - 128) * rng.uniform(0.7, 1.3) + 128
        values = values * gain.astype(np.float32) + rng.uniform(-12, 12)
    if rng.random() < 0.08:
        values = np.repeat(values.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.03:
        values = 255 - values  # roughly a dark theme of it
    return np.clip(values, 0, 255).astype(np.uint8)
