"""Test the documentation that ships with the package."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from snapsortd.config import load_config
from snapsortd.ctl.commands.docs import pages
from snapsortd.ctl.main import app
from tests.support.ctl import PROGRAM


def out(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["docs", *words])
    assert done.exit_code == code
    return done.output


def test_all_pages_recipes_and_the_example_are_listed() -> None:
    listed = [line.split()[0] for line in out().splitlines()]
    assert listed == list(pages())
    assert {"commands", "configuration", "cookbook", "numbers", "example", "receipts-by-month"} <= set(listed)


@pytest.mark.parametrize("name", [name for name, text in pages().items() if text.name.endswith(".yaml")])
def test_what_is_printed_of_a_recipe_is_a_configuration(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(out(name))
    assert load_config(str(path), {"HOME": str(tmp_path)}).rules


def test_a_page_may_be_named_as_its_file_and_another_one_is_suggested() -> None:
    assert out("undo.md") == out("UNDO") == out("undo")
    assert "there is no page 'udno'; did you mean 'undo'?" in out("udno", code=2)


def test_a_page_is_formatted_for_a_terminal() -> None:
    terminal, side = pty.openpty()
    env = os.environ | {"PAGER": "cat", "TERM": "xterm"}
    with subprocess.Popen([*PROGRAM, "docs", "undo"], stdout=side, env=env) as process:
        os.close(side)
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:  # Linux reports the other end's closing as EIO
            pass
        os.close(terminal)
    assert process.returncode == 0
    assert b"Undo" in shown
    assert b"```" not in shown
