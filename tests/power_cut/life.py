"""One life of the daemon: the real journal, mover and recovery on the simulated disk, with every moment recorded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snapsortd.actions.mover import Mover
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.entry import Entry, Intent, State
from snapsortd.journal import Journal
from tests.power_cut.disk import Disk
from tests.power_cut.system import System

Entries = tuple[Entry, ...]

TRASH = "/trash"


@dataclass(frozen=True, slots=True)
class Saved:
    """The journal on the disk: SQLite syncs its log at every commit, and a commit is complete or absent."""

    entries: Entries = ()
    files: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)
    """By the suffixes of their names."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that outlives the daemon."""

    disk: Disk
    journal: Saved

    def fingerprint(self) -> object:
        """Return a value that is equal for worlds that the daemon cannot distinguish."""
        return self.disk.fingerprint(), id(self.journal)


class Shelf:
    """Every distinct journal, stored once, and a folder for the one in use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[Entries, Saved] = {}
        self.empty = self._kept.setdefault((), Saved())

    @property
    def path(self) -> str:
        """Return the path of the journal in use."""
        return os.fspath(self._folder / "journal.sqlite3")

    def put_out(self, saved: Saved) -> None:
        """Make it the one in use."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for end, content in saved.files:
            Path(self.path + end).write_bytes(content)
        if saved.files:
            Path(self.path + ".exists").touch()

    def keep(self, journal: Journal) -> Saved:
        """Return what the disk has of the journal in use."""
        entries = tuple(journal.entries(limit=1000)[::-1])
        if entries not in self._kept:
            ends = [end for end in ("", "-wal") if os.path.exists(self.path + end)]
            files = tuple((end, Path(self.path + end).read_bytes()) for end in ends)
            self._kept[entries] = Saved(entries, files)
        return self._kept[entries]


class WatchedJournal(Journal):
    """The real journal; `committed` is called at every commit."""

    committed: Callable[[Entry], object] = staticmethod(lambda _: None)

    def begin(self, intent: Intent) -> Entry:
        entry = super().begin(intent)
        self.committed(entry)
        return entry

    def advance(self, entry_id: int, state: State, **changes: Any) -> Entry:
        entry = super().advance(entry_id, state, **changes)
        self.committed(entry)
        return entry


@dataclass
class Life:
    """A daemon that has just started; `moments` are the worlds that a sudden end would have left."""

    system: System
    shelf: Shelf
    journal: WatchedJournal
    mover: Mover
    saved: Saved
    moments: list[World] = field(default_factory=list)
    unsure: State | None = None
    """A commit of this state reaches the disk only with the next one."""
    meddle: Callable[[Entry], object] = lambda _: None
    """Another program's action right after a commit."""

    def note(self) -> None:
        """Record this moment."""
        self.moments.append(World(self.system.disk.copy(), self.saved))

    def commit(self, entry: Entry) -> None:
        """Record what SQLite has just synced to the disk."""
        if entry.state is not self.unsure:
            self.saved = self.shelf.keep(self.journal)
        self.note()
        self.meddle(entry)


@contextmanager
def live(system: System, shelf: Shelf, world: World) -> Iterator[Life]:
    """Start in this world, which is not modified."""
    shelf.put_out(world.journal)
    system.boot(world.disk.copy())
    journal = WatchedJournal(shelf.path, clock=lambda: 0.0)
    life = Life(system, shelf, journal, Mover(journal, Trash(TRASH, only_home=True)), world.journal)
    journal.committed = life.commit
    system.changed = life.note
    try:
        life.note()
        yield life
    finally:
        system.changed = lambda: None
        journal.close()
