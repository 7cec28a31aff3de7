"""Four disks with a watched folder and a destination each, and the daemon that files from all to all."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.clock import Clock
from tests.support.exported import tiny_checkpoint
from tests.support.file_systems import Served, make, why_not
from tests.support.instance import Instance

KINDS = ("plain", "exfat", "sshfs", "mergerfs")
VERBS = {"stay": 1, "move": 1, "copy": 2, "both": 2, "trash": 1}
"""What the rules do with a file that is called so, and how many files there may be then."""


@dataclass
class Disk:
    """A folder, or a file system mounted there."""

    kind: str
    top: Path
    served: Served | None = None
    away: bool = False
    frozen: bool = False

    @property
    def inbox(self) -> Path:
        return self.top / "inbox"

    @property
    def filed(self) -> Path:
        return self.top / "filed"

    @property
    def answers(self) -> bool:
        return not self.away and not self.frozen

    @property
    def root(self) -> Path:
        """Return where every file can be counted: two branches may each have a file of one name."""
        return self.served.behind if self.served and self.kind == "mergerfs" else self.top

    def unmount(self, *, torn: bool) -> None:
        """Unmount it, or unplug it."""
        assert self.served is not None
        self.away = True
        if torn:
            self.served.tear()
        else:
            self.served.unmount()

    def mount(self) -> None:
        """Mount it again; nobody may have written into the empty folder."""
        assert self.served is not None
        written = [str(path) for path in self.top.rglob("*")]
        assert not written, f"written below a mount point without its disk: {written}"
        self.served.mount()
        self.away = False

    def freeze(self) -> None:
        """Let every call on it hang."""
        assert self.served is not None
        self.served.freeze()
        self.frozen = True

    def thaw(self) -> None:
        assert self.served is not None
        self.served.thaw()
        self.frozen = False


class World(Instance):
    """The disks, the daemon, and its clock."""

    def __init__(self, folder: Path, kinds: Sequence[str]) -> None:
        super().__init__(folder)
        self.clock = Clock(folder / "clock")
        self.env |= self.clock.env
        self.disks = [disk for kind in kinds if (disk := open_disk(kind, folder)) is not None]
        for disk in self.disks:
            for each in (disk.inbox / "sub", disk.filed, disk.top / "aside"):
                each.mkdir(parents=True)
        self.config.write_text(config(self.disks))

    @property
    def roots(self) -> Sequence[Path]:
        """Return all folders with the user's files."""
        return [*(disk.root for disk in self.disks), self.folder / "data"]

    def entries(self, where: str, *values: object) -> list[tuple[Any, ...]]:
        """Return rows of the journal."""
        path = self.folder / "state" / "snapsortd" / "journal.sqlite3"
        columns = "id, state, kind, method, source, target, reason, reverses"
        with closing(sqlite3.connect(path, timeout=30)) as db:
            return db.execute(f"SELECT {columns} FROM entries WHERE {where} ORDER BY id", values).fetchall()

    def end_all(self) -> None:
        """End the daemon and unmount everything."""
        for disk in self.disks:
            if disk.served:
                disk.served.thaw() if disk.frozen else None
        self.kill()
        for disk in self.disks:
            if disk.served:
                disk.served.tear()
                _seal(disk.top, "-i")


def open_disk(kind: str, folder: Path) -> Disk | None:
    """Mount a file system of this kind; return None where that is not possible."""
    if kind == "plain":
        return Disk(kind, folder / kind)
    if why_not(kind):
        return None
    served = make(kind, folder)
    _seal(served.where, "+i")
    served.mount()
    return Disk(kind, served.where, served)


def _seal(mount_point: Path, change: str) -> None:
    """Let nobody write there while nothing is mounted: of a stick, the mount point goes with it."""
    subprocess.run(["chattr", change, mount_point], capture_output=True, check=False)


def config(disks: Sequence[Disk]) -> str:
    """Return rules from every disk to every disk, by the beginning of a name: VERB-DISK-."""
    lines = ["version: 1", "existing: file", f"model: {tiny_checkpoint()}", "labels: {picture: a picture}", "watch:"]
    lines += [f"  - {{path: {disk.inbox}, settle: 200ms, subfolders: true}}" for disk in disks]
    lines += ["rules:", '  - {name: trash, filters: [name: "trash-*"], actions: [trash]}']
    for number, disk in enumerate(disks):
        other = disks[(number + 1) % len(disks)]
        for verb, actions in {
            "move": f"[move: {disk.filed}/]",
            "copy": f"[copy: {disk.filed}/]",
            "both": f"[copy: {disk.filed}/, move: {other.filed}/]",
        }.items():
            name = f"{verb}-{disk.kind}"
            lines.append(f'  - {{name: {name}, filters: [name: "{name}-*"], actions: {actions}}}')
    return "\n".join(lines) + "\n"
