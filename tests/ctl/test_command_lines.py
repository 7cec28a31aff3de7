"""Test that every slip on a command line is answered by what helps its author: `command_lines.txt` is the table.

A row is a command line after `$`, then its exit code and the message: all that is written, without the usage.
`…` stands for a text of any length. HOME is the home folder, in which one image was filed.
"""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import closing
from pathlib import Path

import pytest

from snapsortd.ctl import main as ctl
from snapsortd.daemon import main as daemon
from snapsortd.journal import Journal
from tests.support.entries import INTENT, caused, done

TABLE = Path(__file__).with_name("command_lines.txt").read_text()
ROWS = re.findall(r"^\$ (.+)\n(\d) (.+(?:\n[^$\n].*)*)", TABLE, re.MULTILINE)
CONFIG = """version: 1
labels: {receipt: a receipt, other: a photo}
watch: ~/Downloads
rules: [{name: Receipts, filters: [{label: receipt}], actions: [{move: ~/Receipts/}]}]
"""
USAGE = re.compile(r"(?:Usage: |usage: |Try '|\s*\[|$).*")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    for inside in ("Downloads", ".config/snapsortd", ".local/state/snapsortd"):
        (folder / inside).mkdir(parents=True)
    (folder / ".config/snapsortd/config.yaml").write_text(CONFIG)
    for name in ("Downloads/receipt.png", "Downloads/notes.txt", "other.yaml"):
        (folder / name).write_text("milk, bread")
    with closing(Journal(str(folder / ".local/state/snapsortd/journal.sqlite3"))) as journal:
        done(journal, caused(INTENT, rule="Receipts"))
    return folder


@pytest.mark.parametrize(("line", "code", "message"), ROWS, ids=[line for line, _, _ in ROWS])
def test_the_answer_to_a_slip(
    home: Path,
    line: str,
    code: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", "")
    monkeypatch.setenv("SNAPSORTD_CONFIG", "")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    program, *words = shlex.split(line)
    monkeypatch.setattr(sys, "argv", [program, *words])
    with pytest.raises(SystemExit) as ended:
        {"snapsortctl": ctl.main, "snapsortd": daemon.main}[program]()
    answer = capsys.readouterr()
    written = (answer.err or answer.out).replace(str(home), "HOME")
    lines = "\n".join(each for each in written.splitlines() if not USAGE.fullmatch(each))
    assert ended.value.code == int(code), written
    assert re.fullmatch(".*".join(map(re.escape, message.split("…"))), lines), lines
