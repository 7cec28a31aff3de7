"""An unreliable journal, with the installed programs: nothing is filed, nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.filing import Filing
from tests.support.images import screenshot
from tests.support.instance import COMMANDS, Instance, tree


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(scribble, "is damaged", id="corrupt"),
        pytest.param(Path.unlink, "is missing", id="missing"),
        pytest.param(empty, "is empty, and there was one before", id="emptied"),
        pytest.param(newer, "written by a newer version", id="newer"),
    ],
)
def test_nothing_is_filed_without_a_sound_journal(
    instance: Instance, damage: Callable[[Path], object], message: str
) -> None:
    path = instance.folder / "state" / "snapsortd" / "journal.sqlite3"
    filing = Filing(str(path), instance.inbox, instance.filed)
    instance.filed.mkdir()
    for number in range(20):
        filing.file(filing.image(f"{number}.png"))
    filing.journal.close()
    damage(path)
    screenshot().save(instance.inbox / "new.png")
    before = tree(instance.inbox, instance.filed, path.parent)

    for words in (("snapsortd",), ("snapsortctl", "sort", str(instance.inbox)), ("snapsortctl", "undo", "--all")):
        done = subprocess.run([COMMANDS / words[0], *words[1:]], env=instance.env, capture_output=True, timeout=60)
        errors = done.stderr.decode()
        assert done.returncode == 5, (words, errors)
        assert message in errors
        assert "hint: " in errors
        assert "Traceback" not in errors
    after = tree(instance.inbox, instance.filed, path.parent)
    assert {name: after[name] for name in before} == before, "the journal too is left for its owner to restore"
    assert set(after) - set(before) <= {str(path.parent / name) for name in ("lock", "log/snapsortd.log")}


def test_a_journal_that_is_put_back_is_used_again(instance: Instance) -> None:
    path = instance.folder / "state" / "snapsortd" / "journal.sqlite3"
    filing = Filing(str(path), instance.inbox, instance.filed)
    instance.filed.mkdir()
    filing.file(filing.image())
    filing.journal.close()
    path.rename(path.with_name("backup"))
    instance.ctl("undo", ok=(5,))
    path.with_name("backup").rename(path)
    assert instance.json("undo")["done"] == 1
    assert (instance.inbox / "a.png").exists()
