"""A home folder as people have it: 120 files in Downloads, of every kind, and what should become of each."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import skimage
from PIL import ExifTags, Image, ImageDraw

from tests.support.images import receipt, screenshot

SCREENSHOT, RECEIPT, STAYS = "screenshot", "receipt", ""
PHOTOS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "color.png",
    "motorcycle_left.png",
    "hubble_deep_field.jpg",
)
SCREENSHOT_NAMES = (
    "Screenshot 2026-11-{:02} at 10.14.07.png",
    "Bildschirmfoto vom 2026-11-{:02} 10-14-07.png",
    "Capture d’écran du 2026-11-{:02} 10-14-07.png",
    "Screenshot_202611{:02}_101407.png",
    "Captura de pantalla 2026-11-{:02} a las 10.14.07.png",
    "image ({}).png",
)
RECEIPT_NAMES = ("IMG_{}.jpg", "scan {}.png", "Receipt-{}.webp", "WhatsApp Image {}.jpeg")


def write(downloads: Path) -> dict[str, str]:
    """Write the files; return the name of each, and the label by which it should be filed, or none if it stays."""
    downloads.mkdir(parents=True)
    truth = {}
    for name, label, data in (*_screenshots(), *_receipts(), *_photos(), *_others()):
        (downloads / name).write_bytes(data)
        truth[name] = label
    (downloads / "link.png").symlink_to(downloads / "nowhere.png")
    return truth | {"link.png": STAYS}


def _screenshots() -> Iterator[tuple[str, str, bytes]]:
    sizes = ((1280, 800), (1440, 900), (800, 600))
    drawn = [screenshot(seed) for seed in range(10)]
    for seed in range(30):
        name = SCREENSHOT_NAMES[seed % len(SCREENSHOT_NAMES)].format(seed + 1)
        yield name, SCREENSHOT, _encoded(drawn[seed % 10].resize(sizes[seed // 10]), name)


def _receipts() -> Iterator[tuple[str, str, bytes]]:
    drawn = [receipt(seed, 600) for seed in range(6)]
    for seed in range(24):
        name = RECEIPT_NAMES[seed % len(RECEIPT_NAMES)].format(2200 + seed)
        yield name, RECEIPT, _encoded(drawn[seed % 6].rotate(seed // 6, fillcolor=(120, 95, 70)), name)


def _photos() -> Iterator[tuple[str, str, bytes]]:
    folder = Path(skimage.__file__).parent / "data"
    camera = Image.Exif()
    camera[ExifTags.Base.Make], camera[ExifTags.Base.Model] = "Canon", "EOS R6"
    chance = random.Random(1)
    for seed in range(42):
        photo = Image.open(folder / PHOTOS[seed % len(PHOTOS)]).convert("RGB")
        left, top = (chance.randrange(length // 5) for length in photo.size)
        part = photo.crop((left, top, left + photo.width * 4 // 5, top + photo.height * 4 // 5))
        name = f"DSC{seed:05}.jpg" if seed % 2 else f"photo {seed}.png"
        yield name, STAYS, _encoded(part, name, camera if seed % 2 else None)


def _others() -> Iterator[tuple[str, str, bytes]]:
    whole = _encoded(screenshot(), "a.png")
    for number in range(8):
        yield f"download {number}.png.crdownload", STAYS, whole[: 5000 + number]
        yield f"broken {number}.png", STAYS, whole[: len(whole) // 2 + number]
    yield "empty.png", STAYS, b""
    yield "notes.txt", STAYS, b"milk, bread"
    yield "page.jpg", STAYS, b"<!doctype html><title>404</title>"
    yield "setup.exe", STAYS, b"MZ" + bytes(100)
    yield "archive.zip", STAYS, b"PK\x05\x06" + bytes(18)
    yield ".hidden.png", STAYS, whole
    icon = Image.new("RGB", (32, 32), "white")
    ImageDraw.Draw(icon).ellipse((4, 4, 28, 28), fill=(53, 132, 228))
    yield "icon.png", STAYS, _encoded(icon, "icon.png")


def _encoded(image: Image.Image, name: str, exif: Image.Exif | None = None) -> bytes:
    memory = io.BytesIO()
    suffix = name.rsplit(".", 1)[1]
    image.save(memory, {"jpg": "jpeg"}.get(suffix, suffix), **({"exif": exif} if exif else {}))
    return memory.getvalue()
