"""Undo and redo on real files: exact original paths, and a reason for every refusal."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.errors import UndoRefused
from snapsortd.domain.result import Outcome
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import UndoResult, redo, undo
from tests.support.filing import PIXELS, Filing, identity_of, tree

ALL = Selection(all=True)


def undo_all(filing: Filing, dry_run: bool = False) -> list[UndoResult]:
    return undo(filing.journal, filing.mover, filing.journal.undoable(ALL), dry_run)


def redo_all(filing: Filing, dry_run: bool = False) -> list[UndoResult]:
    return redo(filing.journal, filing.mover, filing.journal.redoable(ALL), dry_run)


def reasons(results: list[UndoResult]) -> list[str]:
    return [result.reason for result in results]


def test_there_and_back_and_there_again(any_filing: Filing) -> None:
    filing = any_filing
    for name in ("a.png", "b.png"):
        os.utime(filing.image(name), ns=(10**18, 10**18))
    entries = [filing.file(filing.inbox / name) for name in ("a.png", "b.png")]
    assert reasons(undo_all(filing)) == ["", ""]
    assert tree(filing.inbox) == {"a.png": PIXELS, "b.png": PIXELS}
    assert os.stat(filing.inbox / "a.png").st_mtime_ns == 10**18
    assert tree(filing.sorted) == {}
    assert undo_all(filing) == []
    assert reasons(redo_all(filing)) == ["", ""]
    assert tree(filing.sorted) == {"a.png": PIXELS, "b.png": PIXELS}
    assert reasons(undo_all(filing)) == ["", ""]
    first = filing.journal.entry(entries[0].id)
    assert first is not None
    assert first.reversed_by is not None


def test_newest_first(filing: Filing) -> None:
    """A file that was moved twice is restored step by step."""
    first = filing.file(filing.image())
    filing.file(first.intent.target, filing.action(first.intent.target, folders=("deeper",)))
    assert reasons(undo_all(filing, dry_run=True)) == ["", ""]
    assert tree(filing.sorted) == {"deeper/a.png": PIXELS}
    assert reasons(undo_all(filing)) == ["", ""]
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_an_undone_image_is_known_as_undone(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = filing.file(image)
    undo_all(filing)
    known = filing.journal.recall(str(image), identity_of(image), "any")
    assert known is not None
    assert known.outcome is Outcome.UNDONE
    assert filing.journal.history_of(entry.intent.target).known is None
    image.write_bytes(b"changed, so it is new")
    assert filing.journal.recall(str(image), identity_of(image), "any") is None


def taken(_: Filing, entry: Entry) -> None:
    Path(entry.intent.source).write_bytes(b"another")


def taken_by_a_symlink(_: Filing, entry: Entry) -> None:
    Path(entry.intent.source).symlink_to("nowhere")


def changed(_: Filing, entry: Entry) -> None:
    Path(entry.intent.target).write_bytes(b"edited")


def changed_but_not_in_size(_: Filing, entry: Entry) -> None:
    Path(entry.intent.target).write_bytes(bytes(len(PIXELS)))


def gone(_: Filing, entry: Entry) -> None:
    os.unlink(entry.intent.target)


def renamed_by_hand(_: Filing, entry: Entry) -> None:
    os.rename(entry.intent.target, entry.intent.target + ".mine")


def folder_gone(filing: Filing, _: Entry) -> None:
    filing.sorted.rename(filing.sorted.with_name("elsewhere"))


def replaced_by_a_symlink(_: Filing, entry: Entry) -> None:
    os.rename(entry.intent.target, entry.intent.target + ".mine")
    os.symlink(entry.intent.target + ".mine", entry.intent.target)


def replaced_by_a_folder(_: Filing, entry: Entry) -> None:
    os.unlink(entry.intent.target)
    os.mkdir(entry.intent.target)


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (taken, "taken"),
        (taken_by_a_symlink, "taken"),
        (changed, "changed since"),
        (changed_but_not_in_size, "changed since"),
        (gone, "is gone"),
        (renamed_by_hand, "is gone"),
        (folder_gone, "cannot be opened"),
        (replaced_by_a_symlink, "cannot be read"),
        (replaced_by_a_folder, "cannot be read"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_cannot_be_taken_back_says_why_and_the_others_are(
    any_filing: Filing, meddle: object, reason: str, dry_run: bool
) -> None:
    filing = any_filing
    assert callable(meddle)
    kept = filing.file(filing.image("kept.png"))
    entry = filing.file(filing.image())
    meddle(filing, entry)
    before = tree(filing.inbox), tree(filing.sorted) if filing.sorted.exists() else {}
    results = {result.entry.id: result for result in undo_all(filing, dry_run)}
    assert reason in results[entry.id].reason
    assert not results[entry.id].done
    if dry_run:
        assert (tree(filing.inbox), tree(filing.sorted) if filing.sorted.exists() else {}) == before
    elif meddle is not folder_gone:
        assert results[kept.id].done
        assert (filing.inbox / "kept.png").read_bytes() == PIXELS
    assert entry.id in [each.id for each in filing.journal.undoable(ALL)]


def test_a_refused_item_can_be_taken_back_later(filing: Filing) -> None:
    entry = filing.file(filing.image())
    taken(filing, entry)
    assert not undo_all(filing)[0].done
    os.unlink(entry.intent.source)
    assert undo_all(filing)[0].done
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_a_touched_file_with_the_same_bytes_goes_back(any_filing: Filing) -> None:
    filing = any_filing
    entry = filing.file(filing.image())
    os.utime(entry.intent.target)
    assert reasons(undo_all(filing)) == [""]
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_the_name_that_comes_back_is_exact(filing: Filing) -> None:
    """The image gets its old name or undo is refused; it never becomes "a 2.png"."""
    entry = filing.file(filing.image())
    taken(filing, entry)
    with pytest.raises(UndoRefused, match="taken"):
        filing.mover.reverse(entry, filing.journal.new_batch())
    assert tree(filing.inbox) == {"a.png": b"another"}
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_a_lost_folder_is_made_again_where_its_parent_stands(filing: Filing) -> None:
    folder = filing.inbox / "folder"
    folder.mkdir()
    image = folder / "a.png"
    image.write_bytes(PIXELS)
    filing.file(image)
    folder.rmdir()
    assert reasons(undo_all(filing, dry_run=True)) == [""]
    assert not folder.exists()
    assert reasons(undo_all(filing)) == [""]
    assert image.read_bytes() == PIXELS


def test_a_lost_folder_without_its_parent_is_a_refusal(filing: Filing) -> None:
    folder = filing.inbox / "one" / "two"
    folder.mkdir(parents=True)
    image = folder / "a.png"
    image.write_bytes(PIXELS)
    filing.file(image)
    folder.rmdir()
    folder.parent.rmdir()
    assert "is gone and cannot be created again" in undo_all(filing)[0].reason
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_a_copy_is_removed_and_made_again(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = filing.file(image, filing.action(image, ActionKind.COPY))
    assert reasons(undo_all(filing)) == [""]
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {}
    known = filing.journal.recall(str(image), identity_of(image), "any")
    assert known is not None
    assert known.outcome is Outcome.UNDONE
    assert reasons(redo_all(filing)) == [""]
    assert tree(filing.inbox) == tree(filing.sorted) == {"a.png": PIXELS}
    assert reasons(undo_all(filing)) == [""]
    assert tree(filing.sorted) == {}
    assert entry.intent.kind is EntryKind.COPY


@pytest.mark.parametrize("what", ["copy", "original"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_copy_is_only_removed_while_both_stand_unchanged(filing: Filing, what: str, how: str) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, ActionKind.COPY))
    path = Path(entry.intent.target if what == "copy" else entry.intent.source)
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(b"edited")
    before = tree(filing.inbox), tree(filing.sorted)
    result = undo_all(filing)[0]
    assert not result.done
    assert how in result.reason
    assert (tree(filing.inbox), tree(filing.sorted)) == before


def test_a_copy_then_a_move_are_taken_back_in_turn(filing: Filing) -> None:
    image = filing.image()
    filing.file(image, filing.action(image, ActionKind.COPY, folders=("copies",)))
    filing.file(image)
    assert reasons(undo_all(filing)) == ["", ""]
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {}


def test_what_is_undone_is_not_undone_twice(filing: Filing) -> None:
    entry = filing.file(filing.image())
    undo_all(filing)
    again = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(ids=(entry.id,))))
    assert reasons(again) == ["already undone"]
    stale = filing.journal.entry(entry.id)
    assert stale is not None
    with pytest.raises(UndoRefused, match="already undone"):
        filing.mover.reverse(stale, 99)


def test_an_id_that_was_redone_means_its_redo(filing: Filing) -> None:
    entry = filing.file(filing.image())
    undo_all(filing)
    redo_all(filing)
    again = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(ids=(entry.id,))))
    assert reasons(again) == [""]
    assert again[0].entry.intent.kind is EntryKind.REDO
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_shadow_entries_have_nothing_to_take_back(filing: Filing) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, shadow=True))
    results = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(ids=(entry.id,))))
    assert "shadow" in results[0].reason


def test_an_unknown_id_is_named(filing: Filing) -> None:
    with pytest.raises(UndoRefused, match="no entry 99"):
        filing.journal.undoable(Selection(ids=(99,)))


def test_the_default_is_the_last_batch_and_redo_finds_the_last_undo(filing: Filing) -> None:
    filing.file(filing.image("a.png"), batch=1)
    filing.file(filing.image("b.png"), batch=2)
    filing.file(filing.image("c.png"), batch=2)
    results = undo(filing.journal, filing.mover, filing.journal.undoable(Selection()))
    assert [os.path.basename(result.entry.intent.source) for result in results] == ["c.png", "b.png"]
    undo(filing.journal, filing.mover, filing.journal.undoable(Selection()))
    assert len(tree(filing.inbox)) == 3
    redone = redo(filing.journal, filing.mover, filing.journal.redoable(Selection()))
    assert [os.path.basename(result.entry.intent.target) for result in redone] == ["a.png"]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(last=1), ["c.png"]),
        (Selection(batch=1), ["a.png"]),
        (Selection(rule="a rule", last=2), ["c.png", "b.png"]),
        (Selection(rule="no such rule"), []),
        (Selection(since=0.0), ["c.png", "b.png", "a.png"]),
        (Selection(since=9e9), []),
        (Selection(all=True), ["c.png", "b.png", "a.png"]),
    ],
)
def test_selections(filing: Filing, selection: Selection, names: list[str]) -> None:
    filing.file(filing.image("a.png"), batch=1)
    filing.file(filing.image("b.png"), batch=2)
    filing.file(filing.image("c.png"), batch=2)
    assert [os.path.basename(entry.intent.source) for entry in filing.journal.undoable(selection)] == names


def test_undo_of_a_disk_that_is_away_is_refused(far_filing: Filing, tmp_path: Path) -> None:
    """An empty mount point is a different folder on a different device: nothing is concluded from it."""
    filing = far_filing
    image = filing.image()
    entry = filing.file(image)
    mount_point = tmp_path / "mount point"
    mount_point.mkdir()
    filing.sorted.rename(filing.sorted.with_name("unmounted"))
    filing.sorted.symlink_to(mount_point)
    assert "disk" in undo_all(filing)[0].reason
    assert filing.journal.undoable(ALL)[0].state is State.DONE
    assert entry.id == filing.journal.undoable(ALL)[0].id


def swap_for_symlink(folder: Path, elsewhere: Path) -> None:
    """Replace a folder with a symlink to a folder with files of the same names."""
    shutil.copytree(folder, elsewhere)
    shutil.move(folder, elsewhere.with_name(elsewhere.name + " kept"))
    folder.symlink_to(elsewhere)


def test_a_folder_swapped_for_a_symlink_is_not_followed(filing: Filing, tmp_path: Path) -> None:
    """A file of the same content is not taken from elsewhere, and no file is put there."""
    away = filing.inbox / "sub"
    away.mkdir()
    image = filing.image("sub/a.png")
    filing.file(image, filing.action("a.png", folders=("2026",)), root=filing.inbox)
    swap_for_symlink(filing.sorted / "2026", tmp_path / "twins")
    assert "a symlink or a file is in the place of a folder" in reasons(undo_all(filing))[0]
    (filing.sorted / "2026").unlink()
    shutil.move(tmp_path / "twins kept", filing.sorted / "2026")
    swap_for_symlink(away, tmp_path / "other")
    for dry_run in (True, False):
        assert "a symlink or a file is in the place of a folder" in reasons(undo_all(filing, dry_run))[0]
    assert tree(tmp_path / "twins") == {"a.png": PIXELS}
    assert tree(tmp_path / "other") == {}
    away.unlink()
    assert reasons(undo_all(filing)) == [""]
    assert tree(filing.inbox) == {"sub/a.png": PIXELS}


def test_lost_folders_are_made_again_below_the_watched_one(filing: Filing) -> None:
    (filing.inbox / "sub").mkdir()
    entry = filing.file(filing.image("sub/a.png"), root=filing.inbox)
    assert entry.intent.source_root == str(filing.inbox)
    (filing.inbox / "sub").rmdir()
    assert reasons(undo_all(filing)) == [""]
    assert tree(filing.inbox) == {"sub/a.png": PIXELS}
