"""A daemon with all of its locations in one temporary folder, run from the installed programs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from snapsortd.ctl.client import Client, Reply
from snapsortd.ctl.self_test.picture import png
from snapsortd.domain.errors import Unavailable
from snapsortd.files.locations import find_locations

START_S = 240.0
"""Maximum wait for the daemon and its model, of which the first start on a slow machine takes longest."""
FILING_S = 60.0
STOPPING_S = 30.0
POLL_S = 0.1

CONFIG = """\
version: 1
existing: file
labels: {picture: a picture}
watch: [{path: $SNAPSORTD_SELF_TEST/inbox, settle: 300ms}]
rules:
  - {name: Move, filters: [name: "move*"], actions: [move: $SNAPSORTD_SELF_TEST/filed/moved/]}
  - {name: Copy, filters: [name: "copy*"], actions: [copy: $SNAPSORTD_SELF_TEST/filed/copied/]}
  - {name: Trash, filters: [name: "trash*"], actions: [trash]}
  - {name: Tag, filters: [name: "tag*"], actions: [tag: [self-test]]}
"""


class Broken(Exception):
    """A promise that was not kept; its text says how."""


class Trial:
    """One daemon, its folders, and the images that were given to it."""

    def __init__(self, folder: Path, programs: Path, env: Mapping[str, str]) -> None:
        """Lay out the folders; `programs` is where snapsortd and snapsortctl are."""
        self.folder, self.programs = folder, programs
        self.inbox, self.filed, self.log = folder / "inbox", folder / "filed", folder / "daemon.log"
        self.own_env = {
            "HOME": str(folder / "home"),
            "SNAPSORTD_CONFIG": str(folder / "config.yaml"),
            "SNAPSORTD_SELF_TEST": str(folder),
            **{
                f"XDG_{name}_HOME": str(folder / "home" / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")
            },
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        self.env = {**env, **self.own_env}
        for each in (self.inbox, folder / "home", folder / "run"):
            each.mkdir(mode=0o700)
        (folder / "config.yaml").write_text(CONFIG)
        locations = find_locations(self.env)
        self.trash = Path(locations.trash_dir)
        self.client = Client(locations.socket)
        self.dropped: dict[str, bytes] = {}
        self.daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until its model is loaded."""
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen([self.programs / "snapsortd"], env=self.env, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the model is loaded, whoever started the daemon."""
        self.wait_until(lambda: self.status().get("model", {}).get("state") == "ready", "the model is loaded", START_S)

    def stop(self) -> None:
        """Have the daemon end as at logout."""
        if self.daemon is None:
            return
        daemon, self.daemon = self.daemon, None
        daemon.terminate()
        try:
            code = daemon.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
            raise Broken(f"the daemon did not stop within {STOPPING_S:g} s") from None
        if code:
            raise Broken(f"the daemon ended with exit code {code}")

    def status(self) -> Reply:
        """Return the state of the daemon; empty if it does not answer."""
        try:
            return self.client.status()
        except Unavailable:
            return {}

    def drop(self, name: str) -> Path:
        """Put a new image into the watched folder."""
        self.dropped[name] = png(len(self.dropped))
        path = self.inbox / name
        path.write_bytes(self.dropped[name])
        return path

    def file(self, name: str) -> Path:
        """Put a new image into the watched folder, and wait until it was filed."""
        path = self.drop(name)
        self.wait_until(
            lambda: any(e["source"] == str(path) and e["state"] == "done" for e in self.client.log()["entries"]),
            f"{name} is filed",
            FILING_S,
        )
        return path

    def ctl(self, *words: str) -> str:
        """Run snapsortctl and return its output."""
        done = subprocess.run(
            [self.programs / "snapsortctl", *words], env=self.env, capture_output=True, text=True, timeout=FILING_S
        )
        if done.returncode:
            raise Broken(f"`snapsortctl {' '.join(words)}` ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def wait_until(self, is_so: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait for a condition. Raise Broken if the daemon ends meanwhile, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if self.daemon is not None and self.daemon.poll() is not None:
                raise Broken(f"the daemon ended with exit code {self.daemon.returncode}, waiting until {what}")
            if time.monotonic() > deadline:
                raise Broken(f"after {seconds:g} s it is still not so that {what}")
            time.sleep(POLL_S)

    def files(self, folder: Path) -> dict[str, bytes]:
        """Return name → content of all files below a folder."""
        found = (Path(above) / name for above, _, names in os.walk(folder) for name in names)
        return {path.name: path.read_bytes() for path in found}
