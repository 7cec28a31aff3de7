"""Giving up a move whose disk never comes back: it is explained, and no file is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import NotKnown, SnapsortError
from snapsortd.files.folders import open_folder
from snapsortd.files.mounts import disk_of, is_certain
from snapsortd.pipeline.abandon import abandon
from snapsortd.pipeline.leftovers import Leftovers
from tests.support.filing import PIXELS, Filing, tree
from tests.support.interrupted import begin, state_of
from tests.support.mounting import IMAGE_BYTES, mounted, run


@pytest.fixture
def unplugged(filing: Filing) -> Entry:
    """A move that was interrupted while it copied to a disk, which is gone."""
    (filing.sorted / "disk").mkdir()
    entry = begin(filing, filing.image(), Method.COPY, folder="disk")
    (filing.sorted / "disk" / temporary_name(entry)).write_bytes(PIXELS[:100])
    (filing.sorted / "disk").rename(filing.sorted / "in a drawer")
    return entry


def give_up(filing: Filing, number: int, *, dry_run: bool = False) -> list[str]:
    found = abandon(filing.journal, filing.mover, number, dry_run=dry_run)
    assert found["done"] != dry_run
    explanation: list[str] = found["explanation"]
    return explanation


def test_it_is_explained_first_and_closed_then(filing: Filing, unplugged: Entry) -> None:
    (waits,) = repair(filing.journal, filing.mover)
    assert "its disk is not mounted" in waits
    (problem,) = filing.journal.problems()
    assert (problem.entry, problem.outcome) == (unplugged.id, "open")
    before = tree(filing.inbox, filing.sorted)
    text = " ".join(give_up(filing, unplugged.id, dry_run=True))
    for part in (
        f"{unplugged.intent.source} is there, as it was",
        f"{unplugged.intent.target} cannot be reached",
        "No file is deleted, moved or changed",
        "is filed again by the rules",
        temporary_name(unplugged),
    ):
        assert part in text
    assert state_of(filing, unplugged) is State.INTENT
    give_up(filing, unplugged.id)
    assert state_of(filing, unplugged) is State.FAILED
    assert tree(filing.inbox, filing.sorted) == before
    assert filing.file(unplugged.intent.source).state is State.DONE


def test_a_disk_that_comes_back_after_all_is_cleaned(filing: Filing, unplugged: Entry) -> None:
    give_up(filing, unplugged.id)
    (filing.sorted / "in a drawer").rename(filing.sorted / "disk")
    assert Leftovers(filing.journal).clean() == []
    assert tree(filing.inbox, filing.sorted) == {"a.png": PIXELS}


def test_only_what_is_unfinished_can_be_given_up(filing: Filing, unplugged: Entry) -> None:
    with pytest.raises(NotKnown, match="no entry 4711"):
        give_up(filing, 4711)
    with filing.mover.in_hand.claim(unplugged), pytest.raises(SnapsortError, match="carried out just now"):
        give_up(filing, unplugged.id)
    give_up(filing, unplugged.id)
    with pytest.raises(SnapsortError, match="it is failed"):
        give_up(filing, unplugged.id)


def test_a_folder_that_was_deleted_on_a_disk_that_is_there_needs_nobody(filing: Filing, tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    run("mkfs.ext4", "-q", str(image))
    with mounted(filing.sorted, "-o", "loop", str(image)):
        (filing.sorted / "2026").mkdir()
        with open_folder(str(filing.sorted)) as folder:
            disk = disk_of(folder.fd)
        assert is_certain(disk)
        made = begin(filing, filing.image(), Method.COPY, folder="2026")
        filing.journal.advance(made.id, State.FAILED)
        entry = filing.journal.begin(replace(made.intent, target_disk=disk))
        (filing.sorted / "2026").rmdir()
        (dropped,) = repair(filing.journal, filing.mover)
        assert "was dropped" in dropped
    assert state_of(filing, entry) is State.FAILED
    waiting = filing.journal.begin(replace(made.intent, target_disk=disk))
    repair(filing.journal, filing.mover)
    assert state_of(filing, waiting) is State.INTENT
