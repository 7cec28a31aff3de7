"""Folders into which images were filed are watched for those that a person takes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.watch.departures import MAX_FOLDERS, Departures

PATIENCE_S = 30


class Ear:
    def __init__(self) -> None:
        self.heard = threading.Event()

    def hears(self, act: object) -> None:
        assert self.heard.wait(PATIENCE_S), act
        self.heard.clear()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def departures(ear: Ear) -> Iterator[Departures]:
    departures = Departures(ear.heard.set)
    yield departures
    departures.stop()


def images_in(folder: Path, *names: str) -> list[Path]:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"an image")
    return [folder / name for name in names]


def test_files_that_leave_by_any_way(ear: Ear, departures: Departures, tmp_path: Path) -> None:
    out, between, renamed, gone = images_in(tmp_path / "filed", "out", "between", "renamed", "gone")
    images_in(tmp_path / "other")
    departures.watch([str(tmp_path / "filed"), str(tmp_path / "other")])
    out.rename(tmp_path / "out")
    ear.hears("moved where nothing is watched")
    between.rename(tmp_path / "other" / "between")
    ear.hears("moved to another watched folder")
    renamed.rename(renamed.with_name("another"))
    ear.hears("renamed")
    gone.unlink()
    ear.hears("deleted")


def test_arrivals_and_writes_are_not_reported(ear: Ear, departures: Departures, tmp_path: Path) -> None:
    (here,) = images_in(tmp_path / "filed", "here")
    departures.watch([str(tmp_path / "filed")])
    here.write_bytes(b"written to")
    (tmp_path / "new").write_bytes(b"")
    (tmp_path / "new").rename(tmp_path / "filed" / "new")
    (tmp_path / "filed" / "folder").mkdir()
    (tmp_path / "filed" / "folder").rmdir()
    assert not ear.heard.wait(1)
    here.unlink()
    ear.hears("deleted")


def test_a_folder_that_was_made_again_is_watched_again(ear: Ear, departures: Departures, tmp_path: Path) -> None:
    folder = tmp_path / "filed"
    images_in(folder)
    departures.watch([str(folder)])
    folder.rmdir()
    (image,) = images_in(tmp_path / "made", "image")
    (tmp_path / "made").rename(folder)
    departures.watch([str(folder)])
    (folder / image.name).unlink()
    ear.hears("deleted")


def test_folders_that_are_gone_and_too_many(departures: Departures, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(MAX_FOLDERS + 2)]
    for folder in folders[1:]:
        folder.mkdir()
    departures.watch(map(str, folders))
    assert [departures.is_watched(str(folder)) for folder in folders] == [False, *[True] * MAX_FOLDERS, False]
    departures.stop()
    assert not departures.is_watched(str(folders[1]))
