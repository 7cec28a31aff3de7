"""kill -9, and a failing disk, at every system call that changes anything: nothing is ever lost.

`strace` kills the process just before the N-th call of each kind (or makes that call fail); then a restart
repairs. Every state that the disk can have between two calls is met, because only these calls change it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapsortd.journal import Selection
from snapsortd.models import OWN_PREFIX, ActionKind, State
from snapsortd.repair import repair
from snapsortd.undo import undo
from tests.integration.filing import PIXELS, Filing, tree

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

REPOSITORY = Path(__file__).parents[2]
SQLITE_WRITE = "pwrite64"
CALLS = (
    *("renameat2", "linkat", "unlinkat", "mkdirat", "fsync", "fdatasync", "ftruncate"),
    *("fchmod", "fsetxattr", "utimensat", SQLITE_WRITE),
)
"""Making the temporary copy is met as the call after it."""

SQLITE_STRIDE = 13
"""A transaction is atomic (SQLite's own tests show it), so not every write inside one needs its own run."""

NO_RENAME = "inject=renameat2:error=ENOSYS"
MOVED_TO = "2026/a.png"


@dataclass(frozen=True)
class Case:
    """A step that is interrupted. `prepare` leaves the world as it is before it."""

    step: str
    two_disks: bool = False
    faults: tuple[str, ...] = ()
    """More that strace injects, all the time."""

    def prepare(self, folder: Path, other_disk: Path) -> Filing:
        folder.mkdir()
        (folder / "inbox").mkdir()
        far = (other_disk if self.two_disks else folder) / f"sorted {folder.name}"
        far.mkdir()
        filing = Filing(str(folder / "state" / "journal.sqlite3"), folder / "inbox", far)
        os.setxattr(filing.image(), "user.origin", b"kept")
        if self.step.startswith("undo"):
            kind = ActionKind.COPY if self.step == "undo a copy" else ActionKind.MOVE
            filing.file(filing.inbox / "a.png", filing.action("a.png", kind, folders=("2026",)))
        filing.journal.close()
        return filing


CASES = [
    pytest.param(Case("move"), id="move"),
    pytest.param(Case("move", faults=(NO_RENAME,)), id="move by link and unlink"),
    pytest.param(Case("move", two_disks=True), id="move to another disk"),
    pytest.param(Case("move", two_disks=True, faults=(NO_RENAME,)), id="move to another disk by link"),
    pytest.param(Case("copy"), id="copy"),
    pytest.param(Case("undo"), id="undo"),
    pytest.param(Case("undo", two_disks=True), id="undo from another disk"),
    pytest.param(Case("undo a copy"), id="undo of a copy"),
]


def run(filing: Filing, step: str, *faults: str) -> subprocess.CompletedProcess[str]:
    options = [part for option in (f"trace={','.join(CALLS)}", *faults) for part in ("-e", option)]
    return subprocess.run(
        [
            *("strace", "-f", "-qqq", *options, sys.executable, "-m", "tests.integration.one_step"),
            *(filing.journal_path, str(filing.inbox), str(filing.sorted), step.partition(" ")[0]),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def points(case: Case, folder: Path, other_disk: Path) -> Iterator[tuple[str, int]]:
    """Every changing call that the step makes, by kind and number."""
    filing = case.prepare(folder / "counting", other_disk)
    found = run(filing, case.step, *case.faults)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() in ("done", "undone")
    for call in CALLS:
        made = len(re.findall(rf"^(?:\[pid +\d+\] )?{call}\(", found.stderr, re.MULTILINE))
        for number in range(1, made + 1, SQLITE_STRIDE if call == SQLITE_WRITE else 1):
            yield call, number


def each_point(case: Case, tmp_path: Path, other_disk: Path, check: Callable[[Filing, str, int], None]) -> None:
    """Prepare afresh for every point; two at a time."""

    def one(numbered: tuple[int, tuple[str, int]]) -> None:
        place, (call, number) = numbered
        check(case.prepare(tmp_path / f"{place}", other_disk), call, number)

    with ThreadPoolExecutor(2) as pool:
        tried = list(pool.map(one, enumerate(points(case, tmp_path, other_disk))))
    assert len(tried) > 8


def check_whole(filing: Filing, case: Case) -> None:
    """After a restart: the image is whole, where the journal says, and nothing of ours lies about."""
    filing.open()
    try:
        repair(filing.journal, filing.mover)
        assert filing.journal.open_entries() == []
        here, there = tree(filing.inbox), tree(filing.sorted)
        assert not [name for name in (*here, *there) if OWN_PREFIX in name]
        assert here in ({}, {"a.png": PIXELS})
        assert there in ({}, {MOVED_TO: PIXELS})
        assert here or there
        if case.step in ("copy", "undo a copy"):
            assert here
        else:
            assert bool(here) != bool(there)
        for place in (*(filing.inbox / name for name in here), *(filing.sorted / name for name in there)):
            assert os.getxattr(place, "user.origin") == b"kept"
        standing = filing.journal.undoable(Selection(all=True))
        assert [entry.target for entry in standing] == [str(filing.sorted / name) for name in there]
        filing.journal.flush()
    finally:
        filing.journal.close()


def check_goes_on(filing: Filing, case: Case) -> None:
    """The interrupted step can be done again, and taken back to the very beginning."""
    filing.open()
    try:
        if not case.step.startswith("undo") and (filing.inbox / "a.png").exists():
            kind = ActionKind(case.step)
            entry = filing.file(filing.inbox / "a.png", filing.action("a.png", kind, folders=("2026",)))
            assert entry.state is State.DONE
        for result in undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True))):
            assert result.done, result.reason
        assert tree(filing.inbox) == {"a.png": PIXELS}
        assert tree(filing.sorted) == {}
    finally:
        filing.journal.close()


