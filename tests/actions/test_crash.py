"""kill -9, and a failing disk, at every system call that changes anything: nothing is ever lost.

`strace` kills the process just before the N-th call of each kind (or makes that call fail); then a restart runs
recovery. This covers every state that the disk can have between two calls, because only these calls change it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import State
from snapsortd.domain.names import OWN_PREFIX
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import undo
from tests.support.filing import PIXELS, Filing, tree
from tests.support.one_step import TAG, act

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

LONG = "SNAPSORTD_FULL" in os.environ
"""Run every case; takes many minutes."""

REPOSITORY = Path(__file__).parents[2]
SQLITE_WRITE = "pwrite64"
CALLS = (
    *("renameat2", "renameat", "linkat", "unlinkat", "mkdirat", "fsync", "fdatasync", "ftruncate"),
    *("symlinkat", "fchmod", "fsetxattr", "fremovexattr", "utimensat", SQLITE_WRITE),
)
"""Creating the temporary copy is covered by the call after it."""

SQLITE_STRIDE = 13
"""A transaction is atomic (SQLite's own tests show that), so not every write inside one needs a run of its own."""

NO_RENAME = "inject=renameat2:error=ENOSYS"
OTHER = b"what was there before"
KEEPING = ("copy", "hardlink", "symlink", "tag")
"""The image stays where it is."""


@dataclass(frozen=True)
class Case:
    """A step that is interrupted. `prepare` leaves everything as it is before the step."""

    step: str
    """KIND or KIND,ON_CONFLICT; preceded by "undo" to undo that action."""
    two_disks: bool = False
    """Whether source and destination are on two file systems; the trash is on the first."""
    faults: tuple[str, ...] = ()
    """Additional faults that strace injects throughout."""

    @property
    def action(self) -> str:
        """The action that is done, or undone."""
        return self.step.removeprefix("undo ")

    @property
    def is_undo(self) -> bool:
        return self.action != self.step

    @property
    def keeps(self) -> bool:
        return self.action.partition(",")[0] in KEEPING

    @property
    def first(self) -> dict[str, object]:
        """Return everything that exists before the first action and after all of them are undone."""
        there = OTHER if self.taken else None
        if self.action.endswith(OnConflict.DEDUPLICATE):
            there = PIXELS
        return {"inbox/a.png": PIXELS} | ({} if there is None else {self.taken_name: there})

    @property
    def taken(self) -> bool:
        return "," in self.action

    @property
    def taken_name(self) -> str:
        return "inbox/b.png" if self.action.startswith(ActionKind.RENAME) else "sorted/2026/a.png"

    def prepare(self, folder: Path, other_disk: Path) -> Filing:
        folder.mkdir()
        far = (other_disk if self.two_disks else folder) / f"sorted {folder.name}"
        far.mkdir()
        inbox = (far if self.two_disks and self.action == ActionKind.TRASH else folder) / "inbox"
        inbox.mkdir()
        filing = Filing(str(folder / "state" / "journal.sqlite3"), inbox, far)
        os.setxattr(filing.image(), "user.origin", b"kept")
        for name, content in self.first.items():
            if name == self.taken_name:
                there = (inbox if name.startswith("inbox") else far).joinpath(*Path(name).parts[1:])
                there.parent.mkdir(exist_ok=True)
                there.write_bytes(content)
                os.setxattr(there, "user.origin", b"kept")
        if self.is_undo:
            act(filing, self.action)
        filing.journal.close()
        return filing


UNTIL_NOW = [
    pytest.param(Case("move"), id="move"),
    pytest.param(Case("move", faults=(NO_RENAME,)), id="move by link and unlink"),
    pytest.param(Case("move", two_disks=True), id="move to another disk"),
    pytest.param(Case("move", two_disks=True, faults=(NO_RENAME,)), id="move to another disk by link"),
    pytest.param(Case("copy"), id="copy"),
    pytest.param(Case("undo move"), id="undo"),
    pytest.param(Case("undo move", two_disks=True), id="undo from another disk"),
    pytest.param(Case("undo copy"), id="undo of a copy"),
]
ONLY_LONG = [
    pytest.param(Case("rename"), id="rename"),
    pytest.param(Case("undo trash", two_disks=True), id="undo of trash on another disk"),
    pytest.param(Case("trash", faults=(NO_RENAME,)), id="trash by link and unlink"),
    pytest.param(Case("rename,rename_existing"), id="rename in place, rename_existing"),
    pytest.param(Case("move,trash", two_disks=True), id="existing to the trash on another disk"),
    pytest.param(Case("copy,trash"), id="existing to the trash for a copy"),
    pytest.param(Case("undo move,trash"), id="undo of existing to the trash"),
]
CASES = [
    *UNTIL_NOW,
    *(pytest.param(Case(kind), id=kind) for kind in ("hardlink", "symlink", "tag", "trash")),
    *(pytest.param(Case(f"undo {kind}"), id=f"undo of {kind}") for kind in ("hardlink", "symlink", "tag", "trash")),
    pytest.param(Case("trash", two_disks=True), id="trash on another disk"),
    pytest.param(Case("move,rename_existing"), id="rename_existing"),
    pytest.param(Case("undo move,rename_existing"), id="undo of rename_existing"),
    pytest.param(Case("move,trash"), id="existing to the trash"),
    pytest.param(Case("move,deduplicate"), id="deduplicate"),
    *(ONLY_LONG if LONG else ()),
]


def run(filing: Filing, step: str, *faults: str) -> subprocess.CompletedProcess[str]:
    options = [part for option in (f"trace={','.join(CALLS)}", *faults) for part in ("-e", option)]
    return subprocess.run(
        [
            *("strace", "-f", "-qqq", *options, sys.executable, "-m", "tests.support.one_step"),
            *(filing.journal_path, str(filing.inbox), str(filing.sorted), "undo" if step.startswith("undo") else step),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def points(case: Case, folder: Path, other_disk: Path) -> Iterator[tuple[str, int]]:
    """Return every changing call that the step makes, by kind and number; one that always fails changes nothing."""
    filing = case.prepare(folder / "counting", other_disk)
    found = run(filing, case.step, *case.faults)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() in ("done", "undone")
    for call in CALLS:
        if any(fault.startswith(f"inject={call}:") for fault in case.faults):
            continue
        made = len(re.findall(rf"^(?:\[pid +\d+\] )?{call}\(", found.stderr, re.MULTILINE))
        for number in numbers(case, call, made):
            yield call, number


def numbers(case: Case, call: str, made: int) -> Collection[int]:
    """Return the calls to hit, of this many calls of a kind."""
    if call != SQLITE_WRITE:
        return range(1, made + 1)
    if any(case == each.values[0] for each in UNTIL_NOW):
        return range(1, made + 1, SQLITE_STRIDE)
    return sorted({made // 2, made})


def each_point(case: Case, tmp_path: Path, other_disk: Path, check: Callable[[Filing, str, int], None]) -> None:
    """Prepare again for every point, running two at a time."""

    def one(numbered: tuple[int, tuple[str, int]]) -> None:
        place, (call, number) = numbered
        check(case.prepare(tmp_path / f"{place}", other_disk), call, number)

    with ThreadPoolExecutor(2) as pool:
        tried = list(pool.map(one, enumerate(points(case, tmp_path, other_disk))))
    assert len(tried) > 8


def everything(filing: Filing) -> dict[str, object]:
    """Return the contents of all files and links below the three folders; a trash note only counts as a note."""
    found: dict[str, object] = {}
    for label, root in (("inbox", filing.inbox), ("sorted", filing.sorted), ("trash", filing.trash)):
        for path in root.rglob("*"):
            if path.is_symlink():
                found[f"{label}/{path.relative_to(root)}"] = os.readlink(path)
            elif path.is_file():
                found[f"{label}/{path.relative_to(root)}"] = path.read_bytes()
    return {name: each for name, each in found.items() if not name.startswith("sorted/inbox/")}


def is_tagged(path: Path) -> bool:
    return "user.xdg.tags" in os.listxattr(path)


def check_whole(filing: Filing, case: Case) -> None:
    """Check that after a restart everything is whole and where the journal says, with no temporary file left."""
    filing.open()
    try:
        repair(filing.journal, filing.mover)
        assert filing.journal.open_entries() == []
        found = everything(filing)
        assert not [name for name in found if OWN_PREFIX in name]
        notes = {name for name in found if name.startswith("trash/info/")}
        thrown = {f"trash/info/{os.path.basename(name)}.trashinfo" for name in found if name.startswith("trash/files/")}
        assert notes == thrown
        check_counts(found.keys() - notes, found, case)
        standing = filing.journal.undoable(Selection(all=True))
        for entry in standing:
            assert os.path.lexists(entry.intent.target)
            assert not os.path.islink(entry.intent.target) or os.readlink(entry.intent.target) == entry.intent.source
            if entry.intent.tags == (TAG,):
                assert is_tagged(Path(entry.intent.target))
        if case.action == ActionKind.TAG:
            assert is_tagged(filing.inbox / "a.png") == bool(standing)
    finally:
        filing.journal.close()


def check_counts(names: Collection[str], found: dict[str, object], case: Case) -> None:
    """Check that each original file exists once, and the image possibly a second time as its copy or link."""
    wanted = list(case.first.values())
    for content in (PIXELS, OTHER):
        there = sum(found[name] == content for name in names)
        more = case.keeps and content == PIXELS and case.action != ActionKind.TAG
        assert wanted.count(content) <= there <= wanted.count(content) + more, names
    links = [name for name in names if isinstance(found[name], str)]
    assert len(links) <= (case.action == ActionKind.SYMLINK)
    assert len(names) - len(links) <= len(wanted) + case.keeps
    assert not case.keeps or found["inbox/a.png"] == PIXELS


def check_goes_on(filing: Filing, case: Case) -> None:
    """Check that the interrupted step can be repeated, and undone to the very beginning."""
    filing.open()
    try:
        image = filing.inbox / "a.png"
        is_to_do = image.exists() and not (case.action == ActionKind.TAG and is_tagged(image))
        if not case.is_undo and is_to_do:
            assert act(filing, case.action).state is State.DONE
        for result in undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True))):
            assert result.done, result.reason
        assert everything(filing) == case.first
        assert not is_tagged(image)
        for path in (image, *filing.sorted.rglob("*.png")):
            assert os.getxattr(path, "user.origin") == b"kept"
    finally:
        filing.journal.close()


@pytest.mark.parametrize("case", CASES)
def test_killed_at_any_call(case: Case, tmp_path: Path, other_disk: Path) -> None:
    def check(filing: Filing, call: str, number: int) -> None:
        if call == "fdatasync":  # only used by SQLite: being killed at its next write is equivalent
            return
        kill = f"inject={call}:signal=KILL:when={number}"
        killed = run(filing, case.step, *case.faults, kill)
        assert killed.returncode != 0 or call == SQLITE_WRITE, (call, number)
        check_whole(filing, case)
        check_goes_on(filing, case)

    each_point(case, tmp_path, other_disk, check)


FAILURES = {
    "renameat2": ("EIO", "EACCES"),
    "renameat": ("EIO", "EACCES"),
    "linkat": ("EIO", "EPERM"),
    "symlinkat": ("EIO", "EPERM"),
    "fremovexattr": ("EACCES",),
    "unlinkat": ("EACCES", "EIO"),
    "mkdirat": ("EROFS",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "ftruncate": ("EDQUOT",),
    "fchmod": ("EPERM",),
    "fsetxattr": ("EOPNOTSUPP", "ENOSPC"),
    "utimensat": ("EPERM",),
    SQLITE_WRITE: ("ENOSPC",),
}


def at(*names: str) -> list[ParameterSet]:
    return [case for case in CASES if case.id in names]


FAILING = [
    *at("move", "move by link and unlink", "move to another disk", "undo from another disk", "undo of a copy"),
    *at("hardlink", "symlink", "tag", "undo of tag", "trash", "undo of trash", "existing to the trash"),
]


@pytest.mark.parametrize("case", CASES if LONG else FAILING)
def test_any_call_failing_once(case: Case, tmp_path: Path, other_disk: Path) -> None:
    """No traceback, an accurate report, and nothing lost; a refused action may be retried."""

    def check(filing: Filing, call: str, number: int) -> None:
        error = FAILURES[call][number % len(FAILURES[call])]
        failed = run(filing, case.step, *case.faults, f"inject={call}:error={error}:when={number}")
        assert failed.returncode == 0, (call, number, failed.stderr)
        assert "Traceback" not in failed.stderr, (call, number, failed.stderr)
        told = failed.stdout.strip()
        if told in ("done", "undone"):
            assert (filing.inbox / "a.png").exists() == (case.is_undo or case.keeps)
        check_untouched_names(filing)
        check_repaired(filing, case)

    each_point(case, tmp_path, other_disk, check)


def check_untouched_names(filing: Filing) -> None:
    """Check that before recovery only whole files exist: never none, and never a partial one under a real name."""
    found = {name: each for name, each in everything(filing).items() if not name.startswith("trash/info/")}
    real = [content for name, content in found.items() if OWN_PREFIX not in name and isinstance(content, bytes)]
    assert PIXELS in real
    assert set(real) <= {PIXELS, OTHER}


def check_repaired(filing: Filing, case: Case) -> None:
    """Check that a restart makes the journal accurate: open entries resolved, a conflict only if both files exist."""
    filing.open()
    try:
        repair(filing.journal, filing.mover)
        assert filing.journal.open_entries() == []
        found = {name: each for name, each in everything(filing).items() if not name.startswith("trash/info/")}
        for content in case.first.values():
            assert content in found.values()
        real = [name for name in found if OWN_PREFIX not in name]
        if len(real) > len(case.first) and not case.keeps:
            assert filing.journal.counts().conflicts == 1
            return
        for entry in filing.journal.undoable(Selection(all=True)):
            assert os.path.lexists(entry.intent.target)
    finally:
        filing.journal.close()


def test_repair_itself_may_be_killed(tmp_path: Path, other_disk: Path) -> None:
    """The worst moment of a move to another disk: both files exist. Then every call of recovery."""
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
    filing = Case("undo copy").prepare(tmp_path / "one", other_disk)
    done = run(filing, "undo", NO_RENAME, "inject=linkat:error=EPERM")
    assert (done.returncode, done.stdout.strip()) == (0, "undone"), done.stderr
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {}
