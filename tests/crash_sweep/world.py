"""An installed snapsortd with folders on two file systems, and the files in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import SnapsortError, Unavailable
from snapsortd.files.probe import PREFIX as PROBE
from tests.crash_sweep import warm
from tests.crash_sweep.points import Locations
from tests.crash_sweep.programs import Forked
from tests.support.file_systems import Served, make
from tests.support.images import receipt
from tests.support.instance import COMMANDS, Instance
from tests.support.switches import Switches

SHARED_MEMORY = "/dev/shm"
CONFIG = """\
version: 1
existing: file
model: {{name: MODEL, engine: torch}}
labels: {{picture: a picture}}
watch:
  - path: {inbox}/near
    settle: 100ms
  - path: {inbox}/far
    settle: 100ms
  - path: {inbox}/both
    settle: 100ms
  - path: {inbox}/kinds
    settle: 100ms
rules:
  - name: Near
    locations: {inbox}/near
    actions:
      - copy: "{filed}/made/{{label}}/"
      - move: "{filed}/taken/"
  - name: Far
    locations: {inbox}/far
    actions: [move: "FAR/{{label}}/"]
  - name: Both
    locations: {inbox}/both
    actions:
      - copy: "FAR/copies/"
      - move: "{filed}/both/"
  - name: Thrown away
    locations: {inbox}/kinds
    filters: [name: "throw*"]
    actions: [trash]
  - name: Kinds
    locations: {inbox}/kinds
    actions:
      - tag: [filed, "{{label}}"]
      - hardlink: "{filed}/links/"
      - rename: "shot.{{ext}}"
      - move: {{dest: "{filed}/taken/", on_conflict: rename_existing}}
"""
BEFORE_ALL = "1970-01-02T00:00:00+00:00"
"""Nothing was filed by then."""
IMAGE = "shot.png"
MODE = 0o640
ATTRIBUTE, VALUE = "user.origin", b"kept"
BORN_NS = 1_600_000_000_123_456_789
"""An image's time; every new one is a second younger, so that none is mistaken for the previous one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file: its content, and everything that a copy has to preserve."""

    sha256: str
    mode: int
    mtime_ns: int
    attribute: bytes


def inspect(path: Path) -> Seen:
    found = path.lstat()
    attribute = os.getxattr(path, ATTRIBUTE) if ATTRIBUTE in os.listxattr(path) else b""
    return Seen(
        hashlib.sha256(path.read_bytes()).hexdigest(), stat.S_IMODE(found.st_mode), found.st_mtime_ns, attribute
    )


def draw(number: int) -> bytes:
    """Return the bytes of a small image."""
    drawn = BytesIO()
    receipt(number).resize((100, 150)).save(drawn, "png")
    return drawn.getvalue()


def poor_disk(folder: Path, switches: Switches) -> Served:
    """Mount a file system with these switches in `folder`."""
    disk = make("passthrough", folder, folder / "disk")
    switches.write(disk.behind)
    disk.mount()
    return disk


