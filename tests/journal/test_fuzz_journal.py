"""Journals corrupted by a disk or a program: either refused and left unchanged, or fully usable."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapsortd.domain.entry import State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal, Selection
from tests.support.entries import INTENT, caused
from tests.support.fuzzing import tries

PAGE = 4096
ENTRIES = 20
NAME = "journal.sqlite3"


@dataclass(frozen=True)
class Good:
    """Return a sound journal's files by suffix, as left by a clean exit or a crash."""

    files: dict[str, bytes] = field(repr=False)
    entries: int


def fill(journal: Journal, count: int) -> None:
    for number in range(count):
        decision = journal.decide(f"/inbox/{number}.png", '{"label": "receipt"}' * 20)
        entry = journal.begin(
            replace(caused(decision=decision), source=f"/inbox/{number}.png", target=f"/sorted/{number}.png")
        )
        journal.advance(entry.id, State.DONE, target_identity=FileIdentity(1, number, 3, 4))
        journal.remember(Known(f"/inbox/x{number}.png", FileIdentity(1, number, 5, 6), Outcome.FAILED, "why"))


def files_in(folder: Path) -> dict[str, bytes]:
    return {each.name.removeprefix(NAME): each.read_bytes() for each in folder.iterdir()}


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Good]:
    """Return three states: cleanly closed; after a crash, with everything in the log; and with half of it there."""
    folder = tmp_path_factory.mktemp("good")
    journal = Journal(str(folder / NAME))
    fill(journal, ENTRIES)
    crashed = Good(files_in(folder), ENTRIES)
    journal.close()
    closed = Good(files_in(folder), ENTRIES)
    journal = Journal(str(folder / NAME))
    fill(journal, ENTRIES)
    half = Good(files_in(folder), 2 * ENTRIES)
    journal.close()
    return {"closed": closed, "crashed": crashed, "half": half}


def damaged(data: bytes, how: str, lots: random.Random) -> bytes:
    """Corrupt a file like a bad disk, or like a program that writes to the wrong place."""
    pages = max(1, len(data) // PAGE)
    one, other = (slice(at, at + PAGE) for at in (lots.randrange(pages) * PAGE, lots.randrange(pages) * PAGE))
    found = bytearray(data)
    match how:
        case "a bit" if found:
            found[lots.randrange(len(found))] ^= 1 << lots.randrange(8)
        case "bytes" if found:
            for _ in range(lots.randrange(1, 60)):
                found[lots.randrange(len(found))] = lots.randrange(256)
        case "a page of zeros":
            found[one] = bytes(len(found[one]))
        case "a page of noise":
            found[one] = lots.randbytes(len(found[one]))
        case "a page twice":
            found[one] = found[other][: len(found[one])]
        case "cut off":
            del found[lots.choice([lots.randrange(len(found) + 1), one.start]) :]
        case "longer":
            found += lots.randbytes(lots.choice([1, 100, PAGE, 3 * PAGE]))
        case "noise":
            found[:] = lots.randbytes(lots.choice([0, 10, len(found), 5 * PAGE]))
    return bytes(found)


DAMAGES = ["a bit", "bytes", "a page of zeros", "a page of noise", "a page twice", "cut off", "longer", "noise"]


@tries(100)
@given(
    st.sampled_from(["closed", "crashed", "half"]),
    st.sampled_from(["", "", "-wal", "-wal", "-shm", "-journal"]),
    st.sampled_from(DAMAGES),
    st.booleans(),
    st.integers(0, 10**9),
)
@example("half", "", "cut off", True, 4)
@example("crashed", "-wal", "a page of noise", True, 1)
def test_a_spoiled_journal_is_refused_untouched_or_whole(
    goods: dict[str, Good], which: str, suffix: str, how: str, restarted: bool, seed: int
) -> None:
    good = goods[which]
    files = good.files | {suffix: damaged(good.files.get(suffix, b""), how, random.Random(seed))}
    if restarted:  # the log's index usually no longer exists after a restart of the system
        files.pop("-shm", None)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / (NAME + name)).write_bytes(data)
        path = os.path.join(folder, NAME)
        try:
            journal = Journal(path)
        except JournalError as refused:
            hint = refused.hint
        else:
            lack = good.entries if how in ("cut off", "noise") else 1
            with closing(journal), suppress(JournalError) if suffix in ("", "-wal") else nullcontext():
                assert_readable(journal, good.entries - (lack if suffix == "-wal" else 0), good.entries)
            with closing(sqlite3.connect(path)) as look:
                assert look.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            return
        assert hint
        after = files_in(Path(folder))
        assert [name for name in {*files, *after} - {"-shm"} if files.get(name) != after.get(name)] == []


def assert_readable(journal: Journal, least: int, most: int) -> None:
    """Check that everything can be read and written.

    The last entry, and more of a truncated log, may be missing, as after a crash.
    """
    found = journal.entries(limit=1000)
    assert least <= len(found) <= most
    assert sorted(each.id for each in found) == list(range(1, len(found) + 1))
    journal.counts(), journal.problems(), journal.open_entries(), journal.undoable(Selection(all=True))
    journal.history_of("/inbox/3.png"), journal.recall("/inbox/x3.png", FileIdentity(1, 3, 5, 6), "f")
    assert journal.begin(INTENT).id == len(found) + 1


def test_a_crash_at_any_moment_is_no_damage(tmp_path: Path) -> None:
    """This holds however often the log was restarted, with older writes behind it, and with a truncated last write."""
    lots, copy = random.Random(1), tmp_path / "copy"
    (tmp_path / "state").mkdir()
    copy.mkdir()
    with closing(Journal(str(tmp_path / "state" / NAME))) as journal:
        begun = set()
        for round in range(1, 23):
            fill(journal, 9)
            files = files_in(tmp_path / "state")
            begun.add(files["-wal"][12:16])
            for cut in (0, lots.randrange(1, PAGE)):
                for name, data in files.items():
                    (copy / (NAME + name)).write_bytes(data[:-cut] if cut and name == "-wal" else data)
                with closing(Journal(str(copy / NAME))) as crashed:
                    assert 9 * round - bool(cut) <= len(crashed.entries(limit=1000)) <= 9 * round
        assert len(begun) > 2
