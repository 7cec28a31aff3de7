"""Counts of images by rule, label and day, and problems that a person has dismissed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from snapsortd.journal.statistics import Tally
from tests.support.entries import IMAGE, caused

DAYS = (1e9, 1e9 + 86_400)


class Clock:
    now = DAYS[0]

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    journal = Journal(str(tmp_path / "journal.sqlite3"), clock)
    yield journal
    journal.close()


def filed(
    journal: Journal, rule: str, label: str, batch: int, *kinds: EntryKind, follows: int | None = None
) -> list[Entry]:
    decision = journal.decide("/inbox/a", json.dumps({"label": label}))
    intent = caused(rule=rule, decision=decision, batch=batch, follows=follows)
    begun = [journal.begin(replace(intent, kind=kind, action=kind)) for kind in kinds or (EntryKind.MOVE,)]
    return [journal.advance(entry.id, State.DONE, target_identity=IMAGE) for entry in begun]


def reverse(journal: Journal, entry: Entry, batch: int, kind: EntryKind = EntryKind.UNDO) -> Entry:
    cause = replace(entry.intent.cause, batch=batch)
    begun = journal.begin(replace(entry.intent, cause=cause, kind=kind, reverses=entry.id))
    return journal.advance(begun.id, State.DONE, target_identity=IMAGE)


def test_images_are_counted_once_and_by_what_became_of_them(journal: Journal, clock: Clock) -> None:
    (first,) = filed(journal, "R", "receipt", 1)
    filed(journal, "R", "receipt", 2, EntryKind.TAG, EntryKind.MOVE)
    filed(journal, "R", "", 2, follows=first.id)
    clock.now = DAYS[1]
    (meme,) = filed(journal, "M", "meme", 3)
    (again,) = filed(journal, "M", "meme", 4)
    (failed,) = filed(journal, "M", "meme", 5)
    reverse(journal, first, 6)
    reverse(journal, reverse(journal, again, 7), 8, EntryKind.REDO)
    reverse(journal, failed, 5)  # the next step of its batch had failed

    found = journal.statistics()
    days = [time.strftime("%Y-%m-%d", time.localtime(day)) for day in DAYS]
    assert found.total == Tally(4, 1)
    assert found.rules == {"M": Tally(2, 0), "R": Tally(2, 1)}
    assert found.labels == {"meme": Tally(2, 0), "receipt": Tally(2, 1)}
    assert found.days == {days[0]: Tally(2, 1), days[1]: Tally(2, 0)}
    assert journal.statistics(since=DAYS[1]).total == journal.statistics(DAYS[1], DAYS[1] + 1).total == Tally(2, 0)
    assert journal.statistics(until=DAYS[0]).total == Tally(0, 0)
    assert meme.state is State.DONE


def test_a_dismissed_problem_stays_away_until_the_file_or_its_problem_changes(journal: Journal) -> None:
    broken = Known("/inbox/broken", IMAGE, Outcome.QUARANTINED, "truncated")
    failed = Known("/inbox/failed", IMAGE, Outcome.FAILED, "disk full")
    for known in (broken, failed):
        journal.remember(known)
    conflict = journal.advance(journal.begin(caused()).id, State.CONFLICT, reason="it differs")
    journal.begin(caused())

    def listed() -> set[str]:
        return {each.outcome for each in journal.problems()}

    assert listed() == {"quarantined", "failed", "conflict", "open"}
    assert journal.dismiss("/inbox/other") == 0
    assert journal.dismiss(broken.path) == journal.dismiss(conflict.intent.target) == 1
    journal.remember(broken)
    assert listed() == {"failed", "open"}
    assert journal.dismiss(broken.path) == 0
    assert journal.dismiss(None) == 1
    assert listed() == {"open"}, "an unfinished move is not a matter of looking away"
    journal.remember(replace(failed, reason="no permission"))
    journal.remember(replace(broken, identity=replace(IMAGE, mtime_ns=5)))
    assert listed() == {"quarantined", "failed", "open"}
