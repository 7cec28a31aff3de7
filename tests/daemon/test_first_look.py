"""What is in a folder when it is watched first stays there, and so does what older rules left, until a person asks."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.result import Outcome
from snapsortd.journal.readonly import read_left
from snapsortd.watch.stillness import CLOCK_STEP_S
from tests.support.looping import Loop, looping
from tests.support.mortal_child import image
from tests.support.waiting import wait_for

CONFIG = """\
version: 1
labels: {{good: good}}
watch:
  - path: {folder}/inbox
    settle: 100ms
rules:
  - name: All
    filters: [name: "*.png"]
    actions: [move: {folder}/filed/]
"""
NOTHING = CONFIG.replace("*.png", "*.gif")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="snap"))
    (made / "inbox").mkdir()
    yield made
    shutil.rmtree(made)


def put(path: Path) -> None:
    """Put an image there and wait until the clock has left its time of change behind."""
    path.write_bytes(image(b"good " + path.name.encode()))
    wait_for(lambda: time.time() > path.stat().st_ctime + 2 * CLOCK_STEP_S, what="the clock is ahead")


def outcome(loop: Loop, name: str) -> Outcome | None:
    known = loop.session.journal.history_of(str(loop.inbox / name)).known
    return known.outcome if known else None


def filed(folder: Path) -> set[str]:
    return {each.name for each in (folder / "filed").iterdir()}


def test_what_was_there_before_stays_and_what_comes_is_filed(tmp_path: Path, folder: Path) -> None:
    put(folder / "inbox" / "old.png")
    with looping(tmp_path, CONFIG, folder=folder) as loop:
        loop.put("new.png")
        loop.until(lambda: filed(folder) == {"new.png"}, "the new one is filed")
        loop.until(lambda: outcome(loop, "old.png") is Outcome.EXISTING, "the old one is noted")
        left = loop.session.history.status()["left"]
        assert left == {"existing": 1, "offered": 0}
    put(folder / "inbox" / "while down.png")
    (folder / "inbox" / "old.png").chmod(0o600)
    (folder / "inbox" / "old.png").rename(folder / "inbox" / "renamed.png")
    with looping(tmp_path, CONFIG, folder=folder) as loop:
        loop.until(lambda: filed(folder) == {"new.png", "while down.png"}, "what came while it was down is filed")
        loop.daemon.folders.rescan_soon()
        loop.until(lambda: not loop.daemon.waiting, "all seen")
        assert os.listdir(folder / "inbox") == ["renamed.png"]
        loop.ready()
        loop.session.image(str(loop.inbox / "renamed.png"))
    assert "renamed.png" in filed(folder)


def test_a_changed_file_is_a_new_one(tmp_path: Path, folder: Path) -> None:
    put(folder / "inbox" / "old.png")
    with looping(tmp_path, CONFIG, folder=folder) as loop:
        loop.until(lambda: outcome(loop, "old.png") is Outcome.EXISTING, "noted")
        loop.put("old.png", image(b"good other content"))
        loop.until(lambda: filed(folder) == {"old.png"}, "filed")


def test_a_folder_that_appears_later_has_no_old_files_but_those_that_are_older(tmp_path: Path, folder: Path) -> None:
    put(folder / "older.png")
    (folder / "inbox").rmdir()
    config = CONFIG.replace("{folder}/inbox", "{folder}/appears")
    with looping(tmp_path, config, folder=folder) as loop:
        loop.turn()
        (folder / "appears").mkdir()
        put(folder / "appears" / "first.png")
        os.link(folder / "older.png", folder / "appears" / "linked.png")
        loop.daemon.folders.rescan_soon()
        loop.until(lambda: "first.png" in filed(folder), "the first of it is filed")


def test_with_existing_file_all_is_filed_also_what_was_left_before(tmp_path: Path, folder: Path) -> None:
    put(folder / "inbox" / "old.png")
    with looping(tmp_path, CONFIG, folder=folder) as loop:
        loop.until(lambda: outcome(loop, "old.png") is Outcome.EXISTING, "noted")
        loop.config.write_text(
            CONFIG.format(folder=folder).replace("settle: 100ms", "settle: 100ms\n    existing: file")
        )
        loop.daemon.reload()
        loop.until(lambda: filed(folder) == {"old.png"}, "filed")


def test_what_older_rules_left_is_offered_and_filed_when_a_person_asks(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "snapsortd")
    with looping(tmp_path, NOTHING, folder=folder) as loop:
        loop.put("a.png")
        loop.until(lambda: outcome(loop, "a.png") is Outcome.LEFT, "left")
        loop.config.write_text(CONFIG.format(folder=folder))
        assert loop.daemon.reload()["left"] == 1
        loop.until(lambda: outcome(loop, "a.png") is Outcome.OFFERED, "offered")
        told = "1 image that was left alone would be filed by your rules now: `snapsortctl sort --left`"
        loop.until(lambda: told in caplog.messages, "it is told")
        assert not any("a.png" in each for each in caplog.messages)
        loop.put("b.png")
        loop.until(lambda: filed(folder) == {"b.png"}, "what is new is filed")
        fingerprint = loop.session.config.fingerprint
        assert loop.session.history.status()["left"] == {"existing": 0, "offered": 1}
        path = str(loop.inbox / "a.png")
        journal = loop.session.locations.journal
    assert read_left(journal, fingerprint) == {path}


def test_rules_in_shadow_mode_are_tried_on_what_was_left(tmp_path: Path, folder: Path) -> None:
    with looping(tmp_path, NOTHING, folder=folder) as loop:
        loop.put("a.png")
        loop.until(lambda: outcome(loop, "a.png") is Outcome.LEFT, "left")
        loop.config.write_text(CONFIG.format(folder=folder).replace("- name: All", "- name: All\n    mode: shadow"))
        loop.daemon.reload()
        loop.until(lambda: outcome(loop, "a.png") is Outcome.SHADOW, "its shadow is recorded")