@pytest.mark.parametrize("case", CASES)
def test_killed_at_any_call(case: Case, tmp_path: Path, other_disk: Path) -> None:
    def check(filing: Filing, call: str, number: int) -> None:
        if call == "fdatasync":  # SQLite's only: to be killed at its next write is the same
            return
        kill = f"inject={call}:signal=KILL:when={number}"
        faults = [fault for fault in case.faults if not (call == "renameat2" and "renameat2" in fault)]
        killed = run(filing, case.step, *faults, kill)
        assert killed.returncode != 0 or call == SQLITE_WRITE, (call, number)
        check_whole(filing, case)
        check_goes_on(filing, case)

    each_point(case, tmp_path, other_disk, check)


FAILURES = {
    "renameat2": ("EIO", "EACCES"),
    "linkat": ("EIO", "EPERM"),
    "unlinkat": ("EACCES", "EIO"),
    "mkdirat": ("EROFS",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "ftruncate": ("EDQUOT",),
    "fchmod": ("EPERM",),
    "fsetxattr": ("ENOTSUP", "ENOSPC"),
    "utimensat": ("EPERM",),
    SQLITE_WRITE: ("ENOSPC",),
}


@pytest.mark.parametrize("case", [CASES[0], CASES[1], CASES[2], CASES[6], CASES[7]])
def test_any_call_failing_once(case: Case, tmp_path: Path, other_disk: Path) -> None:
    """No traceback, the truth told, and nothing lost; what a call refuses may be tried again."""

    def check(filing: Filing, call: str, number: int) -> None:
        error = FAILURES[call][number % len(FAILURES[call])]
        faults = [fault for fault in case.faults if not (call == "renameat2" and "renameat2" in fault)]
        failed = run(filing, case.step, *faults, f"inject={call}:error={error}:when={number}")
        assert failed.returncode == 0, (call, number, failed.stderr)
        assert "Traceback" not in failed.stderr, (call, number, failed.stderr)
        told = failed.stdout.strip()
        if told in ("done", "undone"):
            assert (not tree(filing.inbox)) == (case.step == "move")
        check_untouched_names(filing)
        check_repaired(filing, case)

    each_point(case, tmp_path, other_disk, check)


def check_untouched_names(filing: Filing) -> None:
    """Before any repair, whole files only: never none, never a half one under a real name."""
    here, there = tree(filing.inbox), tree(filing.sorted)
    real = [content for name, content in (here | there).items() if OWN_PREFIX not in name]
    assert real
    assert set(real) == {PIXELS}


def check_repaired(filing: Filing, case: Case) -> None:
    """After a restart the journal is true: open entries resolved, a conflict only where both files stand."""
    filing.open()
    try:
        repair(filing.journal, filing.mover)
        assert filing.journal.open_entries() == []
        here, there = tree(filing.inbox), tree(filing.sorted)
        if here and there and case.step not in ("copy", "undo a copy"):
            assert filing.journal.counts().conflicts == 1
            return
        for entry in filing.journal.undoable(Selection(all=True)):
            assert Path(entry.target).read_bytes() == PIXELS
    finally:
        filing.journal.close()


def test_repair_itself_may_be_killed(tmp_path: Path, other_disk: Path) -> None:
    """The worst moment of a move to another disk: both files stand. Then every call of the repair."""
    case = Case("move", two_disks=True)
    calls = [
        ("unlinkat", 1),
        *(("fsync", number) for number in (1, 2, 3)),
        ("fdatasync", 1),
        ("fdatasync", 2),
    ]
    for place, (call, number) in enumerate(calls):
        filing = case.prepare(tmp_path / f"{place}", other_disk)
        assert run(filing, case.step, "inject=unlinkat:signal=KILL:when=1").returncode != 0
        run(filing, "repair", f"inject={call}:signal=KILL:when={number}")
        check_whole(filing, case)
        check_goes_on(filing, case)


def test_a_copy_is_taken_away_where_there_is_neither_link_nor_such_a_rename(tmp_path: Path, other_disk: Path) -> None:
    filing = Case("undo a copy").prepare(tmp_path / "one", other_disk)
    done = run(filing, "undo", NO_RENAME, "inject=linkat:error=EPERM")
    assert (done.returncode, done.stdout.strip()) == (0, "undone"), done.stderr
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {}
