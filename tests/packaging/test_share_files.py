"""The man pages and completion scripts that are written when the package is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snapsortd.ctl.commands.completion import SHELLS, script
from snapsortd.ctl.main import COMMANDS

SCRIPT = Path(__file__).parents[2] / "packaging" / "share_files.py"


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("share")
    env = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run([sys.executable, SCRIPT, folder], env=env, check=True)
    return folder


def test_every_command_has_a_page(share: Path) -> None:
    names = {path.stem for path in (share / "man/man1").iterdir()}
    assert {"snapsortd", "snapsortctl", *(f"snapsortctl-{each}" for each in COMMANDS)} <= names
    assert "snapsortctl-rules-tune" in names
    page = (share / "man/man1/snapsortctl-undo.1").read_text()
    assert page.startswith('.TH "SNAPSORTCTL\\-UNDO" 1 2023-11-14 ')
    assert ".TP\n.B \\-\\-rule NAME\nOnly actions of this rule.\n" in page


def test_pages_are_correct_roff(share: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("there is no mandoc")
    pages = sorted((share / "man/man1").iterdir())
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_completions_are_those_that_the_command_prints(share: Path) -> None:
    written = {path.read_text() for path in share.rglob("*") if path.is_file() and "man1" not in path.parts}
    assert written == {script(shell) for shell in SHELLS}
