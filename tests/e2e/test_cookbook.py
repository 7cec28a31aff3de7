"""Every recipe of the cookbook: the dropped files, their destinations, and undo of everything."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.support.chat_server import BLUE, RED, ChatServer, chat_server
from tests.support.images import photo, receipt, screenshot
from tests.support.instance import Instance, kept
from tests.support.waiting import wait_for

COOKBOOK = Path(__file__).parents[2] / "snapsortd" / "config" / "recipes"
MODIFIED = 1_717_243_200  # 2024-06-01
TRASH = ".local/share/Trash/files"

Draw = Callable[[], bytes]


def saved(image: Image.Image, kind: str = "png", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def taken(image: Image.Image) -> bytes:
    """Return a JPEG as a camera writes it, with time and GPS position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "EOS 5D"
    exif.get_ifd(0x8769)[0x9003] = "2023:08:15 10:20:30"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    return saved(image, "jpeg", exif=exif)


def dotted(colour: str) -> bytes:
    """Return a photo with a spot in its middle, by which the server of the tests describes it."""
    image = photo(1)
    image.paste(colour, (image.width // 2 - 9, image.height // 2 - 9, image.width // 2 + 9, image.height // 2 + 9))
    return saved(image)


def moving() -> bytes:
    frames = [Image.new("RGB", (600, 600), colour) for colour in ("red", "blue")]
    return saved(frames[0], "gif", save_all=True, append_images=frames[1:])


@dataclass(frozen=True)
class Recipe:
    """One recipe. `drops`: files by path; `becomes`: the path of each of these afterwards; any others stay."""

    drops: Mapping[str, Draw]
    becomes: Mapping[str, str]
    urls: Mapping[str, str] = field(default_factory=dict)
    """The URL that it was downloaded from."""
    later: Mapping[str, Draw] = field(default_factory=dict)
    """Files that are dropped once these are filed."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Links and copies that exist in addition, with the file whose content they have."""


RECIPES = {
    "receipts-by-month": Recipe(
        {"Downloads/r.jpg": lambda: taken(receipt()), "Downloads/cat.png": lambda: saved(photo(1))},
        {"Downloads/r.jpg": "Documents/Receipts/2023-08/r.jpg"},
    ),
    "screenshots-by-day": Recipe(
        {"Desktop/Screenshot (1).png": lambda: saved(screenshot()), "Desktop/cat.png": lambda: saved(photo(1))},
        {"Desktop/Screenshot (1).png": "Pictures/Screenshots/2024/2024-06-01 001.png"},
    ),
    "screenshots-by-content": Recipe(
        {
            "Pictures/Screenshots/Screenshot (1).png": lambda: saved(screenshot()),
            "Pictures/Screenshots/cat.png": lambda: saved(photo(1)),
        },
        {"Pictures/Screenshots/Screenshot (1).png": "Pictures/Screenshots/screenshot-settings.png"},
    ),
    "camera-roll": Recipe(
        {
            "Pictures/Import/100/IMG_1.JPG": lambda: taken(photo(3)),
            "Pictures/Import/100/IMG_1.xmp": lambda: b"<x:xmpmeta/>",
            "Pictures/Import/100/IMG_1.CR2": lambda: b"no camera wrote this",
            "Pictures/Import/shot.png": lambda: saved(screenshot()),
        },
        {
            f"Pictures/Import/100/IMG_1.{suffix}": f"Pictures/2023/08/20230815-102030 Canon EOS 5D.{suffix}"
            for suffix in ("JPG", "xmp", "CR2")
        },
    ),
    "places": Recipe(
        {"Pictures/Import/a.jpg": lambda: taken(photo(3)), "Pictures/Import/b.png": lambda: saved(photo(1))},
        {
            "Pictures/Import/a.jpg": "Pictures/All/2023/a.jpg",
            "Pictures/Import/b.png": "Pictures/All/2024/b.png",
        },
        extra={"Pictures/Places/2023/a.jpg": "Pictures/Import/a.jpg"},
    ),
    "duplicates-to-trash": Recipe(
        {"Downloads/a.png": lambda: saved(screenshot()), "Downloads/b.png": lambda: saved(photo(1))},
        {"Downloads/a.png": "Pictures/Screenshots/a.png", "Downloads/again.png": f"{TRASH}/again.png"},
        later={"Downloads/again.png": lambda: saved(screenshot())},
    ),
    "downloads-by-site": Recipe(
        {"Downloads/cat.png": lambda: saved(photo(1)), "Downloads/rocket.png": lambda: saved(photo(3))},
        {"Downloads/cat.png": "Pictures/Web/cats.example.org/cat.png"},
        urls={"Downloads/cat.png": "https://cats.example.org/best?size=2"},
    ),
    "messengers": Recipe(
        {
            "Downloads/wave.gif": moving,
            "Downloads/sticker.webp": lambda: saved(Image.new("RGB", (512, 512), "green"), "webp"),
            "Downloads/IMG-20240517-WA0003.jpg": lambda: saved(photo(1).resize((1200, 900)), "jpeg"),
        },
        {
            "Downloads/wave.gif": "Pictures/Animations/wave.gif",
            "Downloads/sticker.webp": f"{TRASH}/sticker.webp",
            "Downloads/IMG-20240517-WA0003.jpg": "Pictures/WhatsApp/2024/05/IMG-20240517-WA0003.jpg",
        },
    ),
    "wallpapers": Recipe(
        {"Pictures/Landscapes/Küste.jpg": lambda: saved(photo(3).resize((2400, 1200)), "jpeg")},
        {},
        extra={"Pictures/Wallpapers/Kuste.jpg": "Pictures/Landscapes/Küste.jpg"},
    ),
    "by-description": Recipe(
        {"Pictures/Import/a.png": lambda: dotted("red"), "Pictures/Import/b.png": lambda: dotted("blue")},
        {
            "Pictures/Import/a.png": f"Pictures/Cars/2024/{RED.rstrip('.')}.png",
            "Pictures/Import/b.png": f"Pictures/Import/2024-06-01 {BLUE.rstrip('.')}.png",
        },
    ),
    "tidy-desktop": Recipe(
        {"Desktop/old/a.png": lambda: saved(photo(1)), "Desktop/KEEP b.png": lambda: saved(photo(3))},
        {"Desktop/old/a.png": "Pictures/From the desktop/old/a.png"},
    ),
    "tell-me": Recipe(
        {"Downloads/receipt.jpg": lambda: saved(receipt(), "jpeg"), "Downloads/cat.png": lambda: saved(photo(1))},
        {},
        extra={"Sync/Receipts/2024/receipt.jpg": "Downloads/receipt.jpg"},
    ),
}


def recipe_text(name: str) -> str:
    """Return the recipe as it is, except that it also files what is there when it takes effect."""
    return (COOKBOOK / f"{name}.yaml").read_text().replace("version: 1", "version: 1\nexisting: file")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    with chat_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    one = Instance(tmp_path_factory.mktemp("cookbook"))
    one.config.write_text(recipe_text("places"))
    one.env.pop("XDG_DATA_HOME", None)
    with kept(one):
        Path(one.env["HOME"]).mkdir()
        one.start()
        yield one


def test_every_recipe_is_tried() -> None:
    assert {path.stem for path in COOKBOOK.glob("*.yaml")} == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe(daemon: Instance, server: ChatServer, name: str) -> None:
    recipe = RECIPES[name]
    home = Path(daemon.env["HOME"])
    for left in home.iterdir():
        shutil.rmtree(left)
    before: dict[str, bytes] = {}

    def drop(files: Mapping[str, Draw]) -> None:
        for path, draw in files.items():
            before[path] = draw()
            file = home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(before[path])
            # Inodes are soon reused: with the same time it would be taken for another recipe's restored image, and left
            # alone.
            moment = MODIFIED + 60 * list(RECIPES).index(name) + len(before)
            os.utime(file, (moment, moment))
            if path in recipe.urls:
                os.setxattr(file, "user.xdg.origin.url", recipe.urls[path].encode())

    def contents() -> dict[str, bytes]:
        try:
            found = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
        except FileNotFoundError:
            return {}  # it was moved between the two checks
        ours = re.compile(r"\.local/state/|.*\.trashinfo$")
        return {path: content for path, content in found.items() if not ours.match(path)}

    def filed() -> None:
        after = {recipe.becomes.get(path, path): content for path, content in before.items()}
        after |= {extra: before[path] for extra, path in recipe.extra.items()}
        with suppress(AssertionError):
            wait_for(lambda: contents() == after, seconds=60)
        assert contents() == after, daemon.log.read_text()
        wait_for(daemon.is_idle, what="idle")

    daemon.ctl("pause")  # or the rules of the recipe before might see the files first
    drop(recipe.drops)
    daemon.config.write_text(recipe_text(name).replace("http://127.0.0.1:11434/v1", server.url))
    daemon.ctl("reload")
    daemon.ctl("resume")
    filed()
    if recipe.later:
        drop(recipe.later)
        filed()
    daemon.ctl("undo", "--all")
    assert contents() == before
