"""The entries that `log` lists: by path, rule, label, time and failure, and how many there are in all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.entry import State
from snapsortd.journal import Journal, LogQuery
from tests.support.entries import caused

ENTRIES = [
    # name, target folder, rule, label, state, at
    ("a", "/filed", "R", "receipt", State.DONE, 100.0),
    ("b", "/filed/deep", "R", "receipt", State.FAILED, 200.0),
    ("c", "/filed0", "S", "meme", State.DONE, 300.0),
    ("d", "/else", "S", "receipt", State.CONFLICT, 400.0),
    ("e", "/else", "S", "meme", State.SHADOW, 500.0),
]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    now = [0.0]
    journal = Journal(str(tmp_path_factory.mktemp("log") / "journal.sqlite3"), clock=lambda: now[0])
    for name, folder, rule, label, state, at in ENTRIES:
        now[0] = at
        decision = journal.decide(f"/inbox/{name}", json.dumps({"label": label}))
        cause = replace(caused().cause, rule=rule, decision=decision)
        intent = replace(caused(), cause=cause, source=f"/inbox/{name}", target=f"{folder}/{name}")
        if state is State.SHADOW:
            journal.shadow(intent)
        else:
            journal.advance(journal.begin(intent).id, state)
    yield journal
    journal.close()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param(LogQuery(), "edcba", id="all"),
        pytest.param(LogQuery(rule="R"), "ba", id="rule"),
        pytest.param(LogQuery(label="meme"), "ec", id="label"),
        pytest.param(LogQuery(path="/inbox/c"), "c", id="where it was"),
        pytest.param(LogQuery(path="/else/d"), "d", id="where it is"),
        pytest.param(LogQuery(path="/filed/"), "ba", id="a folder, and what is below it"),
        pytest.param(LogQuery(path="/fil"), "", id="no folder"),
        pytest.param(LogQuery(text="SE/D"), "d", id="a part of a path"),
        pytest.param(LogQuery(since=200.0, until=400.0), "cb", id="time"),
        pytest.param(LogQuery(failed=True), "db", id="what failed"),
        pytest.param(LogQuery(shadow=True), "e", id="what was only recorded"),
        pytest.param(LogQuery(failed=True, label="receipt", path="/else"), "d", id="all together"),
    ],
)
def test_filters(journal: Journal, query: LogQuery, names: str) -> None:
    found, total = journal.log.read(query, 50)
    assert "".join(Path(entry.intent.source).name for entry in found) == names
    assert total == len(names)


def test_pages(journal: Journal) -> None:
    newest, total = journal.log.read(LogQuery(), 2)
    older, _ = journal.log.read(LogQuery(), 2, before=newest[-1].id)
    newer, _ = journal.log.read(LogQuery(), 9, after=older[0].id)
    assert ([entry.id for entry in newest], [entry.id for entry in older], total) == ([5, 4], [3, 2], 5)
    assert [entry.id for entry in newer] == [5, 4]
