"""Rows of thumbnails, drawn by the real confined process, and the sequences that show them in a terminal."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from snapsortd.ctl.output.graphics import has_sixels, in_terminal
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.thumbnails import Thumbnails, thumbnails

COLOURS = {"red.png": (255, 0, 0), "green.jpg": (0, 160, 0), "blue.webp": (0, 0, 255)}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for name, colour in COLOURS.items():
        Image.new("RGB", (300, 200), colour).save(folder / name, lossless=True)
    (folder / "broken.jpg").write_bytes((folder / "green.jpg").read_bytes()[:300])
    (folder / "notes.txt").write_text("no image")
    (folder / "link.png").symlink_to("red.png")
    return folder


@pytest.fixture(scope="module", params=["png", "sixel"])
def drawn(request: pytest.FixtureRequest) -> Iterator[tuple[str, Thumbnails]]:
    with thumbnails(request.param) as found:
        yield request.param, found


def decoded(kind: str, picture: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(picture))) if kind == "png" else from_sixels(picture)


def from_sixels(text: str) -> Image.Image:
    """Decode sixels as a terminal does."""
    head = re.match(r'0;1;0q"1;1;(\d+);(\d+)', text)
    assert head is not None
    image, palette, colour, x, y = Image.new("RGB", (int(head[1]), int(head[2]))), {}, 0, 0, 0
    for code in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([$-])", text[head.end() :]):
        if code[1] and code[2]:
            palette[int(code[1])] = tuple(round(int(part) * 2.55) for part in code.group(2, 3, 4))
        elif code[1]:
            colour = int(code[1])
        elif code[5]:
            for column in range(x, x + int(code[5])):
                for bit in range(6):
                    if (ord(code[6]) - 63) >> bit & 1:
                        image.putpixel((column, y + bit), palette[colour])
            x += int(code[5])
        else:
            x, y = 0, y + 6 * (code[7] == "-")
    return image


def test_a_row_shows_the_images_that_can_be_read(drawn: tuple[str, Thumbnails], images: Path) -> None:
    kind, found = drawn
    names = ["red.png", "gone.png", "broken.jpg", "green.jpg", "notes.txt", "link.png", "blue.webp"]
    picture = found.row([str(images / name) for name in names])
    sheet = decoded(kind, picture).convert("RGB")
    assert sheet.size == (3 * 144 + 2 * 8, 96)
    for number, colour in enumerate(COLOURS.values()):
        assert sheet.getpixel((number * 152 + 72, 48)) == pytest.approx(colour, abs=4)
    assert found.row([str(images / "notes.txt")]) == ""


def test_after_its_end_nothing_is_drawn(images: Path) -> None:
    with thumbnails("png") as found:
        found._child.end()
        assert found.row([str(images / "red.png")]) == found.row([str(images / "red.png")]) == ""


@pytest.mark.pure
@pytest.mark.parametrize(
    ("attributes", "can"),
    [("\x1b[?62;4;22c", True), ("\x1b[?63;1;2;4c", True), ("\x1b[?4;22c", False), ("\x1b[?62;44c", False), ("", False)],
)
def test_sixels_are_known_by_the_terminals_answer(attributes: str, can: bool) -> None:
    assert has_sixels(attributes) == can


@pytest.mark.pure
@pytest.mark.parametrize(
    ("protocol", "sequence"),
    [
        ("sixel", "\x1bPabcd\x1b\\"),
        ("iterm", "\x1b]1337;File=inline=1:abcd\a"),
        ("kitty", "\x1b_Ga=T,f=100,m=0;abcd\x1b\\"),
    ],
)
def test_sequences(protocol: str, sequence: str) -> None:
    assert in_terminal(protocol, "abcd") == sequence


@pytest.mark.pure
def test_a_large_picture_is_sent_to_kitty_in_pieces() -> None:
    sent = in_terminal("kitty", "x" * 10_000)
    pieces = sent.removesuffix("\x1b\\").split("\x1b\\")
    assert [piece.partition(";")[::2] for piece in pieces] == [
        ("\x1b_Ga=T,f=100,m=1", "x" * 4096),
        ("\x1b_Gm=1", "x" * 4096),
        ("\x1b_Gm=0", "x" * 1808),
    ]


def test_without_the_process_there_are_no_pictures(images: Path) -> None:
    child = ChildProcess("snapsortd.vision.child.missing")
    assert Thumbnails(child, "png").row([str(images / "red.png")]) == ""
    child.end()
