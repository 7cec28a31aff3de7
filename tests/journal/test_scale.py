"""Queries of the journal cost the same however large it is: none of them reads a whole table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.entry import Entry, EntryKind, Method, State
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal, Selection
from tests.support.entries import IMAGE, caused

Act = Callable[[Journal], object]

LEFT = Known("/inbox/left1", IMAGE, Outcome.LEFT, "", "f")

LIFE: dict[str, Act] = {
    "is it known": lambda journal: journal.recall("/inbox/new", IMAGE, "f"),
    "is its content worth asking": lambda journal: journal.may_recall(3),
    "is its content known": lambda journal: journal.with_content(3, (7).to_bytes(32, "big"), 100),
    "what put it there": lambda journal: journal.entry_that_made("/sorted/7", (7).to_bytes(32, "big")),
    "its twin was filed": lambda journal: journal.twin_was_filed(3, (7).to_bytes(32, "big")),
    "found again": lambda journal: journal.found_again(LEFT, "/inbox/left", IMAGE, ""),
    "what went there before": lambda journal: journal.last_entry_into("/sorted"),
    "is it on its way": lambda journal: journal.open_entry_for("/inbox/new"),
    "is it on its way there": lambda journal: journal.open_entry_at("/inbox/new"),
    "was its image filed": lambda journal: journal.moved_from(["/inbox/3", "/inbox/new"]),
    "was its folder removed": lambda journal: journal.has_removed_folder("/inbox"),
    "did filing make its folder": lambda journal: journal.folders.at("/sorted"),
    "incomplete": lambda journal: journal.mark_incomplete("/sorted/7", ""),
    "decided": lambda journal: journal.decide("/inbox/new", "{}"),
    "was it copied": lambda journal: journal.already_made(
        "/inbox/new", bytes(32), "a rule", "/sorted/new", Method.COPY
    ),
    "is it there already": lambda journal: journal.similar_images.same_content(bytes(32), 5),
    "filed": lambda journal: filed(journal, 10**6),
    "left alone": lambda journal: journal.remember(Known("/inbox/left", IMAGE, Outcome.LEFT, "", "f")),
    "forgotten": lambda journal: journal.forget("/inbox/left"),
    "taken back": lambda journal: taken_back(journal, filed(journal, 10**6 + 1)),
}
"""Every query made for one image."""

ASKED: dict[str, Act] = {
    "what is due": lambda journal: journal.due(5.0, 50.0, 10),
    "what is due next": lambda journal: journal.next_due(5.0),
    "what is unfinished": lambda journal: journal.open_entries(),
    "problems": lambda journal: journal.problems(),
    "emptied folders": lambda journal: journal.folders.emptied(),
    "log": lambda journal: journal.entries(20),
    "log, next page": lambda journal: journal.entries(20, before=40),
    "log of a rule": lambda journal: journal.entries(20, rule="a rule"),
    "log of a path": lambda journal: journal.entries(20, path="/inbox/3"),
    "log of shadow rules": lambda journal: journal.entries(20, state=State.SHADOW),
    "story": lambda journal: journal.history_of("/sorted/3"),
    "last batch": lambda journal: journal.undoable(Selection()),
    "one": lambda journal: journal.undoable(Selection(ids=(3,))),
    "what is in doubt about one": lambda journal: journal.unsure.doubt_about("/sorted/3"),
    "reviewed": lambda journal: journal.unsure.mark(["/sorted/3"], reviewed=True),
    "no longer reviewed": lambda journal: journal.unsure.mark(["/sorted/3"], reviewed=False),
    "last three": lambda journal: journal.undoable(Selection(last=3)),
    "last batch to redo": lambda journal: journal.redoable(Selection()),
}
"""Queries made by people, and those made at a start."""

COUNTED: dict[str, Act] = {"counts": lambda journal: journal.counts()}
"""Queries that count all open entries, in an index that holds nothing else."""


def filed(journal: Journal, number: int) -> Entry:
    identity = FileIdentity(1, number, 3, 4)
    intent = replace(
        caused(batch=number, decision=journal.decide(f"/inbox/{number}", "{}")),
        source=f"/inbox/{number}",
        target=f"/sorted/{number}",
        identity=identity,
        sha256=number.to_bytes(32, "big"),
    )
    entry = journal.advance(journal.begin(intent).id, State.DONE, target_identity=identity)
    journal.similar_images.remember(entry.id, "a model", number, bytes(8))
    return entry


def taken_back(journal: Journal, entry: Entry) -> Entry:
    back = replace(
        caused(batch=entry.intent.cause.batch + 1),
        kind=EntryKind.UNDO,
        source=entry.intent.target,
        target=entry.intent.source,
        reverses=entry.id,
    )
    return journal.advance(journal.begin(back).id, State.DONE, target_identity=entry.intent.identity)


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Journal, Journal]]:
    """Return a small journal, and one that holds twenty times as much of everything."""
    folder = tmp_path_factory.mktemp("journals")
    with closing(filled(folder / "small", 100)) as small, closing(filled(folder / "large", 2_000)) as large:
        yield small, large


def filled(folder: Path, images: int) -> Journal:
    journal = Journal(str(folder / "journal.sqlite3"))
    with connected(journal) as db:
        db.execute("PRAGMA synchronous=OFF")  # durability is not needed here
    for number in range(images):
        entry = filed(journal, number)
        identity = FileIdentity(1, 10**7 + number, 3, 4)
        journal.remember(Known(f"/inbox/left{number}", identity, Outcome.LEFT, "", "f", due=number))
        if number % 10 == 0:
            taken_back(journal, entry)
    return journal


@contextmanager
def connected(journal: Journal) -> Iterator[sqlite3.Connection]:
    with journal._file.reading() as db:
        yield db


def steps(journal: Journal, act: Act) -> int:
    """Return how many instructions of its virtual machine SQLite executes."""
    run = 0

    def count() -> None:
        nonlocal run
        run += 1

    with connected(journal) as db:
        db.set_progress_handler(count, 1)
        try:
            act(journal)
        finally:
            db.set_progress_handler(None, 1)
    return run


def plans(journal: Journal, act: Act) -> list[str]:
    """Return SQLite's query plan for each statement that changes or reads rows."""
    said: list[str] = []
    with connected(journal) as db:
        db.set_trace_callback(said.append)
        try:
            act(journal)
        finally:
            db.set_trace_callback(None)
        asked = [each for each in said if each.startswith(("SELECT", "UPDATE", "DELETE", "REPLACE", "INSERT"))]
        return [row[3] for each in asked for row in db.execute(f"EXPLAIN QUERY PLAN {each}")]


