"""What failed changes left behind is removed, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import MoveRefused
from snapsortd.files.answering import Answering
from snapsortd.files.open_file import open_file
from snapsortd.files.private import OLD
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.leftovers import Leftovers
from tests.support.filing import PIXELS, Filing, tree
from tests.support.interrupted import begin
from tests.support.mounting import run
from tests.support.privileges import as_a_normal_user


@pytest.fixture
def entry(filing: Filing) -> Entry:
    """An unfinished copy whose temporary is in the destination."""
    entry = begin(filing, filing.image(), Method.COPY)
    (filing.sorted / temporary_name(entry)).write_bytes(PIXELS[:100])
    return entry


def fail(filing: Filing, entry: Entry, state: State = State.FAILED) -> None:
    filing.journal.advance(entry.id, state, reason="the disk reports an error")


def test_an_unfinished_copy_is_removed_once_its_entry_is_closed(filing: Filing, entry: Entry) -> None:
    leftovers = Leftovers(filing.journal)
    assert leftovers.clean() == []
    assert set(tree(filing.sorted)) == {temporary_name(entry)}
    fail(filing, entry)
    assert leftovers.clean() == []
    assert tree(filing.inbox, filing.sorted) == {"a.png": PIXELS}


def test_an_empty_private_folder_is_removed_and_one_with_a_file_is_named(filing: Filing, entry: Entry) -> None:
    fail(filing, entry)
    aside = filing.inbox / (temporary_name(entry) + OLD)
    aside.mkdir()
    (aside / "a.png").write_bytes(b"the file of a person")
    leftovers = Leftovers(filing.journal)
    (sentence,) = leftovers.clean()
    assert str(aside) in sentence
    assert "holds a file whose removal was interrupted" in sentence
    (aside / "a.png").rename(filing.inbox / "b.png")
    assert leftovers.clean() == []
    assert not aside.exists()


def test_what_belongs_to_another_journal_is_left_alone(filing: Filing, entry: Entry) -> None:
    fail(filing, entry)
    names = [f".snapsort.{entry.id}.00000000", ".snapsort.4711.00000000.old", ".snapsort.x", ".snapsort.1.zz"]
    for name in names:
        (filing.sorted / name).touch()
    assert Leftovers(filing.journal).clean() == []
    assert set(tree(filing.sorted)) == set(names)


@pytest.mark.parametrize("state", [State.FAILED, State.CONFLICT])
@pytest.mark.parametrize("elsewhere", ["inbox", "sorted", "filed since", ""])
def test_a_complete_copy_is_removed_only_if_it_is_not_the_last(
    filing: Filing, entry: Entry, state: State, elsewhere: str
) -> None:
    copy = filing.sorted / temporary_name(entry)
    copy.write_bytes(PIXELS)
    fail(filing, entry, state)
    source = Path(entry.intent.source)
    if elsewhere == "sorted":
        source.rename(entry.intent.target)
    elif elsewhere == "filed since":
        filing.file(source, filing.action(source, folders=("later",)))
    elif not elsewhere:
        source.unlink()
    sentences = Leftovers(filing.journal).clean()
    assert copy.exists() == (not elsewhere)
    assert ["it may be the only copy" in sentence for sentence in sentences] == [True] * (not elsewhere)


def test_a_copy_that_cannot_be_read_now_is_not_removed_if_it_may_be_the_last(filing: Filing, entry: Entry) -> None:
    copy = filing.sorted / temporary_name(entry)
    copy.write_bytes(PIXELS)
    copy.chmod(0)
    fail(filing, entry)
    Path(entry.intent.source).unlink()
    with as_a_normal_user():
        assert len(Leftovers(filing.journal).clean()) == 1
    assert copy.exists()


def test_what_cannot_be_removed_now_is_tried_again(filing: Filing, entry: Entry) -> None:
    fail(filing, entry)
    leftovers = Leftovers(filing.journal)
    filing.sorted.chmod(0o500)
    with as_a_normal_user():
        (sentence,) = leftovers.clean()
    assert sentence.endswith("stays: no permission")
    filing.sorted.chmod(0o700)
    assert leftovers.clean() == []
    assert tree(filing.sorted) == {}


def test_a_folder_where_nothing_can_be_deleted_gets_one_copy_and_no_more(far_filing: Filing, other_disk: Path) -> None:
    image = far_filing.image()
    leftovers = Leftovers(far_filing.journal)
    executor = Executor(far_filing.mover, ExternalActions(far_filing.journal, lambda: False), Answering(), leftovers)
    appending = other_disk / "sorted" / "only adding"
    action = far_filing.action(image, folders=("only adding",))

    def refused() -> str:
        with open_file(str(image), str(far_filing.inbox)) as file:
            found = executor.carry_out(file.hashed(), [action], far_filing.journal.new_batch(), number)
        assert isinstance(found.failure, MoveRefused)
        return str(found.failure)

    number = far_filing.journal.decide(str(image), "{}")
    appending.mkdir()
    run("chattr", "+a", str(appending))
    try:
        refused()
        assert [f"allow that files in {appending} are deleted" in refused() for _ in range(3)] == [True] * 3
        assert len(tree(appending)) == 1
    finally:
        run("chattr", "-a", str(appending))
    with open_file(str(image), str(far_filing.inbox)) as file:
        executor.carry_out(file.hashed(), [action], far_filing.journal.new_batch(), number)
    assert tree(appending) == {"a.png": PIXELS}
