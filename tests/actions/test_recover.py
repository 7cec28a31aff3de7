"""Recovery after an interruption, on real files; the interrupted state is created through the journal itself."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Cause, EntryKind, Intent, Method, State, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.file import FolderIdentity
from snapsortd.domain.result import Outcome
from snapsortd.journal import Selection
from tests.support.filing import PIXELS, Filing, identity_of, tree
from tests.support.interrupted import begin, copy_of, folder_identity, state_of


def test_a_move_that_never_began_is_dropped(filing: Filing) -> None:
    image = filing.image()
    entry = begin(filing, image)
    (sentence,) = repair(filing.journal, filing.mover)
    assert "was dropped: interrupted before" in sentence
    assert state_of(filing, entry) is State.FAILED
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_a_rename_that_was_not_committed_is_finished_and_can_be_undone(filing: Filing) -> None:
    image = filing.image()
    entry = begin(filing, image)
    image.rename(entry.intent.target)
    repair(filing.journal, filing.mover)
    assert state_of(filing, entry) is State.DONE
    known = filing.journal.recall(entry.intent.target, identity_of(entry.intent.target), "any")
    assert known is not None
    assert known.outcome is Outcome.FILED
    (standing,) = filing.journal.undoable(Selection(all=True))
    filing.mover.reverse(standing, 2)
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_a_link_that_was_not_unlinked_is_finished(filing: Filing) -> None:
    image = filing.image()
    entry = begin(filing, image)
    os.link(image, entry.intent.target)
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {}
    assert tree(filing.sorted) == {"a.png": PIXELS}
    finished = filing.journal.entry(entry.id)
    assert finished is not None
    assert finished.state is State.DONE
    assert finished.target_identity == identity_of(entry.intent.target)


def test_one_file_under_two_spellings_is_never_removed(filing: Filing) -> None:
    """As on a case-insensitive file system: both names are one entry with one link. Here a symlink simulates it."""
    image = filing.image()
    filing.sorted.rmdir()
    filing.sorted.symlink_to(filing.inbox)
    entry = begin(filing, image)
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert state_of(filing, entry) is State.FAILED


def test_two_links_under_two_spellings_in_one_folder_are_left(filing: Filing) -> None:
    image = filing.image("A.png")
    os.link(image, filing.sorted / "elsewhere.png")
    filing.sorted = filing.inbox
    entry = begin(filing, image)
    os.link(image, filing.inbox / "a.png")
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"A.png": PIXELS, "a.png": PIXELS}
    assert state_of(filing, entry) is State.FAILED


def test_an_unfinished_copy_is_deleted_and_only_ours(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    (filing.sorted / temporary_name(entry)).write_bytes(PIXELS[:1000])
    (filing.sorted / ".snapsort.777.0badf00d").write_bytes(b"of another journal")
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {".snapsort.777.0badf00d": b"of another journal"}
    assert state_of(filing, entry) is State.FAILED


@pytest.mark.parametrize("state", [State.INTENT, State.MOVED])
def test_a_published_copy_is_finished(any_filing: Filing, state: State) -> None:
    filing = any_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    copy_of(image, filing.sorted / "a.png")
    if state is State.MOVED:
        filing.journal.advance(entry.id, state, target_identity=identity_of(entry.intent.target))
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {}
    assert tree(filing.sorted) == {"a.png": PIXELS}
    assert state_of(filing, entry) is State.DONE


def test_a_twin_that_was_there_before_is_not_taken_for_the_copy(any_filing: Filing) -> None:
    filing = any_filing
    (filing.sorted / "a.png").write_bytes(PIXELS)
    os.utime(filing.sorted / "a.png", (1, 1))
    entry = begin(filing, filing.image(), Method.COPY)
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert state_of(filing, entry) is State.FAILED


def test_a_source_that_changed_after_the_copy_stays_too(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    copy_of(image, filing.sorted / "a.png")
    filing.journal.advance(entry.id, State.MOVED, target_identity=identity_of(entry.intent.target))
    image.write_bytes(b"a new version")
    (sentence,) = repair(filing.journal, filing.mover)
    assert "is in conflict" in sentence
    assert tree(filing.inbox) == {"a.png": b"a new version"}
    assert tree(filing.sorted) == {"a.png": PIXELS}
    assert filing.journal.counts().conflicts == 1
    assert filing.journal.problems()[0].outcome == "conflict"


def test_a_copy_with_a_wrong_byte_is_not_believed(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    begin(filing, image, Method.COPY)
    copy_of(image, filing.sorted / "a.png")
    times = os.stat(filing.sorted / "a.png")
    with open(filing.sorted / "a.png", "r+b") as file:
        file.write(b"\xff")
    os.utime(filing.sorted / "a.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_a_copy_action_that_was_published_is_done_and_keeps_its_source(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY, keep_source=True)
    copy_of(image, filing.sorted / "a.png")
    repair(filing.journal, filing.mover)
    assert tree(filing.inbox) == tree(filing.sorted) == {"a.png": PIXELS}
    assert state_of(filing, entry) is State.DONE


def test_both_gone_is_a_conflict_that_touches_nothing(filing: Filing) -> None:
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    leftover = filing.sorted / temporary_name(entry)
    leftover.write_bytes(PIXELS)
    image.unlink()
    repair(filing.journal, filing.mover)
    assert state_of(filing, entry) is State.CONFLICT
    assert leftover.exists()


def test_a_disk_that_is_away_defers_until_it_is_back(far_filing: Filing, tmp_path: Path) -> None:
    filing = far_filing
    image = filing.image()
    entry = begin(filing, image, Method.COPY)
    copy_of(image, filing.sorted / "a.png")
    away = filing.sorted.with_name("away")

    filing.sorted.rename(away)
    assert "waits" in repair(filing.journal, filing.mover)[0]

    mount_point = tmp_path / "mount point"
    mount_point.mkdir()
    filing.sorted.symlink_to(mount_point)
    assert "waits" in repair(filing.journal, filing.mover)[0]
    assert state_of(filing, entry) is State.INTENT
    assert filing.journal.open_entry_for(str(image)) is not None
    assert filing.journal.problems()[0].outcome == "open"
    with pytest.raises(MoveRefused, match="is not finished"):
        filing.file(image)
    assert tree(filing.inbox) == {"a.png": PIXELS}

    filing.sorted.unlink()
    away.rename(filing.sorted)
    assert "was finished" in repair(filing.journal, filing.mover)[0]
    assert tree(filing.inbox) == {}
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_device_numbers_may_change_over_a_restart(filing: Filing) -> None:
    image = filing.image()
    here = identity_of(image)
    renumbered = FolderIdentity(folder_identity(filing.inbox).dev + 7, folder_identity(filing.inbox).ino)
    entry = filing.journal.begin(
        Intent(
            cause=Cause("a rule", batch=1),
            kind=EntryKind.MOVE,
            action=EntryKind.MOVE,
            source=str(image),
            target=str(filing.sorted / "a.png"),
            wanted=str(filing.sorted / "a.png"),
            identity=type(here)(here.dev + 7, here.ino, here.size, here.mtime_ns),
            sha256=hashlib.sha256(PIXELS).digest(),
            method=Method.RENAME,
            keep_source=False,
            source_folder=renumbered,
            target_folder=FolderIdentity(renumbered.dev, folder_identity(filing.sorted).ino),
        )
    )
    image.rename(entry.intent.target)
    repair(filing.journal, filing.mover)
    assert state_of(filing, entry) is State.DONE


def test_repair_of_a_sound_journal_says_nothing(filing: Filing) -> None:
    filing.file(filing.image())
    assert repair(filing.journal, filing.mover) == []


def test_a_folder_swapped_for_a_symlink_is_waited_for(any_filing: Filing, tmp_path: Path) -> None:
    """After a crash, somebody replaced the folder with a symlink to a folder that has a file of the same content."""
    filing = any_filing
    image = filing.image()
    kept, twins = tmp_path / "kept", tmp_path / "twins"
    twins.mkdir()
    copy_of(image, twins / "a.png")
    (filing.sorted / "2026").mkdir()
    entry = begin(filing, image, Method.COPY, folder="2026")
    copy_of(image, filing.sorted / "2026" / "a.png")
    shutil.move(filing.sorted / "2026", kept)
    (filing.sorted / "2026").symlink_to(twins)
    (sentence,) = repair(filing.journal, filing.mover)
    assert "waits" in sentence
    assert tree(filing.inbox) == tree(twins) == tree(kept) == {"a.png": PIXELS}
    (filing.sorted / "2026").unlink()
    shutil.move(kept, filing.sorted / "2026")
    repair(filing.journal, filing.mover)
    assert state_of(filing, entry) is State.DONE
    assert tree(filing.inbox) == {}
