"""An edit that restores size and time is noticed, and what only has another name, link or permission is not refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import Method, State
from snapsortd.domain.errors import FileChanged, LeftAlone, MoveRefused, UndoRefused
from snapsortd.files.folders import lstat
from snapsortd.files.open_file import open_file
from snapsortd.watch.settle import Kind, settle
from tests.support.file_systems import served
from tests.support.filing import PIXELS, Filing, edit_unseen, identity_of, tree
from tests.support.interrupted import begin, state_of
from tests.support.mounting import formatted
from tests.support.privileges import as_a_normal_user
from tests.support.racing import race

OTHER = bytes(len(PIXELS))
Meddle = Callable[[Path], object]


def edit(path: Path) -> None:
    edit_unseen(path, OTHER)


def permit(path: Path) -> None:
    before = os.stat(path).st_ctime_ns
    while os.stat(path).st_ctime_ns == before:
        path.chmod(0o600)


def link(path: Path) -> None:
    os.link(path, path.with_name("a link.png"))


def tag(path: Path) -> None:
    os.setxattr(path, "user.tag", b"tag")


harmless = pytest.mark.parametrize("meddle", [permit, link, tag])


def test_an_open_file_that_was_edited_is_not_the_version_that_was_opened(any_filing: Filing) -> None:
    image = any_filing.image()
    with open_file(str(image), str(image.parent)) as file:
        hashed = file.hashed()
        assert hashed.is_in_place()
        edit(image)
        assert not hashed.is_unchanged()
        assert not hashed.is_in_place()
        with pytest.raises(FileChanged, match="while it was read"):
            file.hashed()


@harmless
def test_an_open_file_that_was_not_edited_is(filing: Filing, meddle: Meddle) -> None:
    image = filing.image()
    with open_file(str(image), str(image.parent)) as file:
        hashed = file.hashed()
        meddle(image)
        assert hashed.is_unchanged()
        assert hashed.is_in_place()


def once(meddle: Meddle, image: Path) -> Callable[[State, str], object]:
    """Meddle right after the intent is committed."""
    return lambda state, _: meddle(image) if state is State.INTENT else None


@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY])
def test_an_edit_just_before_the_act_is_noticed(any_filing: Filing, kind: ActionKind) -> None:
    image = any_filing.image()
    race(any_filing, once(edit, image))
    with pytest.raises(FileChanged):
        any_filing.file(image, any_filing.action(image, kind))
    assert tree(any_filing.inbox, any_filing.sorted) == {"a.png": OTHER}


@harmless
def test_what_is_no_edit_does_not_keep_a_file(filing: Filing, meddle: Meddle) -> None:
    image = filing.image()
    race(filing, once(meddle, image))
    assert filing.file(image).state is State.DONE
    assert tree(filing.sorted) == {"a.png": PIXELS}


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_copy_is_not_taken_back_if_one_of_the_two_was_edited(any_filing: Filing, end: str) -> None:
    entry = any_filing.file(any_filing.image(), any_filing.action("a.png", ActionKind.COPY))
    edit(Path(getattr(entry.intent, end)))
    with pytest.raises(UndoRefused, match="was changed since"):
        any_filing.mover.reverse(entry, 9)
    kept = {"source": any_filing.sorted, "target": any_filing.inbox}[end]
    assert tree(kept) == {"a.png": PIXELS}


def test_a_moved_file_that_was_edited_does_not_go_back(any_filing: Filing) -> None:
    entry = any_filing.file(any_filing.image())
    edit(Path(entry.intent.target))
    with pytest.raises(UndoRefused, match="was changed since"):
        any_filing.mover.reverse(entry, 9)
    assert tree(any_filing.sorted) == {"a.png": OTHER}


@harmless
def test_a_moved_file_that_was_not_edited_does(filing: Filing, meddle: Meddle) -> None:
    entry = filing.file(filing.image())
    meddle(Path(entry.intent.target))
    filing.mover.reverse(entry, 9)
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_after_an_interruption_an_edited_source_is_not_removed(any_filing: Filing) -> None:
    image = any_filing.image()
    entry = begin(any_filing, image, Method.COPY)
    target = Path(entry.intent.target)
    target.write_bytes(PIXELS)
    os.utime(target, ns=(os.stat(image).st_atime_ns, os.stat(image).st_mtime_ns))
    edit(image)
    (sentence,) = repair(any_filing.journal, any_filing.mover)
    assert "is in conflict" in sentence
    assert tree(any_filing.inbox) == {"a.png": OTHER}
    assert tree(any_filing.sorted) == {"a.png": PIXELS}


def test_after_an_interruption_an_edited_copy_is_not_believed(any_filing: Filing) -> None:
    image = any_filing.image()
    entry = begin(any_filing, image, Method.COPY)
    target = Path(entry.intent.target)
    target.write_bytes(OTHER)
    os.utime(target, ns=(os.stat(image).st_atime_ns, os.stat(image).st_mtime_ns))
    repair(any_filing.journal, any_filing.mover)
    assert state_of(any_filing, entry) is State.FAILED
    assert tree(any_filing.inbox) == {"a.png": PIXELS}


def test_a_file_that_was_edited_has_not_settled(filing: Filing) -> None:
    image = filing.image()
    seen = settle(None, lstat(str(image)), 1.0, 2.0)
    edit(image)
    later = settle(seen.observation, lstat(str(image)), 9.0, 2.0)
    assert (later.kind, later.until) == (Kind.WAIT, 11.0)


def test_an_unfinished_move_holds_its_content_back_and_nothing_else(filing: Filing) -> None:
    image = filing.image()
    begin(filing, image)
    os.utime(image)
    with pytest.raises(MoveRefused, match="is not finished"):
        filing.file(image)
    edit(image)
    assert filing.file(image).state is State.DONE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("on_conflict", [OnConflict.DEDUPLICATE, OnConflict.RENAME_NEW, OnConflict.TRASH])
def test_another_spelling_is_the_same_file_though_its_number_differs(
    filing: Filing, tmp_path: Path, on_conflict: OnConflict
) -> None:
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.exfat", "-t", "exfat-fuse", "-o", "loop"):
        image = filing.sorted / "shot.png"
        image.write_bytes(PIXELS)
        with image.open():
            assert identity_of(image).ino != identity_of(filing.sorted / "SHOT.PNG").ino
        with pytest.raises(LeftAlone, match="already at its destination"):
            filing.file(image, filing.action("SHOT.PNG", on_conflict=on_conflict))
        assert tree(filing.sorted) == {"shot.png": PIXELS}
    assert not filing.trash.exists()


@pytest.mark.parametrize("on_conflict", [OnConflict.DEDUPLICATE, OnConflict.RENAME_NEW, OnConflict.TRASH])
@pytest.mark.parametrize("there", [True, False])
def test_the_same_name_through_another_mount_is_the_same_file(
    filing: Filing, tmp_path: Path, on_conflict: OnConflict, there: bool
) -> None:
    with served("bindfs", tmp_path) as disk:
        ends = (disk.where, disk.behind) if there else (disk.behind, disk.where)
        two = replace(filing, inbox=ends[0], sorted=ends[1])
        image = two.image()
        with pytest.raises(LeftAlone, match="already at its destination"):
            two.file(image, two.action(image, on_conflict=on_conflict))
        assert tree(disk.behind) == {"a.png": PIXELS}
    assert not filing.trash.exists()


def test_a_copy_that_cannot_be_read_is_not_made_again(filing: Filing) -> None:
    image = filing.image()
    copied = filing.file(image, filing.action(image, ActionKind.COPY))
    Path(copied.intent.target).chmod(0)
    with as_a_normal_user(), pytest.raises(MoveRefused, match="cannot be read"):
        filing.file(image, filing.action(image, ActionKind.COPY))
    assert os.listdir(filing.sorted) == ["a.png"]
