"""An instance for the doctor to examine, with all of its locations in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from snapsortd.ctl.client import Client
from snapsortd.ctl.doctor import DoctorInput, Finding, Status, examine
from snapsortd.ctl.doctor.folders import Runtime
from snapsortd.ctl.doctor.service import Installation
from snapsortd.files.locations import Locations, find_locations
from tests.support.filing import Filing

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount or give files away")
PROGRAM = (sys.executable, "-c", "from snapsortd.ctl.main import main; main()")
CONFIG = """\
version: 1
existing: file
labels: {{receipt: a receipt, photo: a photo}}
watch: [{{path: "{inbox}", subfolders: true}}]
rules: [{{name: All, filters: [label: receipt], actions: [move: "{filed}/"]}}]
"""
RUNTIME = Runtime("linux", sys.executable, os.getuid())


@dataclass
class Patient:
    """An instance with all of its locations in one folder, and the doctor's findings about it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inbox, self.filed, self.config = (self.folder / name for name in ("inbox", "filed", "config.yaml"))
        self.inbox.mkdir()
        self.write_config()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "SNAPSORTD_CONFIG": str(self.config),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
        }

    @property
    def locations(self) -> Locations:
        return find_locations(self.env)

    def write_config(self, **folders: object) -> None:
        """Watch and file into folders other than the usual ones."""
        self.config.write_text(CONFIG.format(**{"inbox": self.inbox, "filed": self.filed, **folders}))
        self.config.chmod(0o600)

    def findings(self, *, status: Callable[[], dict[str, Any]] | None = None, timeout_s: float = 60.0) -> list[Finding]:
        """Everything that is found. A check that itself fails is a defect."""
        client = Client(self.locations.socket)
        service = Installation(
            str(self.folder / "config/systemd/user/snapsortd.service"), sys.executable, {"SNAPSORTD_CONFIG": ""}
        )
        here = DoctorInput(
            self.locations, self.env, status or client.status, client.answers, service, "no-such.service", timeout_s
        )
        found = list(examine(here))
        assert not [each for each in found if "the check failed" in each.summary]
        return found

    def troubles(self, name: str, **how: Any) -> list[Finding]:
        """Return the problems with one subject. All other subjects must have been examined too."""
        found = self.findings(**how)
        assert {"installation", "configuration", "journal", "model", "disk space", "clock"} <= {
            each.name for each in found
        }
        return [each for each in found if each.name == name and each.status is not Status.OK]

    def trouble(self, name: str, **how: Any) -> Finding:
        """Return the one problem."""
        (found,) = self.troubles(name, **how)
        assert found.fix
        return found

    def doctor(self, *words: str, code: int = 0, prefix: tuple[str, ...] = ()) -> str:
        """Run the command as a process."""
        done = subprocess.run(
            [*prefix, *PROGRAM, "doctor", *words], env=self.env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        assert done.stderr == ""
        return done.stdout


def on(kind: str, folder: Path, mounts: Path) -> str:
    """Write a mount table in which `folder` is on a file system of this kind, and return its path."""
    mounts.write_text(f"33 22 0:43 / {os.path.realpath(folder)} rw - {kind} server:/ rw\n")
    return str(mounts)


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Return every name below a folder with mode, owner, modification time and content.

    Not the inode's change time: as root, SQLite sets the owner of the files next to a database again.
    """
    return {str(path): (*_facts(path), path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}


def _facts(path: Path) -> tuple[int, int, int]:
    state = path.lstat()
    return state.st_mode, state.st_uid, state.st_mtime_ns


def file_one(patient: Patient) -> Filing:
    """Return a journal with one image filed, and everything related to it."""
    patient.filed.mkdir(exist_ok=True)
    filing = Filing(patient.locations.journal, patient.inbox, patient.filed)
    filing.file(filing.image())
    return filing
