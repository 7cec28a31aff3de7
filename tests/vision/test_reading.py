"""Text in images is read by a confined process: at any size, turned in any way, and within limits."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snapsortd.domain.errors import ClassifierDied, ImageError, TextUnavailable
from snapsortd.domain.image_text import MAX_CHARACTERS, MAX_LINES, ImageText
from snapsortd.vision.messages import image_text_from_json
from snapsortd.vision.reader import Reader
from snapsortd.vision.wire import BadMessage
from tests.support.images import photo
from tests.support.waiting import wait_for
from tests.support.written import RECEIPT, photographed, written

LINES = [" ".join(line.split()) for line in RECEIPT]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.stop()


def read(reader: Reader, image: Image.Image, path: Path) -> ImageText:
    image.save(path)
    return read_file(reader, path)


def read_file(reader: Reader, path: Path) -> ImageText:
    fd = os.open(path, os.O_RDONLY)
    reading = reader.ask(fd, None)
    os.close(fd)
    return reading.wait(lambda: False)


def lines(text: ImageText) -> list[str]:
    return [line.text for line in text.lines]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_scan_is_read_from_top_to_bottom_however_it_was_turned(reader: Reader, tmp_path: Path, degrees: int) -> None:
    scan = written(RECEIPT).rotate(degrees, expand=True)
    assert lines(read(reader, scan, tmp_path / "scan.png")) == LINES


def test_a_photographed_receipt(reader: Reader, tmp_path: Path) -> None:
    found = lines(read(reader, photographed(written(RECEIPT)), tmp_path / "receipt.jpg"))
    assert {"REWE", "SUMME EUR 23,40", "11.10.2026 18:42"} <= set(found)


def test_a_long_till_roll_is_read_to_its_end_and_large_letters_stay_the_largest(reader: Reader, tmp_path: Path) -> None:
    roll = Image.new("RGB", (400, 4000), "white")
    roll.paste(written(["ALDI"], 50, 400), (0, 0))
    roll.paste(written(["milk 1,19"], 22, 400), (0, 2000))
    roll.paste(written(["Total 23,40"], 22, 400), (0, 3900))
    found = read(reader, roll, tmp_path / "roll.png")
    assert lines(found) == ["ALDI", "milk 1,19", "Total 23,40"]
    assert found.lines[0].height > 1.5 * found.lines[2].height


def test_letters_that_are_bright_on_dark_and_small(reader: Reader, tmp_path: Path) -> None:
    night = written(["Settings", "Display brightness"], 13, 500, ink="#ddd", paper="#111")
    assert lines(read(reader, night, tmp_path / "night.png")) == ["Settings", "Display brightness"]


def test_a_line_that_is_too_long_for_the_network_is_read_in_pieces(reader: Reader, tmp_path: Path) -> None:
    line = "what was in the log on day four of the week, before it was cut by those who keep it short: " * 4
    found = lines(read(reader, written([line.strip(), "short"], 20, 3700), tmp_path / "log.png"))
    assert found == [line.strip(), "short"]


def test_where_nothing_is_written_nothing_is_read(reader: Reader, tmp_path: Path) -> None:
    assert read(reader, Image.new("RGB", (300, 300), "white"), tmp_path / "blank.png") == ImageText()
    assert len(read(reader, photo(1), tmp_path / "cat.png").text) < 10
    for size in ((1, 1), (1, 900), (900, 1)):
        assert read(reader, Image.new("RGB", size), tmp_path / "thin.png") == ImageText()


def test_a_hundred_thousand_specks_are_read_within_limits(reader: Reader, tmp_path: Path) -> None:
    specks = np.full((1600, 1600, 3), 255, np.uint8)
    specks[::5, ::5] = specks[1::5, 1::5] = 0
    found = read(reader, Image.fromarray(specks), tmp_path / "specks.png")
    assert len(found.lines) <= MAX_LINES
    assert lines(read(reader, written(RECEIPT), tmp_path / "next.png")) == LINES


def test_an_image_full_of_text_is_read_to_its_end_within_limits(reader: Reader, tmp_path: Path) -> None:
    page = written([f"{number} ../../etc/passwd and words" for number in range(10, 40)], 12, 320)
    full = Image.new("RGB", (2 * page.width, page.height))
    for column in range(2):
        full.paste(page, (column * page.width, 0))
    found = read(reader, full, tmp_path / "full.png")
    assert len(found.lines) <= MAX_LINES
    assert len(found.text) <= MAX_CHARACTERS
    assert found.text.count("passwd") > 50


def test_what_is_no_image_is_refused_and_the_next_one_is_read(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not an image")
    with pytest.raises(ImageError, match="not an image"):
        read_file(reader, tmp_path / "text.png")
    assert lines(read(reader, written(["next one"]), tmp_path / "next.png")) == ["next one"]


def test_an_image_that_kills_the_process_is_blamed_and_the_next_one_is_read(reader: Reader, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    assert lines(read(reader, written(["first"]), image)) == ["first"]
    assert reader.pid is not None
    os.kill(reader.pid, signal.SIGKILL)
    with pytest.raises(ClassifierDied, match="SIGKILL"):
        read_file(reader, image)
    assert lines(read_file(reader, image)) == ["first"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_process_is_sealed_and_holds_no_file(reader: Reader, tmp_path: Path) -> None:
    read(reader, written(["sealed"]), tmp_path / "image.png")
    status = Path(f"/proc/{reader.pid}/status").read_text("ascii")
    assert "Seccomp:\t2" in status
    held = [os.readlink(each.path) for each in os.scandir(f"/proc/{reader.pid}/fd") if int(each.name) > 2]
    assert [each.split(":")[0] for each in held] == ["socket"]


def test_it_ends_after_a_quiet_time_and_starts_again(tmp_path: Path) -> None:
    reader = Reader(quiet_s=0.01)
    try:
        for name in ("one", "two"):
            assert lines(read(reader, written([name]), tmp_path / "image.png")) == [name]
            wait_for(lambda: reader.pid is None)
    finally:
        reader.stop()


def test_after_a_stop_nothing_is_read(tmp_path: Path) -> None:
    reader = Reader()
    reader.stop()
    with pytest.raises(TextUnavailable):
        read(reader, written(["late"]), tmp_path / "image.png")


@pytest.mark.pure
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"lines": 3},
        {"lines": [3]},
        {"lines": [["a"]]},
        {"lines": [["a", 0]]},
        {"lines": [["a", "1"]]},
        {"lines": [["a", float("nan")]]},
        {"lines": [[b"a", 1]]},
    ],
)
def test_a_process_that_was_taken_over_can_send_nothing_but_text(answer: dict[str, object]) -> None:
    with pytest.raises(BadMessage):
        image_text_from_json(answer)


@pytest.mark.pure
def test_its_text_is_cleaned_and_limited() -> None:
    many = [["\x1b[31m \u202egpj\n" + "x" * 100, 1.0]] * 5000
    found = image_text_from_json({"lines": many})
    assert found.lines[0].text == "[31m gpj " + "x" * 100
    assert len(found.text) < 21_000
