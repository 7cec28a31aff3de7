"""The installed daemon beside a disk that takes minutes for a copy, or that does not answer at all."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from snapsortd.ctl.client import Client
from tests.support.file_systems import Served, served
from tests.support.images import receipt
from tests.support.instance import Instance, kept
from tests.support.switches import Switches
from tests.support.waiting import wait_for

CONFIG = """\
version: 1
existing: file
labels:
  receipt: [a photo of a receipt, a scanned invoice]
watch: [{{path: "{inbox}/near", settle: 200ms}}, {{path: "{inbox}/far", settle: 200ms}}]
rules:
  - {{name: Far, locations: "{inbox}/far", actions: [move: "FAR/"]}}
  - {{name: Near, actions: [move: "{filed}/"]}}
"""
SLOW = 1_000_000
"""Bytes per second."""
WATCHDOG_S = 0.2


class TwoDisks(Instance):
    """Configure two folders: inbox/far is filed to `far`, inbox/near stays on this disk."""

    def __init__(self, folder: Path, far: Path) -> None:
        super().__init__(folder, CONFIG.replace("FAR", str(far)))
        for name in ("near", "far"):
            (self.inbox / name).mkdir()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(self.runtime / "notify"))
        self.manager.setblocking(False)
        self.env |= {"NOTIFY_SOCKET": self.manager.getsockname(), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}

    def image(self, name: str, more: int = 0) -> Path:
        """Create a new image, with `more` bytes behind it."""
        new = self.folder / "new.png"
        receipt(3).resize((200, 300)).save(new)
        with new.open("ab") as file:
            file.write(os.urandom(more))
        return new.rename(self.inbox / name)

    def working(self) -> dict[str, Any]:
        """Return the first thing that takes long; empty if there is none."""
        found: list[dict[str, Any]] = self.status()["working"]
        return found[0] if found else {}

    def feeds(self) -> int:
        """Return how often the watchdog was fed since the last call."""
        count = 0
        with suppress(BlockingIOError):
            while message := self.manager.recv(4096):
                count += message == b"WATCHDOG=1"
        return count

    def is_fed(self) -> None:
        """Wait until the watchdog was fed as often as it has to be in 2 s."""
        self.feeds()
        fed, began = 0, time.monotonic()
        while time.monotonic() - began < 2:
            fed += self.feeds()
            self.status()
        assert fed >= 2 / WATCHDOG_S

    def is_unlocked(self) -> bool:
        """Return True if another daemon could start."""
        with (self.folder / "state" / "snapsortd" / "lock").open("rb") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def ends(self) -> None:
        """Check that SIGTERM ends it within 5 s."""
        began = time.monotonic()
        assert self.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5


@contextmanager
def beside(folder: Path, disk: Served) -> Iterator[TwoDisks]:
    with kept(one := TwoDisks(folder, disk.where)), one.manager:
        one.start()
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "daemon"
    made.mkdir()
    return made


def test_a_long_copy_is_shown_holds_up_nothing_and_is_dropped_at_the_end(tmp_path: Path, folder: Path) -> None:
    with served("passthrough", tmp_path, switches=Switches(bytes_per_second=SLOW)) as disk, beside(folder, disk) as one:
        big = one.image("far/big.png", more=40 * SLOW)
        content = big.read_bytes()
        wait_for(lambda: one.working().get("doing") == "copying" and one.working()["percent"], what="it is copied")
        assert one.working()["path"] == str(big)
        assert f"copying {big}: " in one.ctl("status").stdout
        assert not one.status()["problems"]

        other = one.image("far/other.png")
        near = one.image("near/a.png")
        wait_for(lambda: not near.exists() and not other.exists(), what="others are filed meanwhile")
        api = Client(str(one.runtime / "snapsortd" / "control.sock"))
        assert api.image(str(one.image("near/b.png")), dry_run=False, batch=None)["outcome"] == "filed"
        assert api.undo(dry_run=False, last=1)["done"] == 1
        one.is_fed()

        assert one.working()["doing"] == "copying"
        one.ends()
        assert big.read_bytes() == content
        assert os.listdir(disk.where) == ["other.png"]
        Switches().write(disk.behind)
        one.start()
        wait_for(lambda: not big.exists(), what="it is filed after the next start", seconds=60)
        assert (disk.where / "big.png").read_bytes() == content


def test_a_disk_that_stops_to_answer_holds_up_only_what_needs_it(tmp_path: Path, folder: Path) -> None:
    """At the end, nothing can end a system call that is in the hands of its server; but another daemon can start."""
    with served("passthrough", tmp_path, switches=Switches(bytes_per_second=SLOW)) as disk, beside(folder, disk) as one:
        big = one.image("far/big.png", more=40 * SLOW)
        content = big.read_bytes()
        wait_for(lambda: one.working().get("doing") == "copying", what="it is copied")
        disk.freeze()
        wait_for(lambda: one.working().get("silent_s"), what="it is noticed")
        assert one.working()["path"] == str(big)
        assert f"{big}: its file system has not answered for " in one.ctl("status").stdout
        near = one.image("near/b.png")
        wait_for(lambda: not near.exists(), what="another one is filed")
        one.is_fed()
        assert one.process is not None
        one.process.send_signal(signal.SIGTERM)
        wait_for(one.is_unlocked, seconds=5, what="the journal is closed, and the lock released")
        disk.thaw()
        assert one.process.wait(30) == 0
        assert big.read_bytes() == content
        Switches().write(disk.behind)
        one.start()
        wait_for(lambda: not big.exists(), what="it is filed after the next start", seconds=60)
        assert (disk.where / "big.png").read_bytes() == content
        assert os.listdir(disk.where) == ["big.png"]
