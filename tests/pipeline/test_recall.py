"""What was processed before is recalled: by path and numbers, and by content where these differ; on real disks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import pytest

from snapsortd.ctl.output.explain import story_lines
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import State
from snapsortd.domain.errors import MoveRefused, UndoRefused
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.answering import Answering
from snapsortd.files.folders import open_folder
from snapsortd.files.mounts import disk_of
from snapsortd.files.open_file import open_file
from snapsortd.journal import Selection
from snapsortd.pipeline.by_hand import moved_by_hand
from snapsortd.pipeline.history import History
from snapsortd.pipeline.recall import recall_by_content
from snapsortd.pipeline.undo import undo
from tests.support.filing import PIXELS, Filing, edit_unseen, identity_of, tree
from tests.support.interrupted import begin
from tests.support.mounting import Stick

OTHER = bytes(len(PIXELS))
needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


def by_numbers(filing: Filing, path: Path) -> Known | None:
    return filing.journal.recall(str(path), identity_of(path), "f")


def recalled(filing: Filing, path: Path) -> Known | None:
    """Recall as the pipeline does."""
    if (known := by_numbers(filing, path)) is not None:
        return known
    with open_file(str(path), str(path.parent)) as image:
        return recall_by_content(filing.journal, image, "f", Answering())[1]


def remember(filing: Filing, path: Path, outcome: Outcome) -> None:
    with open_file(str(path), str(path.parent)) as image:
        known = Known(str(path), image.identity, outcome, "", "f", sha256=image.hashed().sha256)
    filing.journal.remember(known)


def remember_disk(filing: Filing) -> None:
    """Leave an entry that went to `sorted`, as a move to it does."""
    entry = begin(filing, filing.image())
    with open_folder(str(filing.sorted)) as folder:
        intent = replace(entry.intent, target_disk=disk_of(folder.fd))
    filing.journal.advance(filing.journal.begin(intent).id, State.FAILED)
    filing.journal.advance(entry.id, State.FAILED)


def filed(filing: Filing, image: Path) -> Path:
    return Path(filing.file(image).intent.target)


def undo_all(filing: Filing) -> list[str]:
    return [each.reason for each in undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))]


@pytest.fixture
def stick(filing: Filing, tmp_path: Path) -> Iterator[Stick]:
    """Yield a memory stick; the inbox is a folder on it."""
    one = Stick(tmp_path / "stick", tmp_path / "image")
    one.where.mkdir()
    one.format()
    one.plug()
    filing.inbox = one.where / "inbox"
    filing.inbox.mkdir()
    yield one
    one.unplug()


def renumber(stick: Stick, *used_first: str) -> None:
    """Mount the stick again, with other inode numbers and another device number.

    The system gives the number to the next disk that comes; as it is free only after the FUSE process has ended, the
    next one may still be ours.
    """
    before = os.stat(stick.where).st_dev
    with ExitStack() as others:
        while os.stat(stick.where).st_dev == before:
            stick.unplug()
            folder = Path(mkdtemp(dir=stick.where.parent))
            other = Stick(folder, folder.with_suffix(".image"))
            other.format()
            other.plug()
            others.callback(other.unplug)
            stick.plug()
    for name in used_first:
        (stick.where / name).write_bytes(b"takes the next inode number")


@needs_mount
@pytest.mark.parametrize("outcome", [Outcome.COPIED, Outcome.UNDONE, Outcome.LEFT])
def test_what_is_known_of_a_stick_is_known_when_it_is_mounted_again(
    filing: Filing, stick: Stick, outcome: Outcome
) -> None:
    image = filing.image()
    os.utime(image, ns=(10**18, 10**18 + 123_456_789))
    before = identity_of(image)
    remember(filing, image, outcome)
    renumber(stick, "first", "second")
    after = identity_of(image)
    assert (before.ino, before.dev) != (after.ino, after.dev)
    known = recalled(filing, image)
    assert known is not None
    assert known.outcome is outcome
    assert by_numbers(filing, image) is not None
    image.write_bytes(OTHER)
    assert recalled(filing, image) is None


@needs_mount
def test_a_copy_is_made_once_however_often_its_source_is_mounted(filing: Filing, stick: Stick) -> None:
    image = filing.image()
    copied = filing.file(image, filing.action(image, ActionKind.COPY))
    renumber(stick, "first")
    filing.restart()
    assert filing.file(image, filing.action(image, ActionKind.COPY)).id == copied.id
    assert tree(filing.sorted) == {"a.png": PIXELS}


@needs_mount
@pytest.mark.usefixtures("stick")
def test_on_a_stick_an_edit_that_restores_all_that_it_keeps_is_found_in_the_content(filing: Filing) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, ActionKind.COPY))
    before = identity_of(image)
    image.write_bytes(OTHER)
    os.utime(image, ns=(before.mtime_ns, before.mtime_ns))
    after = identity_of(image)
    assert (after, after.ctime_ns) == (before, before.ctime_ns)
    with pytest.raises(UndoRefused, match="was changed since"):
        filing.mover.reverse(entry, 9)
    assert tree(filing.sorted) == {"a.png": PIXELS}


@needs_mount
def test_an_undo_onto_a_stick_asks_which_one_it_is(filing: Filing, stick: Stick, tmp_path: Path) -> None:
    image = filing.image()
    image.chmod(0o777)
    entry = filing.file(image)
    assert entry.intent.source_disk == f"file:{stick.image}"
    renumber(stick, "first", "second")
    assert os.stat(filing.inbox).st_ino != entry.intent.source_folder.ino
    assert os.stat(filing.inbox).st_dev != entry.intent.source_folder.dev
    filing.mover.reverse(entry, 9, dry_run=True)

    stick.unplug()
    for made in (False, True):  # the mount point without a disk is another folder, whatever is in it
        if made:
            filing.inbox.mkdir()
        with pytest.raises(UndoRefused, match="not mounted"):
            filing.mover.reverse(entry, 9, dry_run=True)
    filing.inbox.rmdir()

    another = Stick(stick.where, tmp_path / "another image")
    another.format()
    another.plug()
    try:
        filing.inbox.mkdir()
        with pytest.raises(UndoRefused, match="not mounted"):
            filing.mover.reverse(entry, 9, dry_run=True)
    finally:
        another.unplug()
    assert tree(filing.sorted) == {"a.png": PIXELS}


@needs_mount
def test_nothing_is_put_below_a_mount_point_without_its_disk(filing: Filing, stick: Stick) -> None:
    filing.inbox, filing.sorted = filing.sorted, filing.inbox
    remember_disk(filing)
    filing.restart()
    stick.unplug()
    image = filing.image("b.png")
    for _ in range(2):
        with pytest.raises(MoveRefused, match="was on is not mounted"):
            filing.file(image)
    assert os.listdir(stick.where) == []
    filing.sorted.mkdir()
    with pytest.raises(MoveRefused, match="was on is not mounted"):
        filing.file(image)
    (filing.sorted / "notes.txt").touch()  # the person says that the folder is here from now on
    assert filing.file(image).state is State.DONE
    assert tree(filing.sorted) == {"b.png": PIXELS, "notes.txt": b""}


@needs_mount
def test_an_image_that_is_on_an_unmounted_disk_has_not_been_moved(filing: Filing, stick: Stick) -> None:
    """The same image is downloaded again while the disk that it was filed to is away: it is a new one."""
    on_stick = filing.image()
    remember(filing, on_stick, Outcome.FILED)
    filing.inbox = filing.sorted
    image = filing.image()
    shutil.copystat(on_stick, image)
    stick.unplug()
    assert recalled(filing, image) is None
    stick.plug()
    assert recalled(filing, image) is None
    on_stick.unlink()
    known = recalled(filing, image)
    assert known is not None
    assert known.outcome is Outcome.FILED


def test_what_was_put_back_by_hand_is_left_alone_and_explained(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    target = filed(filing, image)
    shutil.move(target, image)
    known = recalled(filing, image)
    assert known is not None
    assert known.outcome is Outcome.FILED
    told = History(filing.journal).explain(str(image))
    assert told["outcome"] == "filed"
    assert f"it was moved here by hand from {target}, so it is left alone" in told["reason"]
    assert "`snapsortctl sort` files it after all" in told["reason"]
    assert "It was moved here by hand from" in "\n".join(story_lines(told))
    assert by_numbers(filing, image) == known
    os.utime(image)
    assert recalled(filing, image) is not None


def test_what_a_person_did_is_explained_before_and_after_it_is_noticed(filing: Filing) -> None:
    image = filing.image()
    entry = filing.file(image)
    target = entry.intent.target

    def explained(path: Path | str) -> str:
        return moved_by_hand(filing.journal, entry, str(path))

    assert explained(image) == explained(target) == ""
    shutil.move(target, image)
    assert explained(image) == f"it was moved here by hand, from {target} where it had been filed, so it is left alone"
    assert explained(target) == f"it was filed as {target}, and has been moved, renamed or deleted by hand since"
    recalled(filing, image)
    assert explained(target) == f"it was filed as {target}, and has been moved by hand to {image} since"
    shutil.rmtree(filing.sorted)
    assert explained(target) == "", "its disk may be away"


def test_with_another_time_it_is_known_by_the_path_that_it_came_from(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    os.utime(image, (1, 1))
    target = filed(filing, image)
    shutil.copyfile(target, image)
    shutil.copyfile(target, filing.inbox / "b.png")
    assert recalled(filing, image) is None  # the one that was filed is in its place: this is a second download
    target.unlink()
    assert recalled(filing, filing.inbox / "b.png") is None
    assert recalled(filing, image) is not None


def test_what_was_in_the_emptied_trash_and_comes_again_is_new(filing: Filing) -> None:
    image = filing.image()
    os.utime(image, (1, 1))
    trashed = Path(filing.file(image, filing.action(image, ActionKind.TRASH)).intent.target)
    trashed.unlink()
    assert recalled(filing, filing.image()) is None  # though it may have the inode number of the one before


def test_a_name_given_by_hand_changes_nothing_and_a_second_name_is_a_new_image(filing: Filing) -> None:
    target = filed(filing, filing.image())
    second = filing.sorted / "second.png"
    os.link(target, second)
    assert recalled(filing, second) is None
    second.unlink()
    renamed = target.rename(filing.sorted / "renamed.png")
    assert recalled(filing, renamed) is not None
    again = renamed.rename(filing.sorted / "again.png")
    known = recalled(filing, again)
    assert known is not None
    assert f"by hand from {renamed}, so" in known.reason


def test_an_image_whose_move_is_not_finished_was_not_moved_by_hand(filing: Filing) -> None:
    target = filed(filing, filing.image())
    begin(filing, target)
    again = filing.image()
    shutil.copystat(target, again)
    target.rename(filing.sorted / "on its way.png")
    assert recalled(filing, again) is None


def test_what_only_has_other_permissions_is_read_once(any_filing: Filing) -> None:
    target = filed(any_filing, any_filing.image())
    before = identity_of(target)
    while identity_of(target).ctime_ns == before.ctime_ns:
        target.chmod(0o600)
    assert by_numbers(any_filing, target) is None
    assert recalled(any_filing, target) is not None
    assert by_numbers(any_filing, target) is not None


def test_an_edit_that_restores_size_and_time_is_a_new_version(any_filing: Filing) -> None:
    target = filed(any_filing, any_filing.image())
    edit_unseen(target, OTHER)
    assert recalled(any_filing, target) is None


def test_an_undone_file_that_is_touched_is_left_alone(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    filed(filing, image)
    assert undo_all(filing) == [""]
    os.utime(image)
    known = recalled(filing, image)
    assert known is not None
    assert known.outcome is Outcome.UNDONE
    assert filing.journal.entries()[0].state is State.DONE
