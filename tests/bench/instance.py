"""An installed snapsortd with all of its locations in one folder, as a process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from processes import cpu_s

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import Unavailable

COMMANDS = Path(sys.executable).parent
SETTLE_S = 0.1
"""The time for which a file must be unchanged; the bench subtracts it."""
TIMEOUT_S = 600.0
NO_EXPORT_S = 20.0
"""An export begins within this time after the model was loaded, or not at all."""
IDLE_WINDOW_S, IDLE_CPU_S = 0.5, 0.01
"""A daemon is idle if it used no more CPU time than the second within the time given by the first."""

CONFIG = """\
version: 1
existing: file
model:
  name: {model}
labels:
  screenshot: [a screenshot of a software interface or a screen capture from phone]
  receipt: [a photo of an invoice or a receipt]
  photo: [a photo of a real-world scene]
watch:
  - path: {inbox}
    settle: 100ms
rules:
  - name: All
    actions: [move: "{filed}/"]
"""
"""Random weights mean nothing, so any image is filed, whatever its label."""


class Instance:
    """The daemon, started and stopped as a context; its events come from `snapsortctl watch`."""

    def __init__(self, folder: Path, model: str, cache: Path, config: str = CONFIG) -> None:
        """Lay out an instance; `cache` is what the product prepares once per model, and may be shared."""
        self.inbox = folder / "inbox"
        self.filed = folder / "filed"
        self.journal = folder / "state" / "snapsortd" / "journal.sqlite3"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self._config = folder / "config.yaml"
        self._config.write_text(config.format(model=model, inbox=self.inbox, filed=self.filed))
        self._log = folder / "daemon.log"
        self._runtime = Path(tempfile.mkdtemp(prefix="snap"))  # the path of a socket is limited to 103 bytes
        self.env = os.environ | {
            "HOME": str(folder),
            "SNAPSORTD_CONFIG": str(self._config),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(cache),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(self._runtime),
            "HF_HUB_OFFLINE": "1",
        }
        self._daemon: subprocess.Popen[bytes] | None = None
        self._events: subprocess.Popen[str] | None = None
        self._dropped = 0
        self.ready_s = self.loaded_s = 0.0
        """Seconds from the start of the process until READY, and until it could file."""

    def start(self) -> None:
        """Start it and wait for READY, as systemd would; the model may still be loading then."""
        self._runtime.mkdir(mode=0o700, exist_ok=True)
        address = self._runtime / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, self._log.open("ab") as log:
            manager.bind(str(address))
            manager.settimeout(TIMEOUT_S)
            began = time.perf_counter()
            self._daemon = subprocess.Popen(
                [COMMANDS / "snapsortd"], env=self.env | {"NOTIFY_SOCKET": str(address)}, stderr=log
            )
            while b"READY=1" not in manager.recv(4096):
                pass
            self.ready_s = time.perf_counter() - began
        address.unlink()
        self._wait_for(lambda status: status["state"] == "running", "the model is loaded")
        self.loaded_s = time.perf_counter() - began
        command = [str(COMMANDS / "snapsortctl"), "watch", "--json"]
        self._events = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True)
        assert self._events.stdout is not None
        self._events.stdout.readline()  # the state: no event is missed from here on

    def stop(self) -> None:
        """Stop it as systemd would."""
        for process in (self._daemon, self._events):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(30)
        self._daemon = self._events = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._runtime, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Return the daemon's process id."""
        assert self._daemon is not None
        return self._daemon.pid

    @property
    def classifier_pid(self) -> int:
        """Return the classifier's process id, which changes at every switch of the engine."""
        found = self.status()["classifier_pid"]
        assert isinstance(found, int), "no classifier runs"
        return found

    def ctl(self, *words: str) -> str:
        """Return the output of `snapsortctl`."""
        done = subprocess.run(
            [COMMANDS / "snapsortctl", *words], env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"snapsortctl {words[0]}: {done.stderr}")
        return done.stdout

    def status(self) -> dict[str, Any]:
        """Return `status --json`, without a process that would cost the measured ones CPU time."""
        return Client(str(self._runtime / "snapsortd" / "control.sock")).status()

    def wait_for_engine(self) -> dict[str, Any]:
        """Wait until the engine no longer changes, and return what status reports about the model.

        torch stays if no export begins for a while after the start.
        """
        since = time.monotonic()

        def stays(status: dict[str, Any]) -> bool:
            nonlocal since
            if status["state"] != "running" or status["model"].get("exporting"):
                since = time.monotonic()
                return False
            return status["model"]["engine"] != "torch" or time.monotonic() - since > NO_EXPORT_S

        model: dict[str, Any] = self._wait_for(stays, "the engine is chosen")["model"]
        return model

    def wait_until_idle(self) -> None:
        """Wait until nothing is queued, and no thread of the daemon has worked for a while."""
        self._wait_for(lambda status: status["queued"] == 0, "nothing waits")
        before, now = -1.0, cpu_s([self.pid])
        while now - before > IDLE_CPU_S:
            time.sleep(IDLE_WINDOW_S)
            before, now = now, cpu_s([self.pid])

    def drop(self, image: Path) -> float:
        """Copy `image` into the inbox and return the seconds from its close until it was filed, less the settle time.

        Raise RuntimeError if it was not filed.
        """
        return self._drop(image, set())

    def file_backlog(self, images: Sequence[Path]) -> float:
        """Return the seconds from `resume` until a backlog of copies of `images` is filed; then remove them."""
        self.ctl("pause")
        paths = self._copies(images)
        os.sync()  # a real backlog has been on the disk for long
        began = time.perf_counter()
        self.ctl("resume")
        self._wait_filed(set(paths), set())
        seconds = time.perf_counter() - began
        shutil.rmtree(self.filed)
        return seconds

    def drop_among(self, images: Sequence[Path], new: Path) -> list[float]:
        """Return the results of `drop` for copies of `new`, one by one, while copies of `images` are being filed.

        A tenth of these is filed before the first one is dropped.
        """
        paths = self._copies(images)
        waiting = set(paths)
        self._wait_filed(set(paths[: len(paths) // 10]), waiting)
        found = []
        while waiting:
            found.append(self._drop(new, waiting))
        shutil.rmtree(self.filed)
        return found

    def _copies(self, images: Sequence[Path]) -> list[str]:
        paths = [self._new_name(image) for image in images]
        for image, path in zip(images, paths, strict=True):
            shutil.copyfile(image, path)
        return list(map(str, paths))

    def _drop(self, image: Path, others: set[str]) -> float:
        path = self._new_name(image)
        data = image.read_bytes()
        with path.open("wb") as file:
            file.write(data)
        closed = time.perf_counter()
        self._wait_filed({str(path)}, others)
        return time.perf_counter() - closed - SETTLE_S

    def _new_name(self, image: Path) -> Path:
        self._dropped += 1
        return self.inbox / f"{self._dropped:05}-{image.name}"

    def _wait_filed(self, paths: set[str], others: set[str]) -> None:
        """Wait until `paths` are filed. Remove every filed path from both sets."""
        assert self._events is not None
        assert self._events.stdout is not None
        for line in self._events.stdout:
            event = json.loads(line)
            path = event.get("path")
            if path not in paths and path not in others:
                continue
            if event["event"] != "filed":
                raise RuntimeError(f"{path} was not filed: {event}")
            paths.discard(path)
            others.discard(path)
            if not paths:
                return
        raise RuntimeError(f"the daemon ended: {self._log.read_text()}")

    def _wait_for(self, reached: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and self._daemon is not None and self._daemon.poll() is None:
            try:
                status = self.status()
            except Unavailable:  # it does not reply yet
                continue
            if reached(status):
                return status
            time.sleep(0.1)
        raise RuntimeError(f"not within {TIMEOUT_S:g} s: {what}. {self._log.read_text()}")
