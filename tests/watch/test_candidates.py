"""The selection of candidate paths."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from snapsortd.watch.candidates import is_candidate, is_searched, owner, wanted_in

pytestmark = pytest.mark.pure


@dataclass(frozen=True)
class Folder:
    path: str
    subfolders: bool = False
    ignore: tuple[str, ...] = ()
    settle: float = 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.png", True),
        ("PHOTO.JPG", True),
        ("no suffix", True),
        ("notes.txt", True),
        ("a.part.png", True),
        (".hidden.png", True),
        (".hidden", False),
        (".DS_Store", False),
        ("photo.png.part", False),
        ("photo.png.crdownload", False),
        ("Unconfirmed 1234.CRDOWNLOAD", False),
        ("photo.png.partial", False),
        ("photo.png.download", False),
        ("photo.png.opdownload", False),
        ("photo.png.filepart", False),
        ("photo.png.aria2", False),
        ("photo.png.!ut", False),
        ("photo.tmp", False),
        (".snapsort.17", False),
        (".snapsort.17.png", False),
        ("._photo.png", False),
        ("~$report.png", False),
        (".~lock.photo.png", False),
        (".goutputstream-A1B2C3", False),
        (".org.chromium.Chromium.a1b2.png", False),
        (".com.google.Chrome.a1b2.png", False),
        (".photo.png.Xa81bc", False),
        ("\udcff\udcfe.png", True),
        ("-rf", True),
        ("new\nline.png", True),
    ],
)
def test_names(name: str, expected: bool) -> None:
    assert is_candidate(name) is expected


@pytest.mark.parametrize(
    ("name", "glob", "expected"),
    [
        ("cat.gif", "*.gif", False),
        ("CAT.GIF", "*.gif", False),
        ("cat.gif", "*.GIF", False),
        ("cat.png", "*.gif", True),
        ("draft-1.png", "draft-*", False),
        ("cat.gif.png", "*.gif", True),
    ],
)
def test_ignored_names(name: str, glob: str, expected: bool) -> None:
    assert is_candidate(name, (glob,)) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("2026", True), (".git", False), (".thumbnails", False), ("photo.png.download", False), ("skip", False)],
)
def test_subfolders_looked_into(name: str, expected: bool) -> None:
    assert is_searched(name, ("SKIP",)) is expected


FLAT = Folder("/home/a/Downloads")
DEEP = Folder("/home/a/Pictures", subfolders=True, ignore=("raw",))
INNER = Folder("/home/a/Pictures/Screenshots", ignore=("*.gif",))
ROOT = Folder("/", subfolders=True)
ALL = (FLAT, DEEP, INNER)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/home/a/Downloads/x.png", FLAT, id="directly inside"),
        pytest.param("/home/a/Downloads/sub/x.png", None, id="too deep"),
        pytest.param("/home/a/Downloads2/x.png", None, id="a folder whose name has the same prefix"),
        pytest.param("/home/a/x.png", None, id="above"),
        pytest.param("/home/a/Downloads/x.png.part", None, id="unfinished"),
        pytest.param("/home/a/Pictures/2026/11/x.png", DEEP, id="deep"),
        pytest.param("/home/a/Pictures/raw/x.png", None, id="in an ignored subfolder"),
        pytest.param("/home/a/Pictures/.trash/x.png", None, id="in a hidden subfolder"),
        pytest.param("/home/a/Pictures/Screenshots/x.png", INNER, id="the innermost folder"),
        pytest.param("/home/a/Pictures/Screenshots/x.gif", None, id="the innermost folder ignores it"),
        pytest.param("/home/a/Pictures/Screenshots/sub/x.png", None, id="the innermost folder is flat"),
    ],
)
def test_the_folder_that_wants_a_path(path: str, expected: Folder | None) -> None:
    assert wanted_in(path, ALL) == expected


def test_the_root_folder_can_be_watched() -> None:
    assert wanted_in("/a/x.png", (ROOT,)) == ROOT


def test_the_innermost_folder_answers_even_for_what_it_ignores() -> None:
    assert owner("/home/a/Pictures/Screenshots/x.gif", ALL) == INNER
