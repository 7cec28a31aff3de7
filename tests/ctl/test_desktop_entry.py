"""The entry of the review page in the desktop's menu: installed with the service, and removed with it."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

import pytest

from snapsortd.ctl.service_files.desktop_entry import entry_path, entry_text, install_entry, remove_entry
from snapsortd.daemon.open_review import review_command

PROGRAM = '/opt/a "b" $c\\d 100%/snapsortctl'


def arguments(text: str) -> list[str]:
    """Return the command of an entry, read as the specification says."""
    entry = configparser.RawConfigParser(interpolation=None, delimiters="=")
    entry.read_string(text)
    command = entry["Desktop Entry"]["Exec"].replace("\\\\", "\\")
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', command)
    return [re.sub(r"\\(.)", r"\1", quoted or plain).replace("%%", "%") for quoted, plain in words]


@pytest.mark.pure
@pytest.mark.parametrize("variables", [{}, {"SNAPSORTD_CONFIG": "/my config/`x`.yaml"}])
def test_the_command_survives_its_quotes(variables: dict[str, str]) -> None:
    before = ["env", *(f"{name}={value}" for name, value in variables.items())] if variables else []
    assert arguments(entry_text(PROGRAM, variables)) == [*before, PROGRAM, "review"]


def test_it_comes_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path)}
    assert remove_entry(env) == []
    monkeypatch.setattr(sys, "platform", "darwin")
    assert install_entry(PROGRAM, {}, env) == []
    monkeypatch.setattr(sys, "platform", "linux")
    assert install_entry(PROGRAM, {}, env) == [f"wrote {entry_path(env)}"]
    assert arguments(Path(entry_path(env)).read_text())[-1] == "review"
    assert remove_entry(env) == [f"removed {entry_path(env)}"]
    assert not Path(entry_path(env)).exists()


@pytest.mark.pure
def test_the_button_opens_it_outside_of_the_service(tmp_path: Path) -> None:
    program = tmp_path / "systemd-run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    inside = {"INVOCATION_ID": "1", "PATH": str(tmp_path), "SNAPSORTD_CONFIG": "/c.yaml", "OTHER": "x"}
    command = list(review_command(inside))
    assert command[:2] == ["systemd-run", "--user"]
    assert "--setenv=SNAPSORTD_CONFIG=/c.yaml" in command
    assert not any("OTHER" in each for each in command)
    for env in ({"PATH": str(tmp_path)}, {"INVOCATION_ID": "1", "PATH": "/nowhere"}):
        found = review_command(env)
        assert found[0].endswith("/snapsortctl")
        assert command[-2:] == list(found)
