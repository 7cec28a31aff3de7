"""Test that command lines are answered as their author means them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from snapsortd.ctl.main import app
from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl

CONFIG = "version: 1\nlabels: {a: b}\nwatch: /w\nrules: []\n"


@pytest.mark.parametrize(
    ("words", "code", "answer"),
    [
        pytest.param("help", 0, "Usage: snapsortctl [OPTIONS] COMMAND", id="help"),
        pytest.param("help sort", 0, "Usage: snapsortctl sort [OPTIONS] PATH...", id="help of a command"),
        pytest.param("help model use", 0, "Usage: snapsortctl model use", id="help of a command below"),
        pytest.param("version", 0, "snapsortctl, version ", id="version"),
        pytest.param("sotr x", 2, "there is no command 'sotr'; did you mean 'sort'?", id="misspelt"),
        pytest.param("help sotr", 2, "there is no command 'sotr'; did you mean 'sort'?", id="misspelt after help"),
        pytest.param("revert", 2, "there is no command 'revert'; did you mean 'undo'?", id="another word"),
        pytest.param("start", 2, "did you mean 'service install'?", id="another word for two"),
        pytest.param("xyzzy", 2, "there is no command 'xyzzy'; `snapsortctl help` lists all", id="unknown"),
        pytest.param("/", 2, "'/' is a folder; did you mean `snapsortctl sim FOLDER`", id="a folder"),
        pytest.param("/dev/null", 2, "is a file; did you mean `snapsortctl explain FILE`", id="a file"),
        pytest.param("undo --dryrun", 2, "Did you mean '--dry-run'?", id="misspelt option"),
    ],
)
def test_an_answer_to_what_was_meant(words: str, code: int, answer: str) -> None:
    done = CliRunner().invoke(app, words.split(), prog_name="snapsortctl")
    assert done.exit_code == code
    assert answer in done.output


@pytest.mark.parametrize("line", ["--config {} rules list", "rules --config={} list", "rules list --config {}"])
def test_the_configuration_may_be_named_anywhere(ctl: Ctl, tmp_path: Path, line: str) -> None:
    config = tmp_path / "other.yaml"
    config.write_text(CONFIG)
    runner = CliRunner(env=ctl.env | {"SNAPSORTD_CONFIG": ""})
    assert "cannot be read" in str(runner.invoke(app, ["rules", "list"]).exception)
    assert runner.invoke(app, line.format(config).split()).exit_code == 0


def test_another_configuration_than_the_daemons_is_refused(ctl: Ctl, daemon: FakeControl) -> None:
    refused = ctl.run("log", "--config", "other.yaml", code=1).stderr
    assert "the running daemon uses /c/config.yaml, not " in refused
    assert ctl.json("log", "--config", "/c/config.yaml")["entries"]
    assert [call for call, _ in daemon.asked] == ["status", "status", "log"]


def test_sort_can_be_tried(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    assert ctl.out("sort", "--dry-run", str(images)) == ctl.out("sim", str(images))
    assert all(call["dry_run"] for _, call in daemon.asked)


def test_explain_of_a_file_that_is_not_there(ctl: Ctl, tmp_path: Path) -> None:
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    (tmp_path / "receipt.png").touch()
    lines = ctl.run("explain", str(tmp_path / "reciept.png"), code=1).stderr.splitlines()
    assert lines[0] == f"snapsortctl: there is no file {tmp_path}/reciept.png; did you mean 'receipt.png'?"
    assert "there is no file /nowhere/a.png, nor its folder" in ctl.run("explain", "/nowhere/a.png", code=1).stderr


def test_a_command_given_to_the_daemon() -> None:
    start = (sys.executable, "-c", "from snapsortd.daemon.main import main; main()", "sort", "a b")
    done = subprocess.run(start, capture_output=True, text=True)
    assert done.returncode == 2
    assert "did you mean `snapsortctl sort 'a b'`?" in done.stderr


def test_check_tells_what_cannot_be_meant_and_a_model_that_is_not_there(ctl: Ctl, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"version: 1\nlabels: {{a: b, c: {{negative: true, prompts: d}}}}\nwatch: {tmp_path}\nrules: []\n"
    )
    shown = ctl.run("check", str(config)).stderr
    assert shown == (
        "warning: some of this cannot be meant:\n"
        "  4:8: no rule is in effect, so no image is ever filed\n"
        "     4 | rules: []\n"
        "       |        ^\n"
    )
    config.write_text(config.read_text() + "model: nobody/nothing\n")
    lines = ctl.run("check", str(config), code=3).stderr.splitlines()
    assert lines[0] == f"snapsortctl: {config} has 1 fault"
    assert lines[1].startswith("  5:8: ")
    assert "snapsortctl model pull nobody/nothing" in lines[1]
