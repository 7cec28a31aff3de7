"""Companion files move with their image and are restored with it, on real file systems."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from snapsortd.actions.recover import repair
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import State
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.names import COMPANION_SUFFIXES
from snapsortd.files.answering import Answering
from snapsortd.files.open_file import open_file
from snapsortd.journal import Selection
from snapsortd.pipeline.carry_out import CarriedOut, Executor
from snapsortd.pipeline.companions import main_photo, moved_with_image
from snapsortd.pipeline.late_companions import find_leader
from snapsortd.pipeline.undo import redo, undo
from tests.support.file_systems import served
from tests.support.filing import Filing as Room
from tests.support.filing import tree
from tests.support.interrupted import begin


@dataclass
class Files:
    """Two folders, and filing between them as the pipeline does it."""

    room: Room

    def drop(self, *names: str) -> None:
        for name in names:
            self.room.image(name, name.encode())

    def file(self, name: str, kind: ActionKind = ActionKind.MOVE) -> CarriedOut:
        path = str(self.room.inbox / name)
        filing = Executor(self.room.mover, ExternalActions(self.room.journal, lambda: False), Answering())
        journal = self.room.journal
        with open_file(path, str(self.room.inbox)) as image:
            action = self.room.action(path, kind)
            number = journal.decide(path, "{}")
            return filing.carry_out(image.hashed(), [action], journal.new_batch(), number)

    def reasons(self, *ids: int, **how: bool) -> list[str]:
        """Undo, and return the reason for each refusal, newest entry first."""
        chosen = self.room.journal.undoable(Selection(ids=ids))
        return [each.reason for each in undo(self.room.journal, self.room.mover, chosen, **how)]

    def undo(self, **selection: object) -> int:
        chosen = self.room.journal.undoable(Selection(**selection))  # type: ignore[arg-type]
        return sum(each.done for each in undo(self.room.journal, self.room.mover, chosen))


def save_anew(path: Path, content: bytes) -> None:
    """Replace a file, as exiftool and editors save."""
    path.with_name("temporary").write_bytes(content)
    path.with_name("temporary").replace(path)


@pytest.fixture
def files(filing: Room) -> Files:
    return Files(filing)


@pytest.fixture
def everywhere(any_filing: Room) -> Files:
    return Files(any_filing)


GROUP = ("a.jpg", "a.xmp", "a.jpg.xmp", "a.AAE", "a.MOV", "a.CR2", "._a.jpg")


def test_a_whole_group_goes_and_comes_back(everywhere: Files) -> None:
    everywhere.drop(*GROUP, "ab.xmp", "b.jpg")
    room = everywhere.room
    before = tree(room.inbox)
    filed = everywhere.file("a.jpg")
    assert [Path(each.intent.target).name for each in filed.entries] == ["a.jpg"]
    assert tree(room.sorted) == {name: name.encode() for name in GROUP}
    assert set(tree(room.inbox)) == {"ab.xmp", "b.jpg"}
    entries = room.journal.entries()
    assert {each.intent.cause.batch for each in entries} == {filed.entries[0].intent.cause.batch}
    assert {each.intent.cause.follows for each in entries} == {None, filed.entries[0].id}
    assert everywhere.undo() == len(GROUP)
    assert tree(room.inbox) == before
    assert tree(room.sorted) == {}


def test_every_version_of_darktable_goes_along(files: Files) -> None:
    versions = ("a.jpg.xmp", "a_01.jpg.xmp", "a_12.jpg.xmp")
    files.drop("a.jpg", *versions, "b_01.jpg.xmp")
    files.file("a.jpg")
    assert set(tree(files.room.sorted)) == {"a.jpg", *versions}


def test_the_sidecars_of_a_raw_file_go_along_with_both(files: Files) -> None:
    sidecars = ("a.CR2.xmp", "a_01.CR2.xmp", "a.CR2.pp3", "a.CR2.supplemental-metadata.json")
    files.drop("a.jpg", "a.CR2", *sidecars, "b.CR2.xmp", "a.CR3.xmp")
    files.file("a.jpg")
    assert set(tree(files.room.sorted)) == {"a.jpg", "a.CR2", *sidecars}
    assert files.undo() == 6
    (files.room.sorted / "a.jpg").touch()
    files.file("a.jpg")
    assert set(tree(files.room.sorted)) == {
        *("a.jpg", "a 2.jpg", "a 2.CR2", "a 2.CR2.xmp", "a 2_01.CR2.xmp", "a 2.CR2.pp3"),
        "a 2.CR2.supplemental-metadata.json",
    }


def test_a_group_is_taken_back_as_one_or_with_a_person_insisting_partly(files: Files) -> None:
    files.drop("a.jpg", "a.xmp", "a.mov")
    files.file("a.jpg")
    before = tree(files.room.sorted)
    (files.room.inbox / "a.xmp").write_bytes(b"another")
    taken = f"the old name {files.room.inbox / 'a.xmp'} is taken by another file"
    together = f"it belongs together with a.xmp: {taken}"
    for how in ({"dry_run": True}, {}):
        (film, sidecar, image) = files.reasons(**how)
        assert sidecar == taken
        assert film == image == f"{together} (`--partly` takes the others alone)"
        assert tree(files.room.sorted) == before
    assert files.reasons(partly=True) == ["", taken, ""]
    assert tree(files.room.sorted) == {"a.xmp": b"a.xmp"}
    assert files.reasons() == [taken], "nothing else is left of the group"


def test_a_companion_alone_is_taken_back_only_if_a_person_insists(files: Files) -> None:
    files.drop("a.jpg", "a.xmp")
    image = files.file("a.jpg").entries[0].id
    assert files.reasons(image + 1) == [
        f"it belongs to a.jpg: choose {image} for both (`--partly` takes this one alone)"
    ]
    assert files.reasons(image + 1, partly=True) == [""]
    assert files.reasons(image) == [""]


def test_what_was_edited_since_is_taken_back_as_it_is_now(everywhere: Files) -> None:
    everywhere.drop("a.jpg", "a.xmp")
    room = everywhere.room
    everywhere.file("a.jpg")
    save_anew(room.sorted / "a.jpg", b"with a rating")
    (sidecar, image) = everywhere.reasons()
    assert "a.jpg was changed since; `snapsortctl undo --changed` moves it back as it is now" in image
    assert "it belongs together with a.jpg" in sidecar
    assert everywhere.reasons(changed=True) == ["", ""]
    assert tree(room.inbox) == {"a.jpg": b"with a rating", "a.xmp": b"a.xmp"}
    assert tree(room.sorted) == {}
    redone = redo(room.journal, room.mover, room.journal.redoable(Selection()))
    assert [each.reason for each in redone] == ["", ""]
    assert tree(room.sorted) == {"a.jpg": b"with a rating", "a.xmp": b"a.xmp"}


def test_an_edited_copy_is_never_removed(files: Files) -> None:
    files.drop("a.jpg")
    files.file("a.jpg", ActionKind.COPY)
    (files.room.sorted / "a.jpg").write_bytes(b"edited")
    (reason,) = files.reasons(changed=True)
    assert reason.endswith("was changed since")
    assert tree(files.room.sorted) == {"a.jpg": b"edited"}


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_a_rating_by_exiftool_is_kept(files: Files) -> None:
    image = files.room.inbox / "a.jpg"
    Image.new("RGB", (8, 8)).save(image)
    files.file("a.jpg")
    rate = ["exiftool", "-q", "-overwrite_original", "-Rating=4", files.room.sorted / "a.jpg"]
    subprocess.run(rate, check=True, timeout=60)
    assert files.reasons(changed=True) == [""]
    assert b"xmp:Rating" in image.read_bytes()


def test_what_comes_while_its_image_is_being_filed_waits_for_it(files: Files) -> None:
    files.drop("a.jpg", "a.mov")
    journal, image = files.room.journal, files.room.inbox / "a.jpg"
    entry = begin(files.room, image)
    with open_file(str(files.room.inbox / "a.mov"), str(files.room.inbox)) as film:
        with pytest.raises(MoveRefused, match="to which it belongs, is just being filed"):
            find_leader(journal, film, COMPANION_SUFFIXES)
        image.rename(entry.intent.target)
        repair(journal, files.room.mover)
        leader = find_leader(journal, film, COMPANION_SUFFIXES)
    assert leader is not None
    assert (leader.name, leader.entry.id) == ("a.jpg", entry.id)


def test_they_share_the_images_new_name(files: Files) -> None:
    files.drop("a.jpg", "a.jpg.xmp", "a.mov")
    (files.room.sorted / "a.jpg").write_bytes(b"another")
    files.file("a.jpg")
    assert set(tree(files.room.sorted)) == {"a.jpg", "a 2.jpg", "a 2.jpg.xmp", "a 2.mov"}


def test_a_copy_takes_copies_along(files: Files) -> None:
    files.drop("a.jpg", "a.xmp")
    files.file("a.jpg", ActionKind.COPY)
    files.file("a.jpg", ActionKind.COPY)  # it already exists there
    assert set(tree(files.room.inbox)) == set(tree(files.room.sorted)) == {"a.jpg", "a.xmp"}
    files.undo(all=True)
    assert tree(files.room.sorted) == {}
    assert set(tree(files.room.inbox)) == {"a.jpg", "a.xmp"}


def test_a_companion_is_copied_once_where_each_spelling_has_a_number_of_its_own(filing: Room, tmp_path: Path) -> None:
    with served("exfat", tmp_path) as disk:
        inbox = disk.where / "inbox"
        inbox.mkdir()
        files = Files(replace(filing, inbox=inbox))
        files.drop("a.jpg", "a.jpg.xmp")
        files.file("a.jpg", ActionKind.COPY)
    assert sorted(tree(filing.sorted)) == ["a.jpg", "a.jpg.xmp"]


def test_what_is_no_regular_file_stays(files: Files) -> None:
    files.drop("a.jpg")
    (files.room.inbox / "a.xmp").symlink_to("a.jpg")
    (files.room.inbox / "a.mov").mkdir()
    assert files.file("a.jpg").reason == ""
    assert {path.name for path in files.room.inbox.iterdir()} == {"a.xmp", "a.mov"}


def test_an_image_waits_for_a_companion_that_is_being_written(files: Files) -> None:
    files.drop("a.jpg")
    with (files.room.inbox / "a.mov").open("wb") as film:
        film.write(b"the first half")
        refused = files.file("a.jpg").failure
    assert isinstance(refused, MoveRefused)  # so that the pauses between two tries grow
    assert "a.mov, which belongs to it, is still being written" in refused.message
    assert files.room.journal.entries() == []
    assert files.file("a.jpg").entries[0].state is State.DONE
    assert set(tree(files.room.sorted)) == {"a.jpg", "a.mov"}


def test_a_companion_that_cannot_go_is_told_of(files: Files) -> None:
    files.drop("a.jpg", "a.xmp")
    os.link(files.room.inbox / "a.xmp", files.room.inbox / "second")
    (files.room.sorted / "a.xmp").hardlink_to(files.room.inbox / "a.xmp")
    filed = files.file("a.jpg")
    assert filed.reason == "its companion a.xmp stayed behind: it is already at its destination"
    assert (files.room.inbox / "a.xmp").exists()


@pytest.mark.parametrize(
    ("raw", "photo"),
    [
        pytest.param("a.CR2", "a.JPG", id="a-photo-beside-it"),
        pytest.param("a.CR2", "a.png", id="no-photo"),
        pytest.param("a.png", "a.jpg", id="no-raw-file"),
    ],
)
def test_a_raw_file_goes_along_with_its_photo(files: Files, raw: str, photo: str) -> None:
    files.drop(raw, photo)
    with open_file(str(files.room.inbox / raw), str(files.room.inbox)) as image:
        assert os.path.basename(main_photo(image)) == ("a.JPG" if (raw, photo) == ("a.CR2", "a.JPG") else "")


def test_who_asks_for_a_companion_that_went_along_is_told(files: Files) -> None:
    files.drop("a.jpg", "a.CR2", "b.CR2")
    journal = files.room.journal
    asked = [str(files.room.inbox / name) for name in ("a.jpg", "a.CR2", "b.CR2")]
    assert [moved_with_image(journal, path) for path in asked] == [None, None, None]
    files.file("a.jpg")
    image, raw, other = (moved_with_image(journal, path) for path in asked)
    assert raw is not None
    assert raw.intent.target == str(files.room.sorted / "a.CR2")
    assert (image, other) == (None, None)
    files.undo()
    assert moved_with_image(journal, asked[1]) is None
