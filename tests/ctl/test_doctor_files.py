"""Findings of `doctor` about a real journal and a real model."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from snapsortd.ctl.doctor import Status
from snapsortd.domain.errors import JournalError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.migrations import FORMAT
from snapsortd.journal.readonly import read_counts
from snapsortd.vision.checkpoint import find_checkpoint
from tests.support.filing import Filing
from tests.support.interrupted import begin
from tests.support.patient import Patient, file_one, snapshot

# The journal


def test_a_damaged_journal(patient: Patient) -> None:
    file_one(patient).journal.close()
    with open(patient.locations.journal, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    found = patient.trouble("journal")
    assert found.status is Status.PROBLEM
    assert "damaged" in found.summary
    assert "restore it" in found.fix


def test_a_journal_that_is_no_database(patient: Patient) -> None:
    Path(patient.locations.state_dir).mkdir(0o700, parents=True)
    Path(patient.locations.journal).write_text("just words, and enough of them to fill a header" * 10)
    assert "damaged" in patient.trouble("journal").summary


def test_the_fix_for_a_damaged_journal_begins_a_new_one(patient: Patient) -> None:
    test_a_damaged_journal(patient)
    command = patient.trouble("journal").fix.split("`")[1]
    subprocess.run(["bash", "-ec", command.replace("snapsortctl stop", "true")], check=True)
    assert patient.troubles("journal") == []
    assert os.path.exists(patient.locations.state_dir + ".old/journal.sqlite3")
    file_one(patient).journal.close()


def test_a_database_of_another_program(patient: Patient) -> None:
    Path(patient.locations.state_dir).mkdir(0o700, parents=True)
    with closing(sqlite3.connect(patient.locations.journal)) as db:
        db.execute("CREATE TABLE moz_places (id)")
    assert "not a journal of snapsortd" in patient.trouble("journal").summary


def test_a_journal_of_a_newer_version(patient: Patient) -> None:
    file_one(patient).journal.close()
    with closing(sqlite3.connect(patient.locations.journal)) as db:
        db.execute(f"PRAGMA user_version={FORMAT + 1}")
    found = patient.trouble("journal")
    assert found.status is Status.PROBLEM
    assert "newer version" in found.summary
    with pytest.raises(JournalError, match="newer version"):
        read_counts(patient.locations.journal)


def test_a_journal_of_a_development_version(patient: Patient) -> None:
    file_one(patient).journal.close()
    with closing(sqlite3.connect(patient.locations.journal)) as db:
        db.execute("PRAGMA user_version=6")
    found = patient.trouble("journal")
    assert found.status is Status.PROBLEM
    assert "development version" in found.summary
    with pytest.raises(JournalError, match="development version"):
        read_counts(patient.locations.journal)


def test_a_journal_that_was_deleted(patient: Patient) -> None:
    file_one(patient).journal.close()
    os.unlink(patient.locations.journal)
    found = patient.trouble("journal")
    assert found.status is Status.PROBLEM
    assert f"`mv {patient.locations.journal}.exists {patient.locations.journal}.exists.old`" in found.fix


CRASH = """
import os, sys
from pathlib import Path
from tests.support.filing import Filing
from tests.actions.test_recover import begin

