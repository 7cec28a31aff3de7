"""With `prune_empty: true`, subfolders that filing has emptied are removed, and made again by undo."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.config import WatchFolder
from snapsortd.journal import Selection
from snapsortd.pipeline.prune import EmptiedFolders
from snapsortd.pipeline.undo import undo
from tests.support.filing import Filing, tree


def file_from(filing: Filing, *names: str, watch: list[WatchFolder] | None = None) -> EmptiedFolders:
    """File images and note the folders, as the executor does."""
    emptied = EmptiedFolders(filing.journal)
    emptied.watch = watch or [WatchFolder(str(filing.inbox), subfolders=True, prune_empty=True)]
    for name in names:
        (filing.inbox / name).parent.mkdir(parents=True, exist_ok=True)
        emptied.note(filing.file(filing.image(name, name.encode()), root=filing.inbox).intent.source)
    return emptied


def folders(filing: Filing) -> list[str]:
    return sorted(str(path.relative_to(filing.inbox)) for path in filing.inbox.rglob("*") if path.is_dir())


def test_what_is_emptied_goes_and_undo_makes_it_again(filing: Filing) -> None:
    emptied = file_from(filing, "trip/day 1/a.png", "trip/day 2/b.png", "c.png")
    (filing.inbox / "mine").mkdir()
    emptied.prune()
    assert folders(filing) == ["mine", "trip", "trip/day 1", "trip/day 2"], "a program may be about to write there"
    emptied.prune(quiet=0.0)
    assert folders(filing) == ["mine"]
    assert all(each.done for each in undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True))))
    assert set(tree(filing.inbox)) == {"trip/day 1/a.png", "trip/day 2/b.png", "c.png"}


@pytest.mark.parametrize(
    ("prunes", "subfolder_watched", "mode", "content"),
    [
        pytest.param(False, False, None, "", id="not asked for"),
        pytest.param(True, True, None, "", id="watched itself"),
        pytest.param(True, False, 0o700, "", id="permissions of its own"),
        pytest.param(True, False, None, ".nomedia", id="a hidden file is in it"),
    ],
)
def test_what_stays(filing: Filing, prunes: bool, subfolder_watched: bool, mode: int | None, content: str) -> None:
    folder = filing.inbox / "trip"
    watch = [WatchFolder(str(filing.inbox), subfolders=True, prune_empty=prunes)]
    watch += [WatchFolder(str(folder), subfolders=True, prune_empty=True)] if subfolder_watched else []
    emptied = file_from(filing, "trip/a.png", watch=watch)
    if mode is not None:
        folder.chmod(mode)
    if content:
        (folder / content).touch()
    emptied.prune(quiet=0.0)
    assert folders(filing) == ["trip"]


def test_a_link_in_its_place_is_not_followed(filing: Filing, tmp_path: Path) -> None:
    emptied = file_from(filing, "trip/a.png")
    (filing.inbox / "trip").rename(tmp_path / "elsewhere")
    (filing.inbox / "trip").symlink_to(tmp_path / "elsewhere")
    emptied.prune(quiet=0.0)
    assert (filing.inbox / "trip").is_symlink()
    assert os.path.isdir(tmp_path / "elsewhere")
