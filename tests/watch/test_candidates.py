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
    exclude: tuple[str, ...] = ()
    settle: float = 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("photo.png", True), ("notes.txt", True), (".photo.png", False), (".snapsort.17.png", False), ("x.tmp", False)],
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
    folder = Folder("/w", subfolders=True, ignore=("SKIP",), exclude=("*.download",))
    assert is_searched(f"/w/{name}", folder) is expected
    assert is_searched(f"/w/{name}/deeper", folder) is expected


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