filing = Filing(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
begin(filing, filing.image())
os._exit(1)
"""


def crash(patient: Patient) -> None:
    """Run a process that exits in the middle of a move without closing its journal."""
    patient.filed.mkdir()
    words = (sys.executable, "-c", CRASH, patient.locations.journal, patient.inbox, patient.filed)
    assert subprocess.run(words, cwd=Path(__file__).parents[2], timeout=120).returncode == 1


def test_moves_that_a_crash_left_unfinished(patient: Patient) -> None:
    crash(patient)
    assert os.path.getsize(patient.locations.journal + "-wal")
    before = snapshot(patient.folder)
    assert "1 move unfinished" in patient.trouble("journal").summary
    assert snapshot(patient.folder) == before


def test_a_move_whose_disk_is_gone(patient: Patient) -> None:
    patient.filed.mkdir()
    filing = Filing(patient.locations.journal, patient.inbox, patient.filed)
    entry = begin(filing, filing.image())
    filing.journal.advance(entry.id, entry.state, reason="its disk is not mounted")
    found = patient.trouble("journal")
    filing.journal.close()
    assert found.status is Status.WARNING
    assert f"to {entry.intent.target} is unfinished: its disk is not mounted" in found.summary
    assert f"`snapsortctl abandon {entry.id}`" in found.fix


def test_a_journal_that_cannot_be_read_without_writing_is_left_alone(patient: Patient) -> None:
    crash(patient)
    os.unlink(patient.locations.journal + "-shm")
    before = snapshot(patient.folder)
    found = patient.trouble("journal")
    assert (found.status, found.fix) == (Status.WARNING, "start snapsortd, then try again")
    assert snapshot(patient.folder) == before


def test_a_look_at_the_counts_leaves_no_trace(patient: Patient) -> None:
    """`status --json` without a daemon reads them this way."""
    file_one(patient).journal.close()
    before = snapshot(patient.folder)
    assert read_counts(patient.locations.journal).filed == 1
    assert snapshot(patient.folder) == before


def test_conflicts_and_images_given_up_are_counted(patient: Patient) -> None:
    filing = file_one(patient)
    for number in (1, 2):
        identity = FileIdentity(1, number, 3, 4)
        filing.journal.remember(Known(f"/in/{number}.png", identity, Outcome.QUARANTINED, "the file is truncated"))
    filing.journal.close()
    with closing(sqlite3.connect(patient.locations.journal, isolation_level=None)) as db:
        db.execute("UPDATE entries SET state = 'conflict'")
    moves, images = patient.troubles("journal")
    assert moves.summary.startswith("1 move could not be finished")
    assert images.summary == "2 images given up on"
    assert {moves.status, images.status} == {Status.WARNING}


# The model


@pytest.fixture
def model(patient: Patient) -> Path:
    """Copy the embedded model and configure the copy."""
    folder = patient.folder / "model"
    shutil.copytree(find_checkpoint("embedded"), folder, copy_function=os.link)
    patient.config.write_text(f"{patient.config.read_text()}model: {{name: '{folder}'}}\n")
    return folder


@pytest.mark.usefixtures("model")
def test_a_model_in_a_folder(patient: Patient) -> None:
    assert patient.troubles("model") == []


def cut_weights(model: Path) -> str:
    whole = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").unlink()
    (model / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    return "model.safetensors is truncated"


def point_weights(model: Path) -> str:
    (model / "model.safetensors").unlink()
    (model / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n")
    return "git lfs pull"


def drop_weights(model: Path) -> str:
    (model / "model.safetensors").unlink()
    return "weights are missing"


def drop_shard(model: Path) -> str:
    (model / "model.safetensors").rename(model / "model-1-of-2.safetensors")
    names = {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    return "model-2-of-2.safetensors is missing"


def drop_tokenizer(model: Path) -> str:
    (model / "tokenizer.json").unlink()
    return "the tokenizer is missing"


def drop_processor(model: Path) -> str:
    (model / "preprocessor_config.json").unlink()
    return "the image processor is missing"


def break_config(model: Path) -> str:
    (model / "config.json").unlink()
    (model / "config.json").write_text("{")
    return "config.json is damaged"


def drop_all(model: Path) -> str:
    shutil.rmtree(model)
    return "there is no model in"


@pytest.mark.parametrize(
    "spoil",
    [cut_weights, point_weights, drop_weights, drop_shard, drop_tokenizer, drop_processor, break_config, drop_all],
)
def test_a_model_that_is_not_complete(patient: Patient, model: Path, spoil: Callable[[Path], str]) -> None:
    sentence = spoil(model)
    found = patient.trouble("model")
    assert found.status is Status.PROBLEM
    assert sentence in found.summary


def test_a_model_that_was_never_fetched(patient: Patient) -> None:
    patient.config.write_text(patient.config.read_text() + "model: {name: nobody/has-this-model}\n")
    found = patient.trouble("model")
    assert found.status is Status.PROBLEM
    assert "snapsortctl model pull nobody/has-this-model" in found.fix
