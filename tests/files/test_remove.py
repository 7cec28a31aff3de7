"""A name is removed only while it refers to the intended file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Method, State, aside_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.files.folders import PathInFolder, open_place
from snapsortd.files.remove import is_being_written, put_back, remove_exactly
from tests.support.filing import PIXELS, Filing, identity_of, tree
from tests.support.interrupted import begin, copy_of, state_of

ASIDE = ".snapsort.1.old"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PathInFolder]:
    (tmp_path / "a.png").write_bytes(b"meant")
    with open_place(str(tmp_path / "a.png")) as one:
        yield one


def reads(content: bytes, place: PathInFolder) -> bool:
    with open(place.path, "rb") as file:
        return file.read() == content


def test_what_is_meant_is_removed(place: PathInFolder, tmp_path: Path) -> None:
    assert remove_exactly(place, ASIDE, lambda aside: reads(b"meant", aside))
    assert tree(tmp_path) == {}
    assert remove_exactly(place, ASIDE, lambda _: pytest.fail("nothing is there"))


def test_another_file_gets_its_name_back(place: PathInFolder, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"another")
    assert not remove_exactly(place, ASIDE, lambda aside: reads(b"meant", aside))
    assert tree(tmp_path) == {"a.png": b"another"}


def test_where_its_name_is_taken_by_then_it_gets_the_next(place: PathInFolder, tmp_path: Path) -> None:
    def take_names(_: PathInFolder) -> bool:
        (tmp_path / "a.png").write_bytes(b"a third")
        (tmp_path / "a 2.png").write_bytes(b"a fourth")
        return False

    assert not remove_exactly(place, ASIDE, take_names)
    assert tree(tmp_path) == {"a.png": b"a third", "a 2.png": b"a fourth", "a 3.png": b"meant"}


def test_a_doubt_that_is_an_error_leaves_it_too(place: PathInFolder, tmp_path: Path) -> None:
    def fail(_: PathInFolder) -> bool:
        raise OSError("not to be read")

    with pytest.raises(OSError, match="not to be read"):
        remove_exactly(place, ASIDE, fail)
    assert tree(tmp_path) == {"a.png": b"meant"}


def test_a_second_link_of_the_same_file_is_simply_removed(place: PathInFolder, tmp_path: Path) -> None:
    os.link(tmp_path / "a.png", tmp_path / ASIDE)
    put_back(PathInFolder(place.folder, ASIDE), place)
    assert tree(tmp_path) == {"a.png": b"meant"}


def test_whether_a_file_is_being_written(place: PathInFolder) -> None:
    fd = place.open()
    try:
        assert not is_being_written(fd)
        with open(place.path, "rb"):
            assert not is_being_written(fd)
        with open(place.path, "ab"):
            assert is_being_written(fd)
        assert not is_being_written(fd)
    finally:
        os.close(fd)


def test_a_file_with_a_writer_is_not_taken_to_another_disk(far_filing: Filing) -> None:
    """Later writes would be lost with the original; after a rename they follow the file."""
    filing = far_filing
    image = filing.image()
    with image.open("ab", buffering=0) as writer:
        with pytest.raises(MoveRefused, match="open for writing"):
            filing.file(image)
        writer.write(b"the rest")
    assert tree(filing.sorted) == {}
    entry = filing.file(image)
    assert tree(filing.sorted) == {"a.png": PIXELS + b"the rest"}
    assert entry.state is State.DONE


@pytest.mark.parametrize("newcomer", [None, b"a new file of that name"])
def test_an_original_that_was_just_being_removed(far_filing: Filing, newcomer: bytes | None) -> None:
    """The process is killed between the rename aside and the unlink."""
    filing = far_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    copy_of(image, filing.sorted / "a.png")
    filing.journal.advance(entry.id, State.MOVED, target_identity=identity_of(entry.intent.target))
    image.rename(image.with_name(aside_name(entry)))
    if newcomer is not None:
        image.write_bytes(newcomer)
    repair(filing.journal, filing.mover)
    assert tree(filing.sorted) == {"a.png": PIXELS}
    if newcomer is None:
        assert (state_of(filing, entry), tree(filing.inbox)) == (State.DONE, {})
    else:
        assert state_of(filing, entry) is State.CONFLICT
        assert tree(filing.inbox) == {"a.png": newcomer, "a 2.png": PIXELS}
