"""Entries selected by an undo or redo: by id, the last N, batch, rule, time range, and combinations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapsortd.actions.mover import Mover
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import SnapsortError, UndoRefused
from snapsortd.journal import Journal, Selection
from snapsortd.pipeline.replies import parse_selection
from snapsortd.pipeline.undo import redo, undo
from tests.support.filing import Filing, tree

FILED = [
    # name, batch, rule, filed at (seconds since 1970)
    ("a", 1, "Receipts", 100.0),
    ("b", 1, "Screenshots", 200.0),
    ("c", 2, "Receipts", 400.0),
    ("d", 2, "Receipts", 300.0),  # the clock was set back in between
    ("e", 3, "Screenshots", 500.0),
]


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Filing]:
    """Return five images, filed at the times above."""
    with filed_at(tmp_path, FILED) as filing:
        yield filing


@contextmanager
def filed_at(tmp_path: Path, images: Sequence[tuple[str, int, str, float]]) -> Iterator[Filing]:
    """Yield the journal of images that were filed at these times."""
    for name in ("inbox", "sorted"):
        (tmp_path / name).mkdir()
    filing = Filing(str(tmp_path / "state" / "journal.sqlite3"), tmp_path / "inbox", tmp_path / "sorted")
    filing.journal.close()
    now = [0.0]
    filing.journal = Journal(filing.journal_path, clock=lambda: now[0])
    filing.mover = Mover(filing.journal)
    for name, batch, rule, at in images:
        now[0] = at
        image = filing.image(name, name.encode())
        filing.file(image, filing.action(image, rule=rule), batch=batch)
    yield filing
    filing.journal.close()


def names(entries: list[Entry]) -> str:
    return "".join(os.path.basename(entry.intent.target) for entry in entries)


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        pytest.param(Selection(), "e", id="nothing said: the last batch"),
        pytest.param(Selection(ids=(2, 4)), "db", id="ids, newest first"),
        pytest.param(Selection(last=2), "ed", id="the last two, by order and not by clock"),
        pytest.param(Selection(batch=2), "dc", id="batch"),
        pytest.param(Selection(rule="Receipts"), "dca", id="rule"),
        pytest.param(Selection(since=300.0), "edc", id="since, itself included"),
        pytest.param(Selection(until=300.0), "ba", id="until, itself excluded"),
        pytest.param(Selection(since=200.0, until=400.0), "db", id="range"),
        pytest.param(Selection(since=400.0, until=200.0), "", id="range the wrong way round"),
        pytest.param(Selection(rule="Receipts", until=400.0), "da", id="rule and until"),
        pytest.param(Selection(rule="Receipts", last=1), "d", id="the last one of a rule"),
        pytest.param(Selection(batch=1, rule="Screenshots", since=150.0, until=250.0, last=5), "b", id="all together"),
        pytest.param(Selection(batch=1, rule="Screenshots", until=200.0), "", id="all together, none fits"),
        pytest.param(Selection(all=True), "edcba", id="all"),
    ],
)
def test_the_chosen_ones_go_back_and_there_again_and_no_others(
    filed: Filing, selection: Selection, chosen: str
) -> None:
    entries = filed.journal.undoable(selection)
    assert names(entries) == chosen
    assert all(each.done for each in undo(filed.journal, filed.mover, entries))
    assert sorted(tree(filed.inbox)) == sorted(chosen)
    assert sorted(tree(filed.sorted)) == sorted(set("abcde") - set(chosen))
    assert len(redo(filed.journal, filed.mover, filed.journal.redoable(Selection(all=True)))) == len(chosen)
    assert sorted(tree(filed.sorted)) == list("abcde")


@pytest.mark.parametrize(
    ("images", "burst"),
    [
        pytest.param([("a", 1, 0), ("b", 2, 59), ("c", 3, 118)], "cba", id="less than a minute between each"),
        pytest.param([("a", 1, 0), ("b", 2, 60), ("c", 3, 61)], "cb", id="a minute ends it"),
        pytest.param([("a", 1, 0), ("b", 1, 1), ("c", 2, 2)], "c", id="what a person sorted before is none of it"),
        pytest.param([("a", 1, 0), ("b", 2, 1), ("c", 2, 2)], "cb", id="what a person sorted is a burst of its own"),
        pytest.param([("a", 1, 9), ("b", 2, 0)], "ba", id="the clock was set back"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_a_burst(tmp_path: Path, images: list[tuple[str, int, float]], burst: str) -> None:
    with filed_at(tmp_path, [(name, batch, "R", at) for name, batch, at in images]) as filing:
        assert names(filing.journal.undoable(Selection(burst=True))) == burst


def test_a_file_is_chosen_by_where_it_is_and_where_it_was(filed: Filing) -> None:
    chosen = Selection(paths=(str(filed.sorted / "b"), str(filed.inbox / "d")))
    entries = filed.journal.undoable(chosen)
    assert names(entries) == "db"
    undo(filed.journal, filed.mover, entries)
    with pytest.raises(UndoRefused, match=f"nothing in effect was done with {filed.sorted / 'b'}"):
        filed.journal.undoable(chosen)
    assert names(filed.journal.redoable(Selection(paths=(str(filed.inbox / "b"),)))) == "b"


@pytest.mark.parametrize("word", ["since", "until"])
@pytest.mark.parametrize("time", ["soon", "0001-01-01", "99999-01-01"])
def test_what_is_no_time_is_named(word: str, time: str) -> None:
    with pytest.raises(SnapsortError, match=f"'{time}' is not a valid time"):
        parse_selection(**{word: time})  # type: ignore[arg-type]


def test_times_are_read_with_their_offset() -> None:
    chosen = parse_selection(since="1970-01-01T01:00:00+01:00", until="1970-01-01T00:01:00+00:00")
    assert (chosen.since, chosen.until) == (0.0, 60.0)