class World(Instance):
    """Lay out the folders.

    `far` is on a different file system from `folder`; `environment` is added to the programs' own. With `switches`, the
    user's folders are on two file systems that lack what these say; the journal is not.
    """

    def __init__(
        self, folder: Path, far: Path, environment: Mapping[str, str], switches: Switches | None = None
    ) -> None:
        self.folders = (folder, far)
        self.disks = [] if switches is None else [poor_disk(each, switches) for each in self.folders]
        near, self.far = (disk.where / "files" for disk in self.disks) if self.disks else (folder, far)
        near.mkdir(exist_ok=True)
        config = CONFIG.replace("FAR", str(self.far)).replace("MODEL", environment[warm.MODEL])
        super().__init__(folder, config, ran_before=False, disk=near)
        self.env |= {"PYTHONDONTWRITEBYTECODE": "1", **environment}
        self.client = Client(str(self.runtime / "snapsortd" / "control.sock"))
        self.data = Path(self.env["XDG_DATA_HOME"])
        self.trash = self.data / "Trash"
        self.journal = folder / "state" / "snapsortd" / "journal.sqlite3"
        self._image, self._made = draw(1), 0
        self.images: dict[str, Seen] = {}
        """The images of this run, by their first path."""
        self.lay_out()

    def lay_out(self) -> None:
        """Restore the initial state: no journal, and unrelated files everywhere."""
        self.kill()
        for folder in (self.inbox, self.filed, self.far, self.folder / "state", self.data):
            shutil.rmtree(folder, ignore_errors=True)
        inboxes = (self.inbox / name for name in ("near", "far", "both", "kinds"))
        for folder in (*inboxes, self.filed / "taken", self.far):
            folder.mkdir(parents=True)
            (folder / "notes.txt").write_text(f"not an image: {folder.name}")
        (self.filed / "taken" / IMAGE).write_bytes(draw(2))
        self.images = {}

    def image(self, inbox: str, name: str = IMAGE) -> Path:
        """Create a new image, which appears as a whole."""
        self._made += 1
        fresh, path = self.inbox.parent / "fresh", self.inbox / inbox / name
        fresh.write_bytes(self._image + self._made.to_bytes(8, "big"))  # the daemon knows what it has undone
        fresh.chmod(MODE)
        os.setxattr(fresh, ATTRIBUTE, VALUE)
        born = BORN_NS + self._made * 10**9
        os.utime(fresh, ns=(born, born))
        self.images[str(path)] = inspect(fresh)
        return fresh.rename(path)

    def files(self) -> dict[str, Seen]:
        """Return everything in the user's folders but what a killed probe has left, which a later one removes."""
        roots = (self.inbox, self.filed, self.far, self.trash)
        paths = (path for root in roots for path in sorted(root.rglob("*")))
        return {str(path): inspect(path) for path in paths if PROBE not in str(path) and path.is_file()}

    def tidy_up(self) -> None:
        """Remove the images, and the folders that were created for them."""
        for path in map(Path, self.images):
            path.unlink(missing_ok=True)
        self.images = {}
        made = (self.filed / name for name in ("made", "both", "links"))
        for folder in (*made, self.far / "picture", self.far / "copies", self.data):
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self) -> None:
        """Remove a program's configuration cache, which otherwise only the first run would write."""
        (self.folder / "cache" / "snapsortd" / "config").unlink(missing_ok=True)

    def status(self) -> dict[str, Any]:
        """Return the status from the daemon's API; starting `snapsortctl` would take longer than the reply."""
        try:
            return self.client.status()
        except Unavailable:
            return {"state": "stopped"}

    def rests(self, images: Collection[str]) -> bool:
        """Return whether the daemon is idle, and each image has been moved or reported; or filing is halted."""
        status = self.status()
        if status["state"] == "halted":
            return True
        if status["state"] not in ("running", "loading") or status["queued"]:
            return False
        try:
            self.client.undo(dry_run=True, until=BEFORE_ALL)  # it replies between two images
            return self.client.status()["queued"] == 0 and all(map(self._is_dealt_with, images))
        except Unavailable:
            return False

    def _is_dealt_with(self, path: str) -> bool:
        try:
            return not os.path.lexists(path) or self.client.explain(path)["outcome"] in ("failed", "quarantined")
        except Unavailable:
            raise
        except SnapsortError:  # not noticed yet
            return False

    def launch(self, log: BinaryIO) -> Forked:
        return Forked([self.program("snapsortd")], self.env, log.fileno())

    def has_ended(self) -> bool:
        """Return whether the daemon has exited."""
        return self.process is None or self.process.poll() is not None

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return rows of the journal, which must not be in use, except by a healthy daemon."""
        if not self.journal.exists():
            return []
        with closing(sqlite3.connect(self.journal, timeout=30)) as db:
            return db.execute(statement).fetchall()

    def locations(self) -> Locations:
        """Return the parts that differ between two runs."""
        last = self.query("SELECT coalesce(max(id), 0) FROM entries")
        return Locations((str(self.folder), str(self.far)), last[0][0] if last else 0)

    def program(self, name: str) -> str:
        """Return the path of the installed program."""
        return str(COMMANDS / name)

    def end_all(self) -> None:
        """End everything that is running; the user's folders and the journal stay."""
        self.kill()
        shutil.rmtree(self.runtime, ignore_errors=True)
        for disk in self.disks:
            disk.tear()
