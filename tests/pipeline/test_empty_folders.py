"""Folders that filing made and undo has emptied are removed; every other one stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import Cause
from snapsortd.domain.errors import FileChanged
from snapsortd.files.open_file import open_file
from snapsortd.journal import Selection
from snapsortd.pipeline.empty_folders import remove_emptied
from snapsortd.pipeline.undo import redo, undo
from tests.support.filing import Filing

ALL = Selection(all=True)


def file(filing: Filing, name: str, *folders: str, **how: Any) -> None:
    image = filing.image(name)
    filing.file(image, filing.action(image, folders=folders, **how))


def take_back(filing: Filing, *watched: Path) -> None:
    assert all(each.done for each in undo(filing.journal, filing.mover, filing.journal.undoable(ALL)))
    remove_emptied(filing.journal, map(str, watched))


def folders(filing: Filing) -> list[str]:
    return sorted(str(path.relative_to(filing.sorted)) for path in filing.sorted.rglob("*") if path.is_dir())


@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY, ActionKind.HARDLINK, ActionKind.SYMLINK])
def test_what_filing_made_goes_and_is_made_again_by_redo(filing: Filing, kind: ActionKind) -> None:
    (filing.sorted / "mine").mkdir()
    for name in ("a.png", "b.png"):
        file(filing, name, "mine", "2026", "07", kind=kind)
    (first, _) = filing.journal.undoable(ALL)
    undo(filing.journal, filing.mover, [first])
    remove_emptied(filing.journal, ())
    assert folders(filing) == ["mine", "mine/2026", "mine/2026/07"], "another image is still in it"
    for _ in range(2):
        take_back(filing)
        assert folders(filing) == ["mine"], "a folder that was there before stays"
        redo(filing.journal, filing.mover, filing.journal.redoable(ALL))
        assert folders(filing) == ["mine", "mine/2026", "mine/2026/07"]


def test_a_destination_that_filing_made_goes_as_well(filing: Filing) -> None:
    filing.sorted.rmdir()
    file(filing, "a.png", "2026")
    take_back(filing)
    assert not filing.sorted.exists()
    assert filing.sorted.parent.exists()


def put_file(folder: Path) -> None:
    (folder / ".notes").touch()


def make_anew(folder: Path) -> None:
    """Replace it; the first one is kept for its inode number."""
    folder.rename(folder.parent.parent / "old")
    folder.mkdir()


def link(folder: Path) -> None:
    folder.rename(folder.parent.parent / "old")
    folder.symlink_to(folder.parent.parent / "old")


@pytest.mark.parametrize(
    "meddle",
    [
        pytest.param(put_file, id="a hidden file is in it"),
        pytest.param(make_anew, id="it was replaced"),
        pytest.param(link, id="it is a symlink now"),
    ],
)
def test_what_is_not_ours_or_not_empty_stays(filing: Filing, meddle: Callable[[Path], None]) -> None:
    file(filing, "a.png", "2026", "07")
    folder = filing.sorted / "2026" / "07"
    undo(filing.journal, filing.mover, filing.journal.undoable(ALL))
    meddle(folder)
    remove_emptied(filing.journal, ())
    assert os.path.lexists(folder)


def test_a_watched_folder_stays(filing: Filing) -> None:
    file(filing, "a.png", "new")
    (filing.sorted.parent / "way").symlink_to(filing.sorted)
    take_back(filing, filing.sorted.parent / "way" / "new")
    assert folders(filing) == ["new"]


def test_after_an_interruption_they_are_removed_at_the_next_start(filing: Filing) -> None:
    file(filing, "a.png", "2026", "07")
    undo(filing.journal, filing.mover, filing.journal.undoable(ALL))
    (filing.sorted / "2026" / "07").rmdir()  # killed after that
    filing.restart()
    repair(filing.journal, filing.mover)
    remove_emptied(filing.journal, ())
    assert folders(filing) == []


def test_a_folder_made_for_what_then_failed_goes(filing: Filing) -> None:
    """The image vanishes between the intent, for which the folder was made, and the move."""
    image = filing.image()
    action = filing.action(image, folders=("2026",))
    with open_file(str(image), str(filing.inbox)) as held:
        file = held.hashed()
        image.unlink()
        with pytest.raises(FileChanged):
            filing.mover.file(file, action, Cause("a rule", 1))
    assert folders(filing) == ["2026"]
    remove_emptied(filing.journal, ())
    assert folders(filing) == []
