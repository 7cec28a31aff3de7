"""The daemon's loop with a watched folder whose file system hangs: its server is stopped."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.config import WatchFolder
from snapsortd.daemon.loop import Daemon
from snapsortd.domain.file import FolderIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.answering import Answering
from snapsortd.pipeline.session import Session
from tests.support.entries import INTENT
from tests.support.file_systems import Served, served
from tests.support.filing import identity_of
from tests.support.turns import make_daemon
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="serves a file system through FUSE")


@pytest.fixture
def disk(folder: Path) -> Iterator[Served]:
    """Yield a file system, and put a file on it that needs no model."""
    with served("bindfs", folder) as one:
        (one.where / "notes.txt").write_text("on the disk")
        yield one


@pytest.fixture
def daemon(folder: Path, disk: Served, session: Session) -> Iterator[Daemon]:
    """Yield a daemon that watches this disk and a folder that always answers."""
    folders = (WatchFolder(str(disk.where), settle=0.01), WatchFolder(str(folder / "inbox"), settle=0.01))
    session.answering = Answering(patience=0.5)
    session.use(replace(session.config, watch=folders))
    one = make_daemon(session)
    one.watcher.start()
    yield one
    one.watcher.stop()


def until(daemon: Daemon, probe: Callable[[], bool], what: str) -> None:
    """Run the loop until this is so; it never sleeps for long."""
    has_ended = threading.Event()

    def keep_awake() -> None:
        while not has_ended.wait(0.05):
            daemon.queue.wake()

    waker = threading.Thread(target=keep_awake)
    waker.start()
    try:
        wait_for(lambda: [daemon.step(time.monotonic()), probe()][1], what=what)
    finally:
        has_ended.set()
        waker.join()


def outcome(daemon: Daemon, path: Path) -> Outcome | None:
    known = daemon.session.journal.history_of(str(path)).known
    return known.outcome if known else None


def is_silent(daemon: Daemon, disk: Served) -> bool:
    return daemon.watcher.states()[str(disk.where)].startswith("not answering since ")


def test_files_are_filed_beside_a_disk_that_hangs_and_from_it_once_it_answers(
    folder: Path, daemon: Daemon, disk: Served
) -> None:
    disk.freeze()
    until(daemon, lambda: is_silent(daemon, disk), "the disk missed")
    good = folder / "inbox" / "good.txt"
    good.write_text("a file that needs no model")
    until(daemon, lambda: outcome(daemon, good) is Outcome.IGNORED, "the other folder's file dealt with")
    assert outcome(daemon, disk.where / "notes.txt") is None
    disk.thaw()
    until(daemon, lambda: outcome(daemon, disk.where / "notes.txt") is Outcome.IGNORED, "the disk scanned")
    assert daemon.watcher.states()[str(disk.where)] == "watching"


def test_a_disk_that_hangs_in_the_middle_of_a_scan(daemon: Daemon, disk: Served) -> None:
    names = [f"{number}.txt" for number in range(60)]
    for name in names:
        (disk.where / name).write_text("a file that needs no model")
    until(daemon, lambda: len(daemon.queue) > 0, "the scan begun")
    disk.freeze()
    until(daemon, lambda: is_silent(daemon, disk), "the disk missed")
    until(daemon, lambda: len(daemon.queue) == 0, "the room for others")
    disk.thaw()
    until(daemon, lambda: all(outcome(daemon, disk.where / name) for name in names), "all of them dealt with")


def test_what_is_known_of_a_disk_that_hangs_is_kept_and_a_reload_does_not_wait(daemon: Daemon, disk: Served) -> None:
    bad = disk.where / "bad.png"
    bad.write_text("no image")
    daemon.session.journal.remember(Known(str(bad), identity_of(bad), Outcome.QUARANTINED, "no image"))
    disk.freeze()
    until(daemon, lambda: is_silent(daemon, disk), "the disk missed")
    daemon.folders.rescan()
    daemon.folders.stop()
    daemon.folders.restart()
    assert is_silent(daemon, disk)
    assert outcome(daemon, bad) is Outcome.QUARANTINED
    disk.thaw()
    until(daemon, lambda: daemon.watcher.states()[str(disk.where)] == "watching", "watched again")
    os.unlink(bad)
    daemon.folders.rescan()
    assert outcome(daemon, bad) is None


def test_an_unfinished_move_on_a_disk_that_hangs_holds_up_nothing(
    daemon: Daemon, disk: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snapsortd.pipeline.repairs.START_PATIENCE_S", 0.5)
    session, path = daemon.session, disk.where / "notes.txt"
    source, target = os.stat(disk.where), os.stat(folder / "filed")
    entry = session.journal.begin(
        replace(
            INTENT,
            source=str(path),
            source_root=str(disk.where),
            source_folder=FolderIdentity(source.st_dev, source.st_ino),
            target=str(folder / "filed" / path.name),
            target_root=str(folder / "filed"),
            target_folder=FolderIdentity(target.st_dev, target.st_ino),
            identity=identity_of(path),
        )
    )
    disk.freeze()
    session.repairs.repair_at_start()
    good = folder / "inbox" / "good.txt"
    good.write_text("a file that needs no model")
    until(daemon, lambda: outcome(daemon, good) is Outcome.IGNORED, "the other folder's file dealt with")
    assert session.journal.open_entries() == [entry]
    disk.thaw()
    until(daemon, lambda: not session.journal.open_entries(), "the move dropped")
    assert path.exists()


def test_an_image_that_is_known_on_a_disk_that_hangs_holds_up_no_other(
    daemon: Daemon, disk: Served, folder: Path
) -> None:
    known = disk.where / "notes.txt"
    until(daemon, lambda: outcome(daemon, known) is not None, "the disk's file dealt with")
    before, sha256 = identity_of(known), hashlib.sha256(known.read_bytes()).digest()
    daemon.session.journal.remember(Known(str(known), before, Outcome.QUARANTINED, "", "f", sha256=sha256))
    disk.freeze()
    until(daemon, lambda: is_silent(daemon, disk), "the disk missed")
    twin, good = folder / "inbox" / "twin.png", folder / "inbox" / "good.txt"
    twin.write_text("on the disk")
    os.utime(twin, ns=(0, before.mtime_ns))
    until(daemon, lambda: outcome(daemon, twin) is Outcome.FAILED, "the twin put off")
    good.write_text("a file that needs no model")
    until(daemon, lambda: outcome(daemon, good) is Outcome.IGNORED, "the other file dealt with")
    disk.thaw()
