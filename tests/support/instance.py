"""An installed snapsortd with all of its locations in one folder, as a process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import Unavailable
from tests.support.exported import fill_cache
from tests.support.waiting import wait_for

COMMANDS = Path(sys.executable).parent

CONFIG = """\
version: 1
existing: file
labels:
  screenshot: [a screenshot, a screenshot of a software interface, a screen capture from a phone]
  receipt: [a photo of a receipt, a scanned invoice]
  photo: {{negative: true, prompts: ["a photo of a person, an animal or a place", a photo]}}
  document: {{negative: true, prompts: [a page of text, a handwritten note, a letter]}}
  picture: {{negative: true, prompts: [a drawing, a chart, a logo]}}
watch:
  - path: {inbox}
    settle: 300ms
rules:
  - name: Receipts
    filters: [label: receipt]
    actions: [move: "{filed}/Receipts/"]
  - name: Screenshots
    filters: [label: screenshot]
    actions: [move: "{filed}/Screenshots/{{label}}/"]
"""


class Running(Protocol):
    """A process, as far as it is used here."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


class Instance:
    """A daemon's folders, its process and its client; two instances never share anything."""

    def __init__(
        self, folder: Path, config: str = CONFIG, *, ran_before: bool = True, disk: Path | None = None
    ) -> None:
        """Lay out the folders; with `ran_before`, the embedded model is already exported.

        The user's own are in `disk`, if it is given.
        """
        self.folder = folder
        disk = disk or folder
        self.inbox = disk / "inbox"
        self.filed = disk / "filed"
        self.inbox.mkdir()
        self.config = folder / "config.yaml"
        self.config.write_text(config.format(inbox=self.inbox, filed=self.filed))
        # The path of a socket is limited to 103 bytes, and pytest's folders can be longer.
        self.runtime = Path(tempfile.mkdtemp(prefix="snap"))
        self.env = os.environ | {
            "HOME": str(folder / "home"),
            "SNAPSORTD_CONFIG": str(self.config),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_DATA_HOME": str(disk / "data"),
            "XDG_RUNTIME_DIR": str(self.runtime),
        }
        if ran_before:
            fill_cache(folder / "cache" / "snapsortd")
        self.log = folder / "daemon.log"
        self.process: Running | None = None

    def start(self) -> None:
        """Start the daemon and wait until it is ready to file."""
        with self.log.open("ab") as log:
            self.process = self.launch(log)
        wait_for(self.is_running, seconds=120, what=f"daemon running, see {self.log}")

    def launch(self, log: BinaryIO) -> Running:
        """Start the daemon's process; its output goes to `log`."""
        return subprocess.Popen([COMMANDS / "snapsortd"], env=self.env, stderr=log)

    def is_running(self) -> bool:
        """Return True once the model is loaded; fail at once if the daemon has exited."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        status = self.status()
        return status.get("state") == "running" and status.get("model", {}).get("state") == "ready"

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.end(signal.SIGKILL)

    def end(self, with_signal: int = signal.SIGTERM, seconds: float = 30) -> int | None:
        """Send a signal, wait, and return the exit code."""
        if self.process is None:
            return None
        self.process.send_signal(with_signal)
        code = self.process.wait(seconds)
        self.process = None
        return code

    def ctl(self, *words: str, ok: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run snapsortctl and check its exit code."""
        done = subprocess.run(
            [COMMANDS / "snapsortctl", *words],
            env=self.env,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=240,
        )
        assert done.returncode in ok, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str, ok: tuple[int, ...] = (0,)) -> Any:
        """Run snapsortctl with --json and return its output."""
        return json.loads(self.ctl(*words, "--json", ok=ok).stdout)

    def status(self) -> dict[str, Any]:
        """Return `status --json`, even without a daemon; a running daemon is queried without starting a process."""
        try:
            return Client(str(self.runtime / "snapsortd" / "control.sock")).status()
        except Unavailable:
            found = self.json("status", ok=(0, 4))
        assert isinstance(found, dict)
        return found

    def is_idle(self) -> bool:
        """Return True once nothing is queued."""
        return bool(self.status()["queued"] == 0)


def tree(*folders: Path) -> dict[str, str]:
    """Return every regular file below the folders: path → SHA-256."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


SHARED = """\
version: 1
existing: file
labels: {{picture: a picture}}
watch:
  - path: {inbox}
    subfolders: true
    settle: 200ms
rules:
  - name: Names
    locations: {inbox}/names
    actions: [move: "{filed}/names/{{name}}/"]
  - name: Disk
    locations: {inbox}/disk
    actions: [move: "{filed}/disk/sub/"]
  - name: All
    actions: [move: "{filed}/"]
"""


@contextmanager
def kept(one: Instance) -> Iterator[Instance]:
    """Kill everything that is still running at the end, and clean up."""
    try:
        yield one
    finally:
        one.kill()
        shutil.rmtree(one.runtime)