@pytest.mark.parametrize("name", [*LIFE, *ASKED])
def test_the_cost_does_not_grow(journals: tuple[Journal, Journal], name: str) -> None:
    small, large = (steps(journal, (LIFE | ASKED)[name]) for journal in journals)
    assert 0 < large < 1.2 * small + 100, f"{small} instructions among 100 images, {large} among 2,000"


@pytest.mark.parametrize("name", [*LIFE, *ASKED, *COUNTED])
def test_no_table_is_read_through(journals: tuple[Journal, Journal], name: str) -> None:
    """The exception is the newest rows of a table, which end at a limit."""
    found = plans(journals[0], (LIFE | ASKED | COUNTED)[name])
    through = [each for each in found if each.startswith("SCAN") and "INDEX" not in each]
    assert through == ([] if name not in ("log", "last three") else through)
    if "MULTI-INDEX OR" not in found:  # the history of one path is sorted
        assert not [each for each in found if "TEMP B-TREE" in each], found


def test_what_is_counted_is_read_from_an_index_alone(journals: tuple[Journal, Journal]) -> None:
    found = [each for each in plans(journals[0], COUNTED["counts"]) if "entries_in_effect" in each]
    assert found
    assert all("COVERING INDEX" in each for each in found), found


def test_one_image_is_filed_in_two_commits(journals: tuple[Journal, Journal]) -> None:
    """Write the intent, with the decision behind it, and the result, with what is known of the image since."""
    said: list[str] = []
    with connected(journals[0]) as db:
        db.set_trace_callback(said.append)
        filed(journals[0], 10**6 + 7)
        db.set_trace_callback(None)
    assert said.count("COMMIT") == 2
