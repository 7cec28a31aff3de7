"""Moves, copies and their undo on file systems that a program serves, each of which lacks something.

sshfs shows another inode number for a link, mergerfs for every name; exFAT and rclone have neither links nor a rename
that never replaces; rclone knows an open file by its name only.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from snapsortd.ctl.doctor.abilities import lacking, read_abilities
from snapsortd.ctl.doctor.disks import inspect_folder
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import State
from snapsortd.domain.errors import MoveRefused
from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.remove import remove_exactly, rename_exactly
from tests.support.file_systems import Served, served
from tests.support.filing import PIXELS, Filing, tree
from tests.support.racing import race
from tests.support.switches import Switches
from tests.support.trees import reasons, undo_all
from tests.support.waiting import wait_for

KINDS = ("sshfs", "mergerfs", "bindfs", "exfat", "ntfs", "rclone")
OWN = ".snapsort.1.0badf00d"


@pytest.fixture(scope="module", params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(request.param, tmp_path_factory.mktemp(request.param)) as mounted:
        yield mounted


@pytest.fixture
def folder(disk: Served) -> Path:
    """A folder of its own on the disk for each test."""
    return Path(tempfile.mkdtemp(dir=disk.where))


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


def test_a_hard_link_is_one_whatever_number_its_name_has(tmp_path: Path, folder: Path) -> None:
    filing = filing_between(tmp_path, folder / "inbox", folder / "sorted")
    image = filing.image()
    try:
        os.link(image, folder / "link")
    except OSError:
        pytest.skip("this file system has no links")
    assert filing.file(image, filing.action(image, ActionKind.HARDLINK)).state is State.DONE
    assert set(reasons(undo_all(filing))) == {""}
    assert os.listdir(filing.sorted) == []
    assert image.read_bytes() == PIXELS


def test_a_symlink_that_a_file_system_cannot_show_is_refused_and_stops_nothing(tmp_path: Path, folder: Path) -> None:
    """sshfs makes a symlink with an absolute path, and then does not allow to read it."""
    filing = filing_between(tmp_path, folder / "inbox", folder / "sorted")
    image = filing.image()
    with suppress(MoveRefused):
        filing.file(image, filing.action(image, ActionKind.SYMLINK))
        assert os.readlink(filing.sorted / "a.png") == str(image)
        assert set(reasons(undo_all(filing))) == {""}
    assert os.listdir(filing.sorted) == []
    assert filing.file(image).state is State.DONE


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


def test_a_file_system_that_cannot_sync_loses_nothing_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    switches = Switches(inodes="named", failing={"fsync": "EINVAL", "noreplace": "EINVAL", "link": "EPERM"})
    with served("passthrough", tmp_path, switches=switches) as disk:
        filing = filing_between(tmp_path, tmp_path / "inbox", disk.where / "sorted")
        for name in ("a.png", "b.png"):
            assert filing.file(filing.image(name)).state is State.DONE
        assert tree(filing.sorted) == {"a.png": PIXELS, "b.png": PIXELS}
        assert reasons(undo_all(filing)) == ["", ""]
        assert os.listdir(filing.sorted) == []
    assert caplog.text.count("confirms no writes") == 1


def test_a_copy_that_fails_when_it_is_closed_is_removed(tmp_path: Path) -> None:
    with served("passthrough", tmp_path) as disk:
        filing = filing_between(tmp_path, tmp_path / "inbox", disk.where / "sorted")
        Switches(failing={"flush": "EIO"}).write(disk.behind)
        with pytest.raises(MoveRefused):
            filing.file(filing.image())
        # FUSE keeps a removed file as .fuse_hidden… until its server has heard that it was closed.
        wait_for(lambda: os.listdir(filing.sorted) == [], what="no file in the destination")
        assert tree(filing.inbox) == {"a.png": PIXELS}


def test_the_doctor_says_what_a_file_system_lacks(disk: Served, folder: Path) -> None:
    able = read_abilities(inspect_folder(str(folder)))
    notes = " ".join(lacking(able))
    assert "recognised by their content" in notes
    wanted = {"exfat": "placeholder", "sshfs": "placeholder", "rclone": "only checked", "bindfs": "hard links"}
    assert wanted.get(disk.kind, "") in notes
    if disk.kind != "rclone":  # its cache lists some names late
        assert ("are adapted" in notes) == (disk.kind in {"exfat", "ntfs"})
    lost = {"sshfs": "attributes:", "ntfs": "permissions, owners:", "exfat": "permissions, owners, attributes:"}
    assert lost.get(disk.kind, "") in notes
    assert os.listdir(folder) == []
