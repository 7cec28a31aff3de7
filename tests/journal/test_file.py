"""A cleanly closed journal is opened at once; nothing is written before all of it is checked."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.entry import State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from snapsortd.journal.background_check import BackgroundCheck, record_clean_close, was_closed_cleanly
from snapsortd.journal.migrations import FIRST_FORMAT
from tests.support.entries import IMAGE, INTENT, done

ENTRIES = 300


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return a closed journal with more than a page of everything."""
    made = str(tmp_path / "state" / "journal.sqlite3")
    with closing(Journal(made)) as journal:
        for number in range(ENTRIES):
            journal.remember(Known(f"/inbox/{number}", IMAGE, Outcome.LEFT, "no rule took it", "f"))
        done(journal)
    return made


def damage_an_index(path: str) -> None:
    """Corrupt it as a bad disk would: rows missing from an index. No single row shows it, only a full comparison."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema=ON")
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'images_outcome'").fetchone()
        page = db.execute("PRAGMA page_size").fetchone()[0]
    with open(path, "r+b") as file:
        file.seek((root - 1) * page + 3)  # the number of cells on this page of the b-tree
        cells = int.from_bytes(file.read(2), "big")
        file.seek(-2, os.SEEK_CUR)
        file.write((cells - 1).to_bytes(2, "big"))


def test_it_may_be_read_at_once_and_written_once_all_is_checked(path: str) -> None:
    assert was_closed_cleanly(path)
    with closing(Journal(path, background_check=True)) as journal:
        assert journal.counts().filed == 1
        assert journal.advance(journal.begin(INTENT).id, State.DONE, target_identity=IMAGE).state is State.DONE
    assert was_closed_cleanly(path)


def test_damage_that_is_found_late_lets_nothing_be_written(path: str) -> None:
    damage_an_index(path)
    record_clean_close(path)  # as if the corruption had existed when it was closed
    before = Path(path).read_bytes()
    with closing(Journal(path, background_check=True)) as journal:
        assert journal.counts().filed == 1
        for _ in range(2):
            with pytest.raises(JournalError, match="is damaged"):
                journal.begin(INTENT)
            with pytest.raises(JournalError, match="is damaged"):
                journal.remember(Known("/inbox/new", IMAGE, Outcome.LEFT, "", "f"))
    assert Path(path).read_bytes() == before
    with pytest.raises(JournalError, match="is damaged"):
        Journal(path)


def test_what_was_changed_since_is_checked_before_it_is_opened(path: str) -> None:
    found = os.stat(path)
    damage_an_index(path)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert os.stat(path).st_size == found.st_size
    assert not was_closed_cleanly(path)
    with pytest.raises(JournalError, match="is damaged"):
        Journal(path, background_check=True)


def test_a_copy_of_another_journal_is_checked(path: str, tmp_path: Path) -> None:
    shutil.copy2(path, tmp_path / "copy")
    os.replace(tmp_path / "copy", path)
    assert not was_closed_cleanly(path)


def test_a_crash_leaves_nothing_in_good_order(path: str, tmp_path: Path) -> None:
    with closing(Journal(path, background_check=True)) as journal:
        journal.begin(INTENT)
        assert not was_closed_cleanly(path)
        crashed = tmp_path / "crashed"
        shutil.copytree(os.path.dirname(path), crashed)
    assert not was_closed_cleanly(str(crashed / "journal.sqlite3"))
    with closing(Journal(str(crashed / "journal.sqlite3"), background_check=True)) as journal:
        assert len(journal.open_entries()) == 1


def older(path: str) -> None:
    """Take a journal back to the first format."""
    with closing(sqlite3.connect(path)) as db:
        known = ("embeddings", "examples", "reviewed", "texts", "texts_index", "indexed", "captions", "erasures")
        for table in ("folders", "watched", "dismissed", *known):
            db.execute(f"DROP TABLE {table}")
        for index in ("decisions_doubt", "images_decision"):
            db.execute(f"DROP INDEX {index}")
        for column in ("sha256", "doubt"):
            db.execute(f"ALTER TABLE decisions DROP COLUMN {column}")
        db.execute("DROP INDEX images_content")
        db.execute("DROP INDEX images_places")
        db.execute("DROP INDEX images_existing")
        db.execute("DROP INDEX entries_target_root")
        db.execute("DROP INDEX entries_failed")
        db.execute("CREATE INDEX images_version ON images (ino, size, mtime_ns)")
        for column in ("ctime_ns", "target_ctime_ns", "metadata", "source_disk", "target_disk"):
            db.execute(f"ALTER TABLE entries DROP COLUMN {column}")
        db.execute("DROP INDEX images_due")
        for column in ("ctime_ns", "sha256", "due", "added"):
            db.execute(f"ALTER TABLE images DROP COLUMN {column}")
        db.execute(f"PRAGMA user_version={FIRST_FORMAT}")


def test_a_journal_of_an_older_format_is_brought_up_to_date(path: str) -> None:
    older(path)
    with closing(Journal(path)) as journal:
        (entry,) = journal.entries()
        assert (entry.metadata, entry.intent.identity.ctime_ns) == ("", 0)
        assert journal.counts().filed == 1
        assert journal.may_recall(IMAGE.size)  # what was filed is known by its content from now on
        known = journal.recall(INTENT.target, IMAGE, "any")
        assert known is not None
        assert known.sha256 == INTENT.sha256
        assert known.added == known.at
        assert known.due is None
        journal.remember(replace(known, due=5.0))
        assert journal.due(4.0, 5.0, 1) == [INTENT.target]


def test_a_journal_that_did_not_overwrite_is_compacted_once(path: str) -> None:
    older(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA secure_delete=OFF")
        db.execute("CREATE TABLE secrets (value TEXT)")
        db.execute("INSERT INTO secrets VALUES (?)", ("a secret" * 9,))
        db.execute("DELETE FROM secrets")
        db.commit()
    assert b"a secret" in Path(path).read_bytes()
    Journal(path).close()
    assert b"a secret" not in Path(path).read_bytes()


def test_of_an_older_format_it_is_checked_before_it_is_changed(path: str) -> None:
    older(path)
    damage_an_index(path)
    record_clean_close(path)  # as if the corruption had existed when it was closed
    before = Path(path).read_bytes()
    with pytest.raises(JournalError, match="is damaged"):
        Journal(path, background_check=True)
    assert Path(path).read_bytes() == before


def test_a_check_that_is_ended_early_finds_nothing(path: str) -> None:
    for _ in range(20):
        late = BackgroundCheck(path, timeout=5.0)
        ended_sound = late.stop()
        if ended_sound:
            late.wait()
        else:
            with pytest.raises(JournalError):
                late.wait()
    with closing(Journal(path, background_check=True)):
        pass
    with closing(Journal(path, background_check=True)) as journal:
        assert journal.counts().filed == 1


@pytest.mark.parametrize("note", [b"", b"\xff\n", b"1 2 3 4 5\n"])
def test_a_note_that_says_something_else_is_no_note(path: str, note: bytes) -> None:
    Path(path + ".closed").write_bytes(note)
    assert not was_closed_cleanly(path)
    with closing(Journal(path, background_check=True)) as journal:
        assert journal.counts().filed == 1
