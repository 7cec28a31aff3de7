"""Other programs that act at the worst moment: between our last check and our action.

The journal's commits are such moments, so a journal that does something else first makes each race certain.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import State
from snapsortd.domain.errors import FileChanged, MoveRefused
from snapsortd.journal import Selection
from tests.support.filing import PIXELS, Filing, tree
from tests.support.racing import race


@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY])
def test_a_name_taken_after_the_intent_is_never_overwritten(any_filing: Filing, kind: ActionKind) -> None:
    filing = any_filing
    rivals: list[str] = []

    def take_names(state: State, target: str) -> None:
        if state is State.INTENT and len(rivals) < 4 and not os.path.exists(target):
            Path(target).write_bytes(b"rival %d" % len(rivals))
            rivals.append(target)

    race(filing, take_names)
    image = filing.image()
    entry = filing.file(image, filing.action(image, kind))
    assert entry.intent.target.endswith("/a 5.png")
    found = tree(filing.sorted)
    assert found.pop("a 5.png") == PIXELS
    assert sorted(found.values()) == [b"rival %d" % number for number in range(4)]
    assert filing.journal.entry(entry.id) == entry


def test_undo_never_overwrites_a_name_taken_after_its_intent(any_filing: Filing) -> None:
    filing = any_filing
    entry = filing.file(filing.image())
    race(filing, lambda _, target: Path(target).write_bytes(b"rival"))
    with pytest.raises(Exception, match="taken"):
        filing.mover.reverse(entry, 2)
    assert tree(filing.inbox) == {"a.png": b"rival"}
    assert tree(filing.sorted) == {"a.png": PIXELS}
    assert [each.id for each in filing.journal.undoable(Selection(all=True))] == [entry.id]


@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY])
def test_a_source_changed_after_the_intent_is_looked_at_anew(any_filing: Filing, kind: ActionKind) -> None:
    filing = any_filing
    image = filing.image()
    race(filing, lambda state, _: state is State.INTENT and image.write_bytes(b"new"))
    with pytest.raises(FileChanged):
        filing.file(image, filing.action(image, kind))
    assert tree(filing.inbox) == {"a.png": b"new"}
    assert tree(filing.sorted) == {}
    assert filing.journal.open_entries() == []


def test_a_source_changed_after_the_copy_is_kept_beside_it(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    race(filing, lambda state, _: state is State.MOVED and image.write_bytes(b"new"))
    entry = filing.file(image)
    assert entry.state is State.CONFLICT
    assert tree(filing.inbox) == {"a.png": b"new"}
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_a_source_deleted_after_the_copy_is_filed(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    race(filing, lambda state, _: image.unlink() if state is State.MOVED else None)
    assert filing.file(image).state is State.DONE
    assert tree(filing.sorted) == {"a.png": PIXELS}


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_folder_swapped_for_a_symlink_redirects_nothing(any_filing: Filing, tmp_path: Path, end: str) -> None:
    filing = any_filing
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "a.png").write_bytes(b"bait")
    folder = filing.inbox if end == "source" else filing.sorted
    kept = folder.with_name("kept")

    def swap(_: State, __: str) -> None:
        if not kept.exists():
            folder.rename(kept)
            folder.symlink_to(trap)

    image = filing.image()
    race(filing, swap)
    assert filing.file(image).state is State.DONE
    assert tree(trap) == {"a.png": b"bait"}
    assert tree(kept) == ({} if end == "source" else {"a.png": PIXELS})


def test_a_copy_is_not_removed_when_the_original_goes_away_just_then(filing: Filing) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, ActionKind.COPY))
    race(filing, lambda state, _: image.unlink() if state is State.INTENT else None)
    with pytest.raises(FileChanged):
        filing.mover.reverse(entry, 2)
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_the_destination_removed_after_the_intent_is_a_refusal(filing: Filing) -> None:
    image = filing.image()
    race(filing, lambda state, _: filing.sorted.rmdir() if state is State.INTENT else None)
    with pytest.raises(MoveRefused):
        filing.file(image)
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert repair(filing.journal, filing.mover) == []
