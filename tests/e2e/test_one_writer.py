"""A daemon and commands at the same time: one process writes, the others go through it or are refused.

Also with clocks that are set.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.images import receipt
from tests.support.instance import COMMANDS, SHARED, Instance, kept, tree
from tests.support.waiting import wait_for

Process = subprocess.Popen[str]


def started(instance: Instance, *words: str) -> Process:
    """Start a command in the background."""
    command = [COMMANDS / words[0], *words[1:]]
    return subprocess.Popen(command, env=instance.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: Process) -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=240)
    return process.returncode, out, errors


def images(folder: Path, prefix: str, count: int = 6) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{prefix} {number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        receipt(number).resize((100 + number, 100 + len(prefix))).save(path)
    return paths


def test_daemon_sort_undo_and_a_second_daemon_at_once_do_each_thing_once(shared: Instance) -> None:
    loose = shared.folder / "loose"
    filed_before = images(loose, "filed before")
    batch = shared.json("sort", str(loose))["batch"]
    to_sort, to_watch = images(loose, "sorted"), images(shared.folder / "stage", "watched")
    held = Counter(tree(loose, shared.inbox, shared.filed, shared.folder / "stage").values())

    processes = [
        started(shared, "snapsortctl", "sort", str(loose), "--json"),
        started(shared, "snapsortctl", "undo", "--batch", str(batch), "--json"),
        started(shared, "snapsortctl", "sort", str(loose), "--json"),
        started(shared, "snapsortd"),
    ]
    for path in to_watch:
        path.rename(shared.inbox / path.name)
    one, undo, other, daemon = map(ended, processes)
    wait_for(lambda: not any((shared.inbox / path.name).exists() for path in to_watch), what="the daemon's own filed")
    wait_for(shared.is_idle, what="idle")

    assert daemon[0] == 4
    pid = shared.status()["pid"]
    assert f"pid {pid}" in daemon[2]
    assert (shared.folder / "state" / "snapsortd" / "lock").read_text().split() == [str(pid)]
    assert json.loads(undo[1])["done"] == len(filed_before)
    results = [each for sort in (one, other) for each in json.loads(sort[1])["images"]]
    assert {sort[0] for sort in (one, other)} <= {0, 1}, "what the other has taken is gone, and said so"
    for path in to_sort:
        assert [each["outcome"] for each in results if each["path"] == str(path)].count("filed") == 1
        assert not path.exists()
    assert Counter(tree(loose, shared.inbox, shared.filed).values()) == held, "every image is in exactly one place"
    assert shared.status()["unfinished"] == 0


@dataclass
class Alone:
    """An instance without a daemon: `sort` filed six images, while others tried to run."""

    instance: Instance
    sorted: dict[str, Any]
    sorter: int
    """The process of `sort`."""
    refused: list[tuple[int, str, str]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with kept(Instance(tmp_path_factory.mktemp("alone"), SHARED)) as one:
        path = images(one.folder / "loose", "alone")[0]
        lock = one.folder / "state" / "snapsortd" / "lock"
        first = started(one, "snapsortctl", "sort", str(one.folder / "loose"), "--json")
        try:
            wait_for(lambda: lock.exists() and lock.read_text().split() == [str(first.pid)], what="the first at work")
            first.send_signal(signal.SIGSTOP)  # else it may have ended before the last of them starts
            others = (("snapsortctl", "sort", str(path)), ("snapsortctl", "undo", "--all"), ("snapsortd",))
            refused = [ended(started(one, *words)) for words in others]
            first.send_signal(signal.SIGCONT)
            yield Alone(one, json.loads(ended(first)[1]), first.pid, refused)
        finally:
            first.kill()


def test_without_a_daemon_the_second_is_kept_out_and_told_by_whom(alone: Alone) -> None:
    for code, out, errors in alone.refused:
        assert (code, out) == (4, "")
        assert f"another snapsortd process is running (pid {alone.sorter})" in errors
        assert "Traceback" not in errors
    assert alone.sorted["counts"] == {"filed": 6}
    assert len({each["path"] for each in alone.sorted["images"]}) == 6


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_order_is_by_sequence_however_the_clock_is_set(alone: Alone) -> None:
    """Each command runs in a different year: the last action is undone first."""
    filed, env = alone.instance.filed, alone.instance.env | {"NO_FAKE_STAT": "1"}
    before = tree(filed)

    def at(time: str, *words: str) -> Any:
        done = subprocess.run(
            ["faketime", "-f", time, COMMANDS / "snapsortctl", *words, "--json"],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    undone = at("-9y", "undo", "--last", "2")["results"]
    assert at("+9y", "undo", "--last", "1")["results"][0]["id"] < min(each["id"] for each in undone)
    assert at("-5y", "redo", "--last", "3")["done"] == 3
    entries = at("+0", "log", "--limit", "6")["entries"]
    assert [entry["kind"] for entry in entries] == ["redo"] * 3 + ["undo"] * 3
    assert [entry["id"] for entry in entries] == sorted((entry["id"] for entry in entries), reverse=True)
    years = [int(entry["at"][:4]) for entry in entries]
    assert years[0] < years[3] > years[4], "the clock did go back and forth"
    assert tree(filed) == before
    assert {os.path.basename(each["to"]) for each in at("-20y", "undo", "--last", "1")["results"]} == {
        os.path.basename(entries[0]["target"])
    }
    assert at("+20y", "redo")["done"] == 1
