"""Moves, copies and their undo on file systems that a program serves, each of which lacks something.

sshfs shows another inode number for a link, mergerfs for every name; exFAT and rclone have neither links nor a rename
that never replaces; rclone knows an open file by its name only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import State
from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.remove import remove_exactly, rename_exactly
from tests.support.file_systems import Served, served
from tests.support.filing import PIXELS, Filing, tree
from tests.support.racing import race
from tests.support.trees import reasons, undo_all

KINDS = ("sshfs", "mergerfs", "bindfs", "exfat", "ntfs", "rclone")
OWN = ".snapsort.1.0badf00d"


@pytest.fixture(scope="module", params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(request.param, tmp_path_factory.mktemp(request.param)) as mounted:
        yield mounted


@pytest.fixture
def folder(disk: Served, request: pytest.FixtureRequest) -> Path:
    """A folder of its own on the disk for each test."""
    path = disk.where / f"{hash(request.node.name) & 0xFFFF}"
    path.mkdir()
    return path


def filing_between(tmp_path: Path, inbox: Path, destination: Path) -> Filing:
    for path in (tmp_path / "state", inbox, destination):
        path.mkdir(exist_ok=True)
    return Filing(str(tmp_path / "state" / "journal.db"), inbox, destination)


@pytest.mark.parametrize("way", ["inside", "out", "in"])
@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY])
def test_there_and_back(tmp_path: Path, folder: Path, way: str, kind: ActionKind) -> None:
    inbox = folder / "inbox" if way != "in" else tmp_path / "inbox"
    destination = folder / "sorted" if way != "out" else tmp_path / "sorted"
    filing = filing_between(tmp_path, inbox, destination)
    image = filing.image()
    assert filing.file(image, filing.action(image, kind)).state is State.DONE
    assert os.listdir(destination) == ["a.png"]
    assert tree(destination) == {"a.png": PIXELS}
    assert tree(inbox) == ({"a.png": PIXELS} if kind is ActionKind.COPY else {})
    assert reasons(undo_all(filing)) == [""]
    assert os.listdir(destination) == []
    assert os.listdir(inbox) == ["a.png"]
    assert tree(inbox) == {"a.png": PIXELS}


def test_a_name_that_is_taken_just_then_is_never_overwritten(tmp_path: Path, folder: Path) -> None:
    filing = filing_between(tmp_path, folder / "inbox", folder / "sorted")
    race(filing, lambda state, target: state is State.INTENT and " " not in target and Path(target).write_bytes(b"x"))
    assert filing.file(filing.image()).state is State.DONE
    assert tree(filing.sorted) == {"a.png": b"x", "a 2.png": PIXELS}
    assert tree(filing.inbox) == {}
    assert sorted(os.listdir(filing.sorted)) == ["a 2.png", "a.png"]


@pytest.mark.parametrize("act", ["rename", "remove"])
def test_what_an_editor_saves_after_the_check_stays(folder: Path, act: str) -> None:
    (folder / "a.png").write_bytes(PIXELS)

    def save(aside: PathInFolder) -> bool:
        (folder / "a.png.part").write_bytes(b"edited")
        (folder / "a.png.part").rename(folder / "a.png")
        return aside.look() is not None

    with open_folder(str(folder)) as opened:
        place, target = PathInFolder(opened, "a.png"), PathInFolder(opened, "b.png")
        assert remove_exactly(place, OWN, save) if act == "remove" else rename_exactly(place, target, OWN, save)
    assert tree(folder) == {"a.png": b"edited"} | ({"b.png": PIXELS} if act == "rename" else {})
