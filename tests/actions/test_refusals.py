"""Errors that a file system may return for a move, in a real process: the file stays, and no other name is tried.

It is moved later, once the cause is gone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snapsortd.domain.entry import State
from snapsortd.domain.names import OWN_PREFIX
from tests.support.filing import PIXELS, Filing, tree

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

REPOSITORY = Path(__file__).parents[2]


def step(filing: Filing, *faults: str) -> str:
    """Run one move in a process of its own, some of whose system calls fail; a third fault is the path that fails."""
    strace = [part for option, fault in zip(("-e", "-e", "-P"), faults, strict=False) for part in (option, fault)]
    done = subprocess.run(
        [
            *(("strace", "-f", "-qqq", "-o", "/dev/null", *strace) if faults else ()),
            *(sys.executable, "-m", "tests.support.one_step"),
            *(filing.journal_path, str(filing.inbox), str(filing.sorted), "move"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


WORDS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "the disk quota is used up",
    "EROFS": "the disk is read-only",
    "EACCES": "no permission",
    "EPERM": "not permitted",
    "EIO": "the disk reports an error",
}
FAULTS = {
    "mkdirat": ("ENOSPC", "EDQUOT", "EROFS", "EACCES"),
    "renameat2": ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"),
    "pwrite64": ("ENOSPC", "EDQUOT", "EIO"),
}


@pytest.mark.parametrize(("call", "error"), [(call, error) for call, errors in FAULTS.items() for error in errors])
def test_a_refusal_keeps_the_file_and_tries_no_other_name(
    request: pytest.FixtureRequest, call: str, error: str
) -> None:
    """A folder that cannot be created, a rename that is refused, a copy that cannot be written."""
    one: Filing = request.getfixturevalue("far_filing" if call == "pwrite64" else "filing")
    one.image()
    faults = [f"trace={call}", f"inject={call}:error={error}"]
    if call == "pwrite64":  # SQLite writes with this call too, and only the copy is to fail
        first = f"{OWN_PREFIX}1.{hashlib.sha256(PIXELS).hexdigest()[:8]}"
        faults.append(str(one.sorted / "2026" / first))
    one.journal.close()
    said = step(one, *faults)
    assert said.startswith("MoveRefused")
    assert WORDS[error] in said
    assert tree(one.inbox) == {"a.png": PIXELS}
    assert tree(one.sorted) == {}
    one.open()
    targets = {(entry.state, entry.intent.target) for entry in one.journal.entries()}
    assert targets <= {(State.FAILED, str(one.sorted / "2026" / "a.png"))}
    one.journal.close()
    assert step(one) == "done"
    assert tree(one.sorted) == {"2026/a.png": PIXELS}
