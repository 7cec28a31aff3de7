"""A name is removed only while it refers to the intended file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import LeftAside, MoveRefused
from snapsortd.files.folders import PathInFolder, open_place
from snapsortd.files.mounts import MOUNTS
from snapsortd.files.private import OLD, private_folder
from snapsortd.files.remove import is_being_written, remove_exactly, return_name
from tests.support.filing import PIXELS, Filing, identity_of, tree
from tests.support.interrupted import begin, copy_of, state_of

OWN = ".snapsort.1.0badf00d"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PathInFolder]:
    (tmp_path / "a.png").write_bytes(b"meant")
    with open_place(str(tmp_path / "a.png")) as one:
        yield one


def reads(content: bytes, place: PathInFolder) -> bool:
    with open(place.path, "rb") as file:
        return file.read() == content


def test_what_is_meant_is_removed(place: PathInFolder, tmp_path: Path) -> None:
    assert remove_exactly(place, OWN, lambda aside: reads(b"meant", aside))
    assert tree(tmp_path) == {}
    assert remove_exactly(place, OWN, lambda _: pytest.fail("nothing is there"))


def test_another_file_gets_its_name_back(place: PathInFolder, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"another")
    assert not remove_exactly(place, OWN, lambda aside: reads(b"meant", aside))
    assert tree(tmp_path) == {"a.png": b"another"}


def test_where_its_name_is_taken_by_then_it_gets_the_next(place: PathInFolder, tmp_path: Path) -> None:
    def take_names(_: PathInFolder) -> bool:
        (tmp_path / "a.png").write_bytes(b"a third")
        (tmp_path / "a 2.png").write_bytes(b"a fourth")
        return False

    assert not remove_exactly(place, OWN, take_names)
    assert tree(tmp_path) == {"a.png": b"a third", "a 2.png": b"a fourth", "a 3.png": b"meant"}


def test_a_doubt_that_is_an_error_leaves_it_too(place: PathInFolder, tmp_path: Path) -> None:
    def fail(_: PathInFolder) -> bool:
        raise OSError("not to be read")

    with pytest.raises(OSError, match="not to be read"):
        remove_exactly(place, OWN, fail)
    assert tree(tmp_path) == {"a.png": b"meant"}


def test_a_file_of_ours_never_gets_an_invented_name(place: PathInFolder, tmp_path: Path) -> None:
    def fail(_: PathInFolder) -> bool:
        (tmp_path / "a.png").write_bytes(b"saved just now")
        raise OSError("not to be read")

    with pytest.raises(LeftAside, match="another file has the name"):
        remove_exactly(place, OWN, fail)
    assert tree(tmp_path) == {"a.png": b"saved just now", f"{OWN}{OLD}/a.png": b"meant"}


def test_a_second_link_of_the_same_file_is_simply_removed(place: PathInFolder, tmp_path: Path) -> None:
    with private_folder(place.folder, OWN + OLD) as inner:
        os.link(tmp_path / "a.png", tmp_path / (OWN + OLD) / "a.png")
        assert return_name(PathInFolder(inner, "a.png"), place, OWN)
        assert inner.names() == []
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


@pytest.mark.parametrize(("kind", "expected"), [("ext4", True), ("nfs4", False), ("cifs", False), ("fuse.sshfs", True)])
def test_a_refused_lease_says_nothing_where_the_server_grants_them(
    place: PathInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, expected: bool
) -> None:
    lines = Path(MOUNTS).read_text().splitlines()
    mounts = tmp_path / "mountinfo"
    mounts.write_text("".join(f"{line.partition(' - ')[0]} - {kind} none rw\n" for line in lines))
    monkeypatch.setattr("snapsortd.files.mounts.MOUNTS", str(mounts))
    fd = place.open()
    try:
        with open(place.path, "ab"):
            assert is_being_written(fd) is expected
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


@pytest.fixture
def interrupted(far_filing: Filing) -> Entry:
    """The process was killed between the rename into the private folder and the unlink there."""
    image = far_filing.image()
    entry = begin(far_filing, image, Method.COPY)
    copy_of(image, far_filing.sorted / "a.png")
    far_filing.journal.advance(entry.id, State.MOVED, target_identity=identity_of(entry.intent.target))
    private = far_filing.inbox / (temporary_name(entry) + OLD)
    private.mkdir(mode=0o700)
    image.rename(private / "a.png")
    return entry


@pytest.mark.parametrize("newcomer", [None, b"a new file of that name"])
def test_an_original_that_was_just_being_removed(
    far_filing: Filing, interrupted: Entry, newcomer: bytes | None
) -> None:
    if newcomer is not None:
        (far_filing.inbox / "a.png").write_bytes(newcomer)
    repair(far_filing.journal, far_filing.mover)
    assert tree(far_filing.sorted) == {"a.png": PIXELS}
    assert state_of(far_filing, interrupted) is State.DONE
    assert tree(far_filing.inbox) == ({} if newcomer is None else {"a.png": newcomer})
    assert os.listdir(far_filing.inbox) == list(tree(far_filing.inbox))


def test_one_that_is_nowhere_else_waits_for_its_name(far_filing: Filing, interrupted: Entry) -> None:
    filing = far_filing
    (filing.inbox / "a.png").write_bytes(b"a new file of that name")
    (filing.sorted / "a.png").write_bytes(b"the copy, edited")
    (sentence,) = repair(filing.journal, filing.mover)
    assert f"waits in {filing.inbox}/.snapsort." in sentence
    assert filing.journal.problems()[0].outcome == "open"
    (filing.inbox / "a.png").rename(filing.inbox / "b.png")
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": PIXELS, "b.png": b"a new file of that name"}
    assert state_of(filing, interrupted) is State.CONFLICT


def test_one_that_was_edited_there_gets_the_next_name(far_filing: Filing, interrupted: Entry) -> None:
    filing = far_filing
    (filing.inbox / (temporary_name(interrupted) + OLD) / "a.png").write_bytes(b"edited")
    (filing.inbox / "a.png").write_bytes(b"a new file of that name")
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": b"a new file of that name", "a 2.png": b"edited"}
