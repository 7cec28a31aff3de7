"""A daemon for tests of watching: images that are cheap to classify, and queries of what it did with them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import time
import zlib
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from snapsortd.config import load_config
from snapsortd.ctl.client import Client
from snapsortd.domain.errors import SnapsortError
from tests.support.instance import COMMANDS, Instance
from tests.support.waiting import wait_for


def png(number: int) -> bytes:
    """Return a small image, a different one for each number."""
    row = b"\0" + number.to_bytes(8, "big") * 3
    header = struct.pack(">2I5B", 8, 8, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * 8)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


class Observed(Instance):
    """An instance that another program may start, and whose state can be inspected.

    The watched folders, which must be the inbox or be located in it, are created; the first one is used by `settled`.
    """

    def __init__(self, folder: Path, config: str, prefix: tuple[str, ...] = ()) -> None:
        super().__init__(folder, config)
        self.prefix = prefix
        folders = [Path(each.path) for each in load_config(str(self.config), os.environ).watch]
        for each in folders:
            each.mkdir(exist_ok=True)
        self._first = folders[0]
        self._used: tuple[str, ...] = ()
        self._asleep_since = 0.0

    def start(self) -> None:
        """Start the daemon, through `prefix` if given, and wait until it is ready to file."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self.prefix, COMMANDS / "snapsortd"], env=self.env, stderr=log)
        wait_for(self.is_running, seconds=180, what=f"daemon running, see {self.log}")

    @cached_property
    def client(self) -> Client:
        """Return the daemon's API."""
        return Client(str(self.runtime / "snapsortd" / "control.sock"))

    @property
    def pid(self) -> int:
        """Return the process id of the running daemon."""
        assert self.process is not None
        return self.process.pid

    def entries(self, path: Path | None = None) -> list[dict[str, Any]]:
        """Return all journal entries, newest first, or those from or to one path."""
        found: list[dict[str, Any]] = []
        before = None
        while page := self.client.log(limit=1000, before=before, path=None if path is None else str(path))["entries"]:
            found += page
            before = page[-1]["id"]
        return found

    def outcome(self, path: Path) -> str | None:
        """Return the result for the image at `path`; None while none is known."""
        try:
            told = self.client.explain(str(path))["outcome"]
        except SnapsortError:
            return None
        return str(told) if told else None

    def state_of(self, folder: Path) -> str:
        """Return the daemon's status of a watched folder."""
        return {each["path"]: str(each["state"]) for each in self.status()["folders"]}[str(folder)]

    def holds_open(self, path: Path) -> bool:
        """Return True if the daemon has this file open, or a file in this folder."""
        return any(link == str(path) or link.startswith(f"{path}/") for link in open_paths(self.pid))

    def mount(self, *words: str) -> None:
        """Run `mount` or `umount` where its effect is visible to the daemon."""
        subprocess.run(["nsenter", f"--mount=/proc/{self.pid}/ns/mnt", *words], check=True, timeout=60)

    def seen(self, path: Path) -> Path:
        """Return the path by which this process reaches what the daemon sees at `path`."""
        return Path(f"/proc/{self.pid}/root{path}")

    def known(self, folder: Path) -> list[tuple[Any, ...]]:
        """Return the journal's rows for the images in a folder, with the order and time of writing."""
        address = f"file:{self.folder}/state/snapsortd/journal.sqlite3?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as journal:
            statement = "SELECT rowid, * FROM images WHERE instr(path, ?) = 1 ORDER BY path"
            return journal.execute(statement, (os.fsencode(folder) + b"/",)).fetchall()

    def filed_once(self, source: Path, content: bytes) -> bool:
        """Return True if the journal holds exactly one move from there, and these bytes have arrived."""
        done = [entry for entry in self.entries(source) if entry["state"] == "done"]
        return len(done) == 1 and Path(done[0]["target"]).read_bytes() == content

    def settled(self, folder: Path | None = None) -> None:
        """Wait until every image so far has been processed.

        This is so when a final image has been filed (from `folder`, if given), every scan has ended and nothing is
        queued.
        """
        last = (folder or self._first) / f"last-{os.urandom(4).hex()}.png"
        last.write_bytes(png(int.from_bytes(os.urandom(7), "big")))
        wait_for(lambda: not last.exists(), seconds=60, what="the last image filed")
        wait_for(lambda: self.is_idle() and not self.holds_open(self.inbox), seconds=60, what="idle")

    def rests(self) -> bool:
        """Return True once all threads of the daemon have slept for a second."""
        threads = [
            path.read_text().rpartition(")")[2].split() for path in Path(f"/proc/{self.pid}/task").glob("*/stat")
        ]
        # proc_pid_stat(5): the state comes right after the name, the CPU time eleven fields later.
        used = tuple("".join(fields[11:13]) for fields in threads)
        now = time.monotonic()
        if used != self._used or any(fields[0] != "S" for fields in threads):
            self._used, self._asleep_since = used, now
        return now - self._asleep_since > 1.0


def a_disk(daemon: Observed, name: str) -> Path:
    """Create a disk image with a file system, which only root can mount."""
    if not daemon.prefix or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root and mkfs.ext4")
    image = daemon.folder / name
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, timeout=60)
    return image


def open_paths(pid: int) -> list[str]:
    """Return the targets of a process's descriptors."""
    folder, found = f"/proc/{pid}/fd", []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:  # closed meanwhile
            continue
    return found


def peak_kib(pid: int) -> int:
    """Return the peak memory use of a process, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
