"""The crash sweep in short: the driver of `make crash-test`, at a few points of every scenario."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.crash_sweep.points import ERRORS, Locations, Point, points
from tests.crash_sweep.sweep import STEPS, Choice, Tally, sweep
from tests.crash_sweep.world import SHARED_MEMORY
from tests.support.file_systems import why_not

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may trace a running daemon everywhere"),
    pytest.mark.skipif(not Path(SHARED_MEMORY).is_dir(), reason="there is no second file system"),
    pytest.mark.skipif(bool(why_not("passthrough")), reason="there is no FUSE"),
]

SAMPLE = {
    **dict.fromkeys(STEPS, Choice(2)),
    **dict.fromkeys(("sort-by-link", "sort-by-placeholder", "undo-by-placeholder"), Choice(1)),
}
"""The number of runs of each scenario."""


@pytest.mark.timeout(900)
def test_a_sample_of_all_points_loses_nothing() -> None:
    lines: list[str] = []
    tally = Tally(lines.append)
    sweep(SAMPLE, 2, tally)
    assert not tally.violations, "\n".join(tally.violations)
    assert tally.kills, lines
    assert tally.kills + tally.faults >= sum(choice.sample or 0 for choice in SAMPLE.values()) * 3 / 4, lines


def test_the_points_of_a_run_are_the_calls_that_change_files() -> None:
    log = """\
7 openat(5</w/inbox>, "a.png", O_RDONLY|O_NOFOLLOW|O_CLOEXEC) = 6</w/inbox/a.png>
7 openat(5</w/filed>, ".snapsort.12.ab", O_RDWR|O_CREAT|O_EXCL, 0600) = 7</w/filed/.snapsort.12.ab>
7 pwrite64(7</w/filed/.snapsort.12.ab>, "x", 1, 0) = 1
8 fsync(3</elsewhere>) = 0
7 pwrite64(4</w/state/snapsortd/journal.sqlite3-wal>, "x", 1, 0 <unfinished ...>
7 renameat2(5</w/inbox>, "a.png", 6</w/filed>, "b.png", RENAME_NOREPLACE) = 0
7 write(2</w/state/snapsortd/log/snapsortd.log>, "x", 1) = 1
7 write(1<pipe:[5]>, "x", 1) = 1
"""
    found = points(log, Locations(("/w",), 10))
    assert [(str(point), point.about) for point in found] == [
        ("openat:1", "files"),
        ("pwrite64:1", "files"),
        ("pwrite64:2", "journal"),
        ("renameat2:1", "files"),
        ("write:1", ""),
    ]
    options = found[0].options(Locations(("/w",), 20))
    assert (options[0], options[3]) == ("-P", ".snapsort.22.ab")
    first, second = '7 mkdirat(3</w/filed>, "a", 0777) = 0\n', '8 mkdirat(3</w/filed>, "b", 0777) = 0\n'
    assert [str(point) for point in points(first + second + second, Locations(("/w",), 10))] == [
        "mkdirat:1",  # it stops the first thread
        "mkdirat:2",
    ]


def test_a_sweep_without_a_choice_meets_every_point_with_every_error() -> None:
    found = [Point("fsync", 1, about="files"), Point("pwrite64", 1, about="journal")]
    everything = {str(point) for point in Choice(thorough=True).among(found)}
    assert everything == {f"{point}{error}" for point in found for error in ("", *(f":{error}" for error in ERRORS))}
    assert [str(point) for point in Choice(only="fsync:1:EIO").among(found)] == ["fsync:1:EIO"]
    assert len(Choice(sample=3).among(found)) == 3
