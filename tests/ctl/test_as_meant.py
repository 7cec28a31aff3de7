"""Test that command lines are answered as their author means them; for slips see `test_command_lines.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from snapsortd.ctl.main import app
from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl

CONFIG = "version: 1\nlabels: {a: b}\nwatch: /w\nrules: []\n"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        pytest.param("help", "Usage: snapsortctl [OPTIONS] COMMAND", id="help"),
        pytest.param("help sort", "Usage: snapsortctl sort [OPTIONS] PATH...", id="help of a command"),
        pytest.param("help model use", "Usage: snapsortctl model use", id="help of a command below"),
        pytest.param("version", "snapsortctl, version ", id="version"),
    ],
)
def test_an_answer_to_what_was_meant(words: str, answer: str) -> None:
    done = CliRunner().invoke(app, words.split(), prog_name="snapsortctl")
    assert done.exit_code == 0
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
    assert lines[0] == f"snapsortctl: the configuration {config} has one problem"
    assert lines[1].startswith("  5:8: ")
    assert "snapsortctl model pull nobody/nothing" in lines[1]
