"""The images that `sim` and `sort` find in a folder: the same as the daemon."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from snapsortd.config.settings import WatchFolder
from snapsortd.ctl.find_images import find_images
from tests.support.crafted_images import encoded
from tests.support.images import photo

IMAGE = encoded(photo(1).resize((40, 30)), "jpeg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "sub" / "node_modules").mkdir(parents=True)
    for name in (
        *("x.pjpeg", "x", "x.jpg", ".x.jpg", "x.jpg.part", "x.jpg~", "x.gif", "sub/x.jpg", "sub/node_modules/x.jpg"),
    ):
        (folder / name).write_bytes(IMAGE)
    (folder / "notes.txt").write_text("this is text")
    (folder / "broken.png").write_text("this is text")
    (folder / "empty.png").touch()
    (folder / "link.jpg").symlink_to("x.jpg")
    return folder


def names(folder: Path, *watched: WatchFolder, recursive: bool = False) -> list[str]:
    return [os.path.relpath(each.path, folder) for each in find_images(str(folder), watched, recursive=recursive)]


def test_images_are_known_by_their_content_and_by_their_names(folder: Path) -> None:
    assert names(folder) == ["broken.png", "x", "x.gif", "x.jpg", "x.pjpeg"]


def test_what_the_configuration_ignores_and_leaves_out_is_not_found(folder: Path) -> None:
    watched = WatchFolder(str(folder), ignore=("*.gif", "broken*"))
    assert names(folder, watched) == ["x", "x.jpg", "x.pjpeg"]
    assert names(folder, watched, recursive=True) == ["sub/x.jpg", "x", "x.jpg", "x.pjpeg"]
    assert names(folder / "sub", watched, recursive=True) == ["x.jpg"]


def test_a_watched_folder_inside_has_its_own_settings(folder: Path) -> None:
    inner = WatchFolder(str(folder / "sub"), exclude=())
    found = names(folder, WatchFolder(str(folder), ignore=("x*",)), inner, recursive=True)
    assert found == ["broken.png", "sub/node_modules/x.jpg", "sub/x.jpg"]


def test_a_file_that_a_person_names_is_found_whatever_its_name(folder: Path) -> None:
    path = str(folder / "x.jpg~")
    assert [each.path for each in find_images(path, (WatchFolder(str(folder), ignore=("*",)),), recursive=False)] == [
        path
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which files are open for writing")
def test_an_image_that_is_not_complete_waits(folder: Path) -> None:
    with (folder / "x.jpg").open("ab"):
        found = {os.path.basename(each.path): each.waits for each in find_images(str(folder), (), recursive=False)}
    assert "open for writing" in found.pop("x.jpg")
    assert set(found.values()) == {""}
