"""The URL that a file was downloaded from, read from real extended attributes and from what macOS writes."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snapsortd.files.attributes import write_attribute
from snapsortd.files.download_origin import MACOS_ORIGIN, XDG_ORIGIN, where_froms
from snapsortd.files.open_file import file_facts, open_file

URL = "https://cdn.example.org/a.png?size=2"
linux = pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps it elsewhere")
macos = pytest.mark.skipif(sys.platform != "darwin", reason="only macOS keeps it there")


def urls_of(path: Path) -> tuple[str, ...]:
    with open_file(str(path), str(path.parent)) as image:
        return file_facts(image, "png").urls


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    return path


def marked(image: Path, name: str, value: bytes) -> Path:
    fd = os.open(image, os.O_RDWR)
    try:
        write_attribute(fd, name, value)
    except OSError as error:
        pytest.skip(f"this file system keeps no attributes: {error}")
    finally:
        os.close(fd)
    return image


@linux
@pytest.mark.parametrize(
    ("value", "urls"),
    [
        pytest.param(URL.encode(), (URL,), id="as-browsers-write-it"),
        pytest.param(URL.encode() + b"\0\n", (URL,), id="ended-as-in-c"),
        pytest.param("https://köln.example/ü".encode(), ("https://köln.example/ü",), id="utf-8"),
        pytest.param(b"https://a\xff", ("https://a\ufffd",), id="not-utf-8"),
        pytest.param(b"https://a\nb", (), id="two-lines"),
        pytest.param(b"https://a\x1b[31m", (), id="for-the-terminal"),
        pytest.param(b"data:," + b"x" * 3000, (), id="holds-the-image"),
        pytest.param(b"  ", (), id="blank"),
    ],
)
def test_an_address(image: Path, value: bytes, urls: tuple[str, ...]) -> None:
    assert urls_of(marked(image, XDG_ORIGIN, value)) == urls


def test_no_address(image: Path) -> None:
    assert urls_of(image) == ()


@linux
def test_a_program_that_notes_it(image: Path) -> None:
    """The attribute is set by another project's program, if that is installed."""
    try:
        subprocess.run(["setfattr", "-n", XDG_ORIGIN, "-v", URL, image], check=True, capture_output=True, timeout=30)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"setfattr: {error}")
    assert urls_of(image) == (URL,)


@macos
def test_addresses_on_macos(image: Path) -> None:
    value = plistlib.dumps([URL, "https://example.org/"], fmt=plistlib.FMT_BINARY)
    assert urls_of(marked(image, MACOS_ORIGIN, value)) == (URL, "https://example.org/")


@pytest.mark.parametrize(
    ("kept", "urls"),
    [
        pytest.param([URL, "https://example.org/"], (URL, "https://example.org/"), id="file-and-page"),
        pytest.param([URL, ""], (URL,), id="no-page"),
        pytest.param([5, URL, b"x", [URL]], (URL,), id="no-texts"),
        pytest.param(
            [f"https://a/{number}" for number in range(99)], tuple(f"https://a/{n}" for n in range(8)), id="many"
        ),
        pytest.param({"a": URL}, (), id="a-mapping"),
        pytest.param(URL, (), id="a-text"),
        pytest.param([], (), id="none"),
    ],
)
def test_what_macos_writes(kept: Any, urls: tuple[str, ...]) -> None:
    assert where_froms(plistlib.dumps(kept, fmt=plistlib.FMT_BINARY)) == urls


NESTED: Any = []
for _ in range(600):
    NESTED = [NESTED]
GOOD = plistlib.dumps([URL], fmt=plistlib.FMT_BINARY)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD[:8] + b"\xff" * 40, id="noise"),
        pytest.param(GOOD[:-8] + b"\xff" * 8, id="a-table-far-away"),
        pytest.param(plistlib.dumps([URL]), id="xml"),
        pytest.param(plistlib.dumps(NESTED, fmt=plistlib.FMT_BINARY), id="deep"),
        pytest.param(plistlib.dumps(["x" * 70_000], fmt=plistlib.FMT_BINARY), id="long"),
    ],
)
def test_what_is_no_list_of_addresses(data: bytes) -> None:
    assert where_froms(data) == ()
