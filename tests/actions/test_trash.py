"""Trashed files: moved with their note into the trash where they belong, and restored from it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from snapsortd.actions.mover import Mover
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import Method, State
from snapsortd.domain.errors import MoveRefused
from tests.support.filing import PIXELS, Filing
from tests.support.mounting import formatted, mounted, run
from tests.support.racing import race
from tests.support.trees import look, reasons, redo_all, undo_all

TRASH = ActionKind.TRASH
SMALLEST_BTRFS = 110 << 20


def test_names_in_the_trash_never_meet(filing: Filing) -> None:
    """Both names must be free: that of the file and that of its note."""
    for folder, name in (("files", "a.png"), ("info", "a 2.png.trashinfo")):
        (filing.trash / folder).mkdir(parents=True)
        (filing.trash / folder / name).write_bytes(b"of another program")
    entry = filing.file(filing.image(), filing.action("a.png", TRASH))
    assert entry.intent.target == str(filing.trash / "files" / "a 3.png")
    assert sorted(os.listdir(filing.trash / "info")) == ["a 2.png.trashinfo", "a 3.png.trashinfo"]
    assert set(reasons(undo_all(filing))) == {""}
    assert os.listdir(filing.trash / "info") == ["a 2.png.trashinfo"]


def test_names_that_are_taken_just_then(filing: Filing) -> None:
    image = filing.image()
    (filing.trash / "info").mkdir(parents=True)
    (filing.trash / "files").mkdir()

    def rival(state: State, target: str) -> None:
        name = os.path.basename(target)
        if state is State.INTENT and name == "a.png":
            (filing.trash / "info" / "a.png.trashinfo").write_text("of another program")
        if state is State.INTENT and name == "a 2.png":
            (filing.trash / "files" / name).write_bytes(b"another")

    race(filing, rival)
    assert filing.file(image, filing.action(image, TRASH)).intent.target.endswith("/a 3.png")
    assert sorted(os.listdir(filing.trash / "info")) == ["a 3.png.trashinfo", "a.png.trashinfo"]


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".png", "é" * 125 + ".png", "%20 #?\n.png", os.fsdecode(b"\xff.png"), "-a"]
)
def test_any_name_goes_to_the_trash_and_comes_back(filing: Filing, name: str) -> None:
    image = filing.image(name)
    entry = filing.file(image, filing.action(image, TRASH))
    (note,) = (filing.trash / "info").iterdir()
    line = note.read_bytes().split(b"\n")[1]
    assert unquote(line.removeprefix(b"Path=").decode("ascii"), errors="surrogateescape") == str(image)
    assert os.path.basename(entry.intent.target) + ".trashinfo" == note.name
    assert reasons(undo_all(filing)) == [""]
    assert os.listdir(filing.inbox) == [name]
    assert list((filing.trash / "info").iterdir()) == []


@pytest.mark.parametrize("emptied", ["the file", "all of it"])
def test_undo_after_the_trash_was_emptied(filing: Filing, emptied: str) -> None:
    entry = filing.file(filing.image(), filing.action("a.png", TRASH))
    os.unlink(entry.intent.target)
    os.unlink(filing.trash / "info" / "a.png.trashinfo")
    if emptied == "all of it":
        for folder in ("files", "info"):
            (filing.trash / folder).rmdir()
        filing.trash.rmdir()
    for dry_run in (True, False):
        assert "is gone" in reasons(undo_all(filing, dry_run))[0]


def test_the_trash_is_emptied_in_the_middle(filing: Filing) -> None:
    def empty(state: State, _: str) -> None:
        if state is State.INTENT:
            (filing.trash / "files").rmdir()

    image = filing.image()
    race(filing, empty)
    with pytest.raises(MoveRefused):
        filing.file(image, filing.action(image, TRASH))
    assert look(filing) == {"inbox/a.png": PIXELS}


def test_a_note_of_another_program_stays(filing: Filing) -> None:
    """It was restored by somebody and trashed again by another program, under the same name."""
    filing.file(filing.image(), filing.action("a.png", TRASH))
    note = filing.trash / "info" / "a.png.trashinfo"
    note.write_text("[Trash Info]\nPath=/elsewhere/a.png\nDeletionDate=2026-01-01T00:00:00\n")
    assert reasons(undo_all(filing)) == [""]
    assert note.exists()


def test_a_hard_link_of_what_is_in_the_trash_goes_there_too(filing: Filing) -> None:
    image = filing.image()
    os.link(image, filing.sorted / "a.png")
    filing.file(image, filing.action(image, TRASH))
    entry = filing.file(filing.sorted / "a.png", filing.action("a.png", TRASH))
    assert entry.intent.target.endswith("/a 2.png")


def nothing(_: Path) -> None:
    """Leave the folder as it is."""


def sticky(top: Path) -> None:
    (top / ".Trash").mkdir()
    (top / ".Trash").chmod(0o1777)


def not_sticky(top: Path) -> None:
    (top / ".Trash").mkdir()


def a_symlink(top: Path) -> None:
    (top / "real").mkdir()
    (top / "real").chmod(0o1777)
    (top / ".Trash").symlink_to("real")


def planted(top: Path) -> None:
    os.mkdir(top / ".Trash-0")
    os.chown(top / ".Trash-0", 1000, 1000)


def planted_symlink(top: Path) -> None:
    (top / "real").mkdir()
    (top / ".Trash-0").symlink_to("real")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize(
    ("prepare", "where"),
    [
        pytest.param(nothing, ".Trash-0", id="own folder at the top"),
        pytest.param(sticky, ".Trash/0", id="shared folder"),
        pytest.param(not_sticky, ".Trash-0", id="not sticky"),
        pytest.param(a_symlink, ".Trash-0", id="a symlink"),
        pytest.param(planted, "home", id="another user's"),
        pytest.param(planted_symlink, "home", id="a symlink that was planted"),
    ],
)
def test_the_trash_of_another_disk(filing: Filing, prepare: Callable[[Path], None], where: str) -> None:
    with mounted(filing.sorted, "-t", "tmpfs", "none"):
        prepare(filing.sorted)
        (filing.sorted / "sub").mkdir()
        image = filing.sorted / "sub" / "a b.png"
        image.write_bytes(PIXELS)
        filing.mover = Mover(filing.journal, Trash(str(filing.trash)))
        trash = filing.trash if where == "home" else filing.sorted / where
        entry = filing.file(image, filing.action(image, TRASH), root=filing.sorted)
        assert entry.intent.target == str(trash / "files" / "a b.png")
        assert entry.intent.method is (Method.COPY if where == "home" else Method.RENAME)
        lines = (trash / "info" / "a b.png.trashinfo").read_text().splitlines()
        assert lines[1] == "Path=" + (str(image).replace(" ", "%20") if where == "home" else "sub/a%20b.png")
        assert trash.stat().st_mode & 0o777 == 0o700
        assert reasons(undo_all(filing)) == [""]
        assert image.read_bytes() == PIXELS
        assert list((trash / "info").iterdir()) == list((trash / "files").iterdir()) == []
        assert reasons(redo_all(filing)) == [""]
        assert len(list((trash / "info").iterdir())) == 1
        assert reasons(undo_all(filing)) == [""]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize(
    ("home", "where"),
    [
        pytest.param("home/Trash", "home/Trash", id="the home trash is elsewhere on the disk"),
        pytest.param("", ".Trash-0", id="the home trash is on another disk"),
    ],
)
def test_an_unmounted_subvolume_is_part_of_the_disk_around_it(
    filing: Filing, tmp_path: Path, home: str, where: str
) -> None:
    """It has a device number of its own, but no trash program searches below its top."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.btrfs", "-o", "loop", size=SMALLEST_BTRFS):
        run("btrfs", "subvolume", "create", str(filing.sorted / "photos"))
        image = filing.sorted / "photos" / "a.png"
        image.write_bytes(PIXELS)
        assert os.stat(image).st_dev != os.stat(filing.sorted).st_dev
        filing.mover = Mover(filing.journal, Trash(str(filing.sorted / home if home else filing.trash)))
        entry = filing.file(image, filing.action(image, TRASH))
        assert entry.intent.target == str(filing.sorted / where / "files" / "a.png")
        info = filing.sorted / where / "info" / "a.png.trashinfo"
        assert info.read_text().splitlines()[1] == f"Path={image if home else 'photos/a.png'}"
        assert reasons(undo_all(filing)) == [""]
        assert image.read_bytes() == PIXELS
        with mounted(image.parent, "-o", "subvol=photos,loop", str(tmp_path / "disk")):
            entry = filing.file(image, filing.action(image, TRASH))
            assert entry.intent.target == str(image.parent / ".Trash-0" / "files" / "a.png")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("home", ["", "inbox/a.png/no folder"])
def test_no_trash_at_all_is_a_refusal(filing: Filing, home: str) -> None:
    with mounted(filing.sorted, "-t", "tmpfs", "none"):
        planted(filing.sorted)
        image = filing.sorted / "a.png"
        image.write_bytes(PIXELS)
        filing.mover = Mover(filing.journal, Trash(home and str(filing.image().parent.parent / home)))
        with pytest.raises(MoveRefused, match="trash"):
            filing.file(image, filing.action(image, TRASH))
        assert image.exists()
    assert filing.journal.entries() == []
