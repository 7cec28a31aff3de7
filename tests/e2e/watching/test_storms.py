"""More images and events at once than any queue holds: all are filed, exactly once, and memory use stays low.

`SNAPSORTD_FULL=1` makes the floods as large as guaranteed, which takes minutes.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.watch.queue import FRESH_LIMIT
from tests.support.instance import kept
from tests.support.observed import Observed, peak_kib, png
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(3600)

FULL = os.environ.get("SNAPSORTD_FULL") == "1"
STORM = 20_000 if FULL else 300
CROWD = 50_000 if FULL else 12_000
FEW = 4_000
"""Enough to fill caches that stop growing at some size, such as SQLite's page cache."""
IMAGES = 40
GROWTH_KIB = 2_048
"""The paths of the additional files alone would need a third more, and nothing else is that large."""
IN_FLIGHT_KIB = 7_168
"""Thousands of events may be on their way to the queue, more on a slow machine. If all were kept, it would be 10 MB."""
PORTION = 1_000
"""Few enough files at a time that their events fit into the kernel's queue, however slowly it is read."""
STORMS = 8 if FULL else 2
TIMEOUT_S = 2_700 if FULL else 120

CONFIG = """\
version: 1
existing: file
model: MODEL
labels: {{picture: a picture}}
watch:
  - {{path: "{inbox}", settle: 300ms}}
rules:
  - name: All
    actions: [move: "{filed}/"]
"""


def overflow(folder: Path) -> None:
    """Create more events in a folder than the kernel keeps for a process that does not read them."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip("fs.inotify.max_queued_events is too high to reach here")
    (folder / "0.tmp").touch()
    for number in range(limit + 100):
        (folder / f"{number}.tmp").rename(folder / f"{number + 1}.tmp")


def test_images_whose_events_were_lost_are_filed_exactly_once(daemon: Observed) -> None:
    """Some files are found by an event and by the rescan, most by the rescan only, and some arrive during it.

    Half of them are in subfolders that could not be watched before.
    """
    flat, deep = daemon.inbox / "storm", daemon.inbox / "storm in subfolders"
    images = {f"storm-{number}.png": png(number) for number in range(STORM)}
    names = iter(images)

    def drop(share: int) -> None:
        for number, name in zip(range(STORM * share // 10), names, strict=False):
            folder = flat if number % 2 else deep / f"{share}-{number % 5}"
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(images[name])

    filed, logged = daemon.status()["filed"], len(daemon.log.read_text())
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        drop(2)
        overflow(flat)
        drop(7)
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    drop(1)
    wait_for(lambda: daemon.status()["filed"] >= filed + STORM, seconds=TIMEOUT_S, what="all images filed")
    daemon.settled()
    daemon.settled(deep / "7-2")  # a folder that was created unnoticed is watched
    assert "overflow" in daemon.log.read_text()[logged:]
    found = {path.name: path.read_bytes() for path in daemon.filed.iterdir() if path.name in images}
    assert found == images, "each is there, byte for byte"
    moves = Counter(Path(entry["source"]).name for entry in daemon.entries() if entry["state"] == "done")
    assert {name: moves[name] for name in images} == dict.fromkeys(images, 1)
    assert all("/storm" not in each["path"] for each in daemon.status()["problems"])
    for junk in flat.glob("*.tmp"):
        junk.unlink()


def crowd(folder: Path, numbers: range) -> None:
    """Create files with long names that are not images."""
    for number in numbers:
        (folder / f"{number:0200}.txt").write_bytes(b"no image")


def crowd_told_once(folder: Path, numbers: range) -> None:
    """Create the same, each with one event.

    A written file causes two, which count twice until the daemon has examined them.
    """
    made = folder.parent / "made elsewhere"
    made.mkdir(exist_ok=True)
    crowd(made, numbers)
    for path in made.iterdir():
        path.rename(folder / path.name)


@pytest.fixture
def instance(tmp_path: Path, model: Path) -> Iterator[Observed]:
    """Return an instance that is not started yet."""
    one = Observed(tmp_path, CONFIG.replace("MODEL", str(model)))
    with kept(one):
        yield one


def test_a_crowd_of_files_at_the_start_takes_no_memory_and_holds_up_nothing_new(instance: Observed) -> None:
    """Both the files from before the start, and those that arrived while the daemon was down."""
    crowd(instance.inbox, range(FEW))
    (instance.inbox / "early.png").write_bytes(png(1))
    instance.start()
    instance.settled()
    few = peak_kib(instance.pid)
    assert (instance.filed / "early.png").exists()
    instance.end()

    crowd(instance.inbox, range(FEW, CROWD))
    for number in range(IMAGES):
        (instance.inbox / f"crowded-{number}.png").write_bytes(png(100 + number))
    instance.start()
    (instance.inbox / "new.png").write_bytes(png(2))
    wait_for(lambda: (instance.filed / "new.png").exists(), seconds=60, what="the new image filed")
    assert instance.status()["queued"] > 0, "the crowd still waits"
    assert instance.holds_open(instance.inbox), "and not all of it was seen"
    wait_for(lambda: not instance.holds_open(instance.inbox), seconds=TIMEOUT_S, what="the scan's end")
    instance.settled()
    assert {path.name for path in instance.filed.glob("crowded-*")} == {f"crowded-{n}.png" for n in range(IMAGES)}
    assert peak_kib(instance.pid) - few < GROWTH_KIB
    assert instance.outcome(instance.inbox / f"{CROWD - 1:0200}.txt") == "ignored"


@pytest.fixture
def paused(daemon: Observed) -> Iterator[Observed]:
    """Yield the one daemon, paused for the duration of a test."""
    daemon.client.send("pause")
    yield daemon
    daemon.client.send("resume")


def test_events_beyond_what_may_wait_take_no_memory(paused: Observed) -> None:
    folder = paused.inbox / "crowd"
    for number in range(0, FRESH_LIMIT + PORTION, PORTION):
        crowd_told_once(folder, range(number, number + PORTION))
        held = min(number + PORTION, FRESH_LIMIT)
        wait_for(lambda held=held: paused.status()["queued"] >= held, seconds=TIMEOUT_S, what=f"{held} in the queue")
    wait_for(paused.rests, seconds=TIMEOUT_S, what="rest")
    full = peak_kib(paused.pid)
    for storm in range(1, STORMS):
        crowd(folder, range(storm * 2 * FRESH_LIMIT, (storm * 2 + 1) * FRESH_LIMIT))
        wait_for(paused.rests, seconds=TIMEOUT_S, what="rest")
    assert peak_kib(paused.pid) - full < IN_FLIGHT_KIB
    assert FRESH_LIMIT <= paused.status()["queued"] <= 2 * FRESH_LIMIT

    for path in folder.iterdir():
        path.unlink()
    image = folder / "dropped.png"
    image.write_bytes(png(1))
    paused.client.send("resume")
    wait_for(lambda: not image.exists(), seconds=TIMEOUT_S, what="the image whose event was dropped is filed")
