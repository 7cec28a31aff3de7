"""Labelled images in folders and CSV files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.ctl.evaluation.dataset import Labelled, find_images, read_dataset
from snapsortd.domain.errors import SnapsortError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/2.png", "b/1.JPG", "a/deep/x.webp", "a/.hidden.png", "a/notes.txt", ".git/y.png", "top.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "link.png").symlink_to(tmp_path / "top.png")
    return tmp_path


def test_a_folder_of_folders(folder: Path) -> None:
    assert [(os.path.relpath(each.path, folder), each.label) for each in read_dataset(str(folder))] == [
        ("a/deep/x.webp", "a"),
        ("b/1.JPG", "b"),
        ("b/2.png", "b"),
    ]


def test_images_of_a_folder(folder: Path) -> None:
    assert [os.path.relpath(each, folder) for each in find_images(str(folder))] == [
        "top.png",
        "a/deep/x.webp",
        "b/1.JPG",
        "b/2.png",
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_a_table(folder: Path, mark: bytes) -> None:
    path = folder / "labels.csv"
    path.write_bytes(mark + b'path,more,label\r\nb/1.JPG,,"a, b"\r\n/else/where.png,, c \r\nodd\xff.png,,d\r\n')
    assert read_dataset(str(path)) == [
        Labelled(f"{folder}/b/1.JPG", "a, b"),
        Labelled("/else/where.png", "c"),
        Labelled(os.path.join(os.fspath(folder), os.fsdecode(b"odd\xff.png")), "d"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "has no column path", id="empty"),
        pytest.param("path,class\na.png,b\n", "has no column label", id="column"),
        pytest.param("path,label\na.png\n", ":2: the path or the label is missing", id="short-row"),
        pytest.param('path,label\na.png,"b\n', "unexpected end of data", id="open-quote"),
        pytest.param("path,label\n", "no labelled images", id="no-rows"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(SnapsortError, match=words) as raised:
        read_dataset(str(path))
    assert "CSV" in raised.value.hint


def test_a_folder_without_folders(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"x")
    with pytest.raises(SnapsortError, match="no labelled images"):
        read_dataset(str(tmp_path))
