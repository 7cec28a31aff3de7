"""The journal on a real SQLite file: durable when it reports so, never replaced with a new one by mistake, private."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.entry import EntryKind, State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.folders import to_stat
from snapsortd.journal import Journal, Selection
from snapsortd.journal.migrations import FIRST_FORMAT
from tests.support.entries import IMAGE, INTENT, caused, done


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite3")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    with_journal = Journal(path)
    yield with_journal
    with_journal.close()


def as_after_a_crash(path: str, to: Path) -> Journal:
    """Open a copy of the files as they are on the disk now, without anything uncommitted."""
    to.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(path + suffix, to / ("journal.sqlite3" + suffix))
    return Journal(str(to / "journal.sqlite3"))


def test_an_entry_comes_back_as_it_was_written(journal: Journal, path: str) -> None:
    entry = journal.begin(INTENT)
    assert entry.intent == INTENT
    finished = journal.advance(entry.id, State.DONE, target="/sorted/other", target_identity=INTENT.identity)
    journal.close()
    again = Journal(path)
    assert again.entry(entry.id) == finished
    assert finished == replace(
        entry,
        intent=replace(INTENT, target="/sorted/other"),
        state=State.DONE,
        target_identity=INTENT.identity,
    )
    again.close()


def test_an_intent_and_all_that_was_lazy_is_durable_at_once(journal: Journal, path: str, tmp_path: Path) -> None:
    number = journal.decide("/inbox/a.png", '{"why": 1}')
    journal.remember(Known("/inbox/b.png", IMAGE, Outcome.LEFT, "no rule", "f"))
    unwritten = as_after_a_crash(path, tmp_path / "before")
    assert unwritten.decision(number) is None
    unwritten.close()
    entry = journal.begin(caused(decision=number))
    crashed = as_after_a_crash(path, tmp_path / "after")
    assert crashed.open_entries() == [entry]
    assert crashed.decision(number) == '{"why": 1}'
    assert crashed.recall("/inbox/b.png", IMAGE, "f") is not None
    crashed.close()


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.QUARANTINED, Outcome.COPIED])
def test_what_can_not_be_found_out_again_is_durable_at_once(
    journal: Journal, path: str, tmp_path: Path, outcome: Outcome
) -> None:
    journal.remember(Known("/inbox/a.png", IMAGE, outcome, "why"))
    crashed = as_after_a_crash(path, tmp_path / "after")
    known = crashed.recall("/inbox/a.png", IMAGE, "any")
    assert known is not None
    assert known.outcome is outcome
    crashed.close()


@pytest.mark.parametrize(
    ("outcome", "asked", "dev", "fingerprint", "known"),
    [
        pytest.param(Outcome.FILED, "/a", 1, "f", True, id="filed, as it was"),
        pytest.param(Outcome.FILED, "/a", 9, "g", True, id="filed, device renumbered, other configuration"),
        pytest.param(Outcome.FILED, "/b", 1, "g", False, id="filed, other name: only its content could prove that"),
        pytest.param(Outcome.COPIED, "/a", 1, "g", True, id="copied"),
        pytest.param(Outcome.QUARANTINED, "/a", 1, "g", True, id="quarantined"),
        pytest.param(Outcome.LEFT, "/a", 9, "f", True, id="left, as it was"),
        pytest.param(Outcome.LEFT, "/a", 1, "g", False, id="left, other configuration"),
        pytest.param(Outcome.LEFT, "/b", 1, "f", False, id="left, other name: rules may ask for it"),
        pytest.param(Outcome.SHADOW, "/a", 1, "g", False, id="shadow, other configuration"),
        pytest.param(Outcome.IGNORED, "/a", 1, "f", True, id="ignored, as it was"),
        pytest.param(Outcome.IGNORED, "/a", 1, "g", False, id="ignored, other configuration or formats"),
        pytest.param(Outcome.IGNORED, "/b", 1, "f", False, id="ignored, other name"),
        pytest.param(Outcome.FAILED, "/a", 1, "g", True, id="failed: how often"),
    ],
)
def test_recall(journal: Journal, outcome: Outcome, asked: str, dev: int, fingerprint: str, known: bool) -> None:
    journal.remember(Known("/a", IMAGE, outcome, "why", "f", attempts=2))
    found = journal.recall(asked, replace(IMAGE, dev=dev), fingerprint)
    assert (found is not None) == known
    if found is not None:
        assert (found.outcome, found.attempts, found.reason) == (outcome, 2, "why")


@pytest.mark.parametrize("changed", ["ino", "size", "mtime_ns"])
def test_another_version_is_not_known(journal: Journal, changed: str) -> None:
    journal.remember(Known("/a", IMAGE, Outcome.FILED, ""))
    assert journal.recall("/a", replace(IMAGE, **{changed: 99}), "") is None


def test_the_last_word_on_a_path_counts(journal: Journal) -> None:
    journal.remember(Known("/a", IMAGE, Outcome.FAILED, "first", attempts=1))
    journal.remember(Known("/a", IMAGE, Outcome.QUARANTINED, "last"))
    assert journal.counts().failed == 0
    assert [problem.reason for problem in journal.problems()] == ["last"]
    journal.forget("/a")
    assert journal.problems() == []


def test_a_closed_entry_stays_closed(journal: Journal) -> None:
    entry = done(journal)
    with pytest.raises(JournalError, match="closed already"):
        journal.advance(entry.id, State.FAILED)
    assert journal.entry(entry.id) == entry


def test_an_undo_closes_what_it_reverses_in_one_step(journal: Journal) -> None:
    entry = done(journal)
    back = done(journal, replace(caused(batch=2), kind=EntryKind.UNDO, reverses=entry.id))
    reversed_entry = journal.entry(entry.id)
    assert reversed_entry is not None
    assert reversed_entry.reversed_by == back.id
    assert journal.undoable(Selection(all=True)) == []
    assert journal.redoable(Selection()) == [back]
    assert (journal.counts().filed, journal.counts().undone) == (0, 1)


def test_log_is_newest_first_and_pages_by_id(journal: Journal) -> None:
    numbers = [journal.begin(caused(rule=f"rule {n % 2}")).id for n in range(6)]
    assert [entry.id for entry in journal.entries(limit=2)] == numbers[:3:-1]
    assert [entry.id for entry in journal.entries(limit=2, before=numbers[4])] == [numbers[3], numbers[2]]
    assert [entry.intent.cause.rule for entry in journal.entries(rule="rule 1")] == ["rule 1"] * 3
    assert len(journal.entries(path=INTENT.target)) == 6
    assert journal.entries(path="/elsewhere") == []


def test_order_is_by_id_whatever_the_clock_does(path: str) -> None:
    clock = iter([1000.0, 500.0, 2000.0, 1.0])
    journal = Journal(path, clock=lambda: next(clock))
    numbers = [journal.begin(INTENT).id for _ in range(4)]
    assert [entry.id for entry in journal.entries()] == numbers[::-1]
    assert [entry.id for entry in journal.open_entries()] == numbers
    journal.close()


def test_batches_go_on_after_a_restart(journal: Journal, path: str) -> None:
    first, second = journal.new_batch(), journal.new_batch()
    assert second > first
    journal.begin(caused(batch=second))
    journal.close()
    again = Journal(path)
    assert again.new_batch() > second
    again.close()


def test_no_batch_from_outside_uses_up_the_numbers(journal: Journal, path: str) -> None:
    first = journal.new_batch()
    assert journal.has_begun(first)
    assert not any(map(journal.has_begun, (0, first + 1, 2**63 - 1)))
    journal.begin(caused(batch=2**63 - 1))
    assert journal.new_batch() == first + 1
    journal.begin(caused(batch=first + 1))
    journal.close()
    with closing(Journal(path)) as again:
        assert again.new_batch() == first + 2


@pytest.mark.parametrize("seconds", [-(2**63) // 10**9, -2_208_988_800, 9_223_459_200, 2**61])
def test_any_time_that_a_file_can_have_is_recorded(journal: Journal, tmp_path: Path, seconds: int) -> None:
    """The years 1677, 1900, 2262 and those that only some file systems can store."""
    file = tmp_path / "note.txt"
    file.touch()
    try:
        os.utime(file, (seconds, seconds))
    except OSError:
        pytest.skip("the file system has no such time")
    identity = to_stat(os.lstat(file)).identity
    journal.remember(Known(str(file), identity, Outcome.IGNORED, "not an image"))
    known = journal.recall(str(file), identity, "")
    assert known is not None
    assert known.identity == identity


def test_the_story_of_a_path(journal: Journal) -> None:
    number = journal.decide(INTENT.source, '{"label": "receipt"}')
    entry = done(journal, caused(decision=number))
    for path in (INTENT.source, INTENT.target):
        story = journal.history_of(path)
        assert story.entries == (entry,)
        assert story.decision == '{"label": "receipt"}'
    told = journal.history_of(INTENT.target).known
    assert told is not None
    assert told.outcome is Outcome.FILED
    assert journal.history_of("/unknown").entries == ()


def test_threads_take_turns(journal: Journal) -> None:
    def write() -> None:
        for _ in range(25):
            journal.remember(Known("/lazy", IMAGE, Outcome.LEFT, ""))
            done(journal)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.counts().filed == 100


def test_it_is_private(journal: Journal, path: str) -> None:
    journal.begin(INTENT)
    folder = os.path.dirname(path)
    assert os.stat(folder).st_mode & 0o777 == 0o700
    for name in os.listdir(folder):
        assert os.stat(os.path.join(folder, name)).st_mode & 0o077 == 0, name


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM images WHERE path = x'00'",
        "SELECT * FROM images WHERE size = 1 AND sha256 = x'00' AND sha256 != x''",
        "SELECT * FROM entries WHERE state IN ('intent', 'moved') ORDER BY id",
        "SELECT * FROM entries WHERE (source = x'00' OR target = x'00') ORDER BY id DESC",
        "SELECT count(*) FROM entries WHERE state = 'done' AND reversed_by IS NULL AND kind IN ('move', 'copy')",
        "SELECT count(*) FROM images WHERE outcome = 'failed'",
        "SELECT * FROM entries WHERE rule = 'r' ORDER BY id DESC",
        "SELECT * FROM entries WHERE id > 7 AND state = 'failed'",
    ],
)
@pytest.mark.usefixtures("journal")
def test_what_is_asked_often_is_answered_by_an_index(path: str, query: str) -> None:
    reader = sqlite3.connect(path)
    plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {query}")]
    reader.close()
    assert not [step for step in plan if step.startswith("SCAN") and "INDEX" not in step], plan


def test_when_a_file_came_to_its_folder_is_kept_for_that_file(path: str) -> None:
    now = [1000.0]
    known, saved = Known("/in/a.png", IMAGE, Outcome.LEFT, "", "1"), replace(IMAGE, size=9, mtime_ns=9, ctime_ns=9)
    with closing(Journal(path, clock=lambda: now[0])) as journal:
        assert journal.added("/in/a.png", IMAGE) is None
        journal.remember(replace(known, added=500.0))
        now[0] = 2000.0
        journal.remember(replace(known, identity=saved))
        assert journal.added("/in/a.png", saved) == 500.0
        assert journal.added("/in/a.png", replace(saved, ino=99)) == 500.0  # some file systems number anew
        assert journal.added("/in/a.png", replace(saved, ino=99, size=1)) is None
        renamed = journal.found_again(replace(known, identity=saved, added=500.0), "/in/b.png", saved, "")
        assert (renamed.added, journal.added("/in/b.png", saved)) == (500.0, 500.0)
        moved = journal.found_again(renamed, "/other/b.png", saved, "")
        assert (moved.added, journal.added("/other/b.png", saved)) == (2000.0, 2000.0)
        now[0] = 3000.0
        journal.remember(replace(known, path="/other/b.png", identity=replace(saved, ino=99, size=1)))
        assert journal.added("/other/b.png", replace(saved, ino=99, size=1)) == 3000.0


def scribble(path: str) -> None:
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(20000))


def not_a_database(path: str) -> None:
    Path(path).write_bytes(b"these are my notes, not a database" * 100)


def cut_short(path: str) -> None:
    os.truncate(path, 5000)


def emptied(path: str) -> None:
    os.truncate(path, 0)


def removed(path: str) -> None:
    os.unlink(path)


def newer(path: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()


def another_program(path: str) -> None:
    os.unlink(path)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (scribble, "is damaged"),
        (not_a_database, "is damaged"),
        (cut_short, "is damaged"),
        (emptied, "is empty, and there was one before"),
        (removed, "is missing"),
        (newer, "newer version"),
        (another_program, "not a journal of snapsortd"),
    ],
)
def test_a_journal_that_is_not_sound_is_never_begun_anew(path: str, damage: object, told: str) -> None:
    journal = Journal(path)
    for _ in range(50):
        done(journal)
    journal.close()
    assert callable(damage)
    damage(path)
    left = Path(path).read_bytes() if os.path.exists(path) else None
    for _ in range(2):
        with pytest.raises(JournalError, match=told) as caught:
            Journal(path)
        assert caught.value.hint
    assert (Path(path).read_bytes() if os.path.exists(path) else None) == left


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_journal_that_vanishes_while_running_is_noticed(journal: Journal, path: str, suffix: str, how: str) -> None:
    done(journal)
    os.rename(path + suffix, path + suffix + ".away")
    if how == "replaced":
        shutil.copy(path + suffix + ".away", path + suffix)
    with pytest.raises(JournalError, match="deleted or replaced"):
        journal.begin(INTENT)
    os.replace(path + suffix + ".away", path + suffix)
    journal.begin(INTENT)


def test_opening_again_without_writing_raises_no_alarm(journal: Journal, path: str) -> None:
    journal.close()
    again = Journal(path)
    again.counts()
    again.begin(INTENT)
    again.close()


def test_a_crash_while_it_is_first_made_is_no_damage(path: str) -> None:
    os.makedirs(os.path.dirname(path))
    Path(path).touch()
    journal = Journal(path)
    journal.begin(INTENT)
    journal.close()


def test_another_program_that_holds_it_is_named_as_the_cause(path: str) -> None:
    Journal(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE held (x)")
    journal = Journal(path, timeout=0.05)
    try:
        with pytest.raises(JournalError, match="locked by another program"):
            journal.begin(INTENT)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
        journal.close()


@pytest.mark.parametrize("old", range(1, FIRST_FORMAT))
def test_a_journal_of_a_development_version_is_refused_and_kept(path: str, journal: Journal, old: int) -> None:
    journal.begin(INTENT)
    journal.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {old}")
    before = Path(path).read_bytes()
    with pytest.raises(JournalError, match="written by a development version") as refused:
        Journal(path)
    assert Path(path).read_bytes() == before
    kept = Path(path).parent / "kept"
    kept.mkdir()
    for name in os.listdir(kept.parent):  # what its hint says
        if name.startswith(os.path.basename(path)):
            shutil.move(kept.parent / name, kept)
    assert f"move all files whose paths begin with {path} to another folder" in refused.value.hint
    with closing(Journal(path)) as begun:
        assert begun.entries() == []


def test_what_is_due_is_found_in_order_and_a_twin_is_due_at_once(tmp_path: Path) -> None:
    with closing(Journal(str(tmp_path / "state" / "journal.sqlite3"), clock=lambda: 7.5)) as journal:
        for number, outcome in enumerate((Outcome.LEFT, Outcome.SHADOW, Outcome.COPIED, Outcome.UNDONE)):
            journal.remember(Known(f"/inbox/{number}", IMAGE, outcome, "", "f", sha256=bytes(32)))
        for path, due in (("/late", 9.0), ("/early", 1.0), ("/middle", 5.0), ("/never", None)):
            journal.remember(Known(path, IMAGE, Outcome.LEFT, "", "f", due=due))
        assert journal.due(0.0, 5.0, 10) == ["/early", "/middle"]
        assert journal.due(1.0, 9.0, 1) == ["/middle"]
        assert (journal.next_due(5.0), journal.next_due(9.0)) == (9.0, None)
        journal.twin_was_filed(IMAGE.size, b"")
        journal.twin_was_filed(IMAGE.size + 1, bytes(32))
        assert journal.due(5.0, 8.0, 10) == []
        journal.twin_was_filed(IMAGE.size, bytes(32))
        assert sorted(journal.due(5.0, 8.0, 10)) == ["/inbox/0", "/inbox/1"]
        left = journal.recall("/late", IMAGE, "f")
        assert left is not None
        assert journal.found_again(left, "/late", IMAGE, "").due == 9.0
        assert journal.found_again(left, "/elsewhere", IMAGE, "moved by hand").due is None
        assert journal.next_due(8.0) is None
