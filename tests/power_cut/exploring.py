"""Every world that any number of power cuts and kills can lead to: found, recovered and checked.

A search: from each moment of a life, every disk that a power cut may leave, and the disk as it is after a kill; a new
life begins there with recovery, whose moments are searched in turn. Worlds that were met before are not searched
twice, and since recovery does not go on for ever, the search ends: any number of power cuts is covered. From every
world at rest the step is repeated, and then everything is undone: two lives that are searched too.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from snapsortd.actions import recover as repairing
from snapsortd.actions.recovery_table import Resolution, SourceSeen, TargetSeen, resolve
from snapsortd.domain.entry import Method, State
from snapsortd.domain.errors import SnapsortError
from tests.power_cut.life import Life, Shelf, World, live
from tests.power_cut.scenes import PICTURE, SOURCE, Scene, content_of
from tests.power_cut.system import System
from tests.support.filing import SHARED_MEMORY

LONG = "SNAPSORTD_FULL" in os.environ
"""Search more widely; takes many minutes."""


def limit_of_kills(scene: Scene) -> int:
    """Return how many kills there may be before the next power cut, and again after it.

    There must be a limit, because each kill adds to what is not synced. A placeholder adds most.
    """
    if scene.uses_placeholders:
        return int(LONG)
    return 4 if LONG else 1


Row = tuple[State, Method, bool, SourceSeen, TargetSeen]
"""The facts from which recovery decides."""


@dataclass
class Search:
    """The result of one scene."""

    scene: Scene
    system: System
    shelf: Shelf
    kills: int
    unsure: State | None = None
    """A state whose commit is not durable at once."""
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, World] = field(default_factory=dict)
    """The world in which the recovery began that led to a fault."""
    rows: set[Row] = field(default_factory=set)
    """The cases that recovery had to decide."""
    _lives: dict[tuple[str, object], list[World]] = field(default_factory=dict)
    """The moments of each life so far: the same world and act lead to the same moments."""
    _met: set[object] = field(default_factory=set)
    _queue: list[tuple[World, bool, int]] = field(default_factory=list)
    """Worlds to recover; whether the step may be repeated there; kills left."""

    @property
    def worlds(self) -> int:
        """Return how many distinct worlds were recovered."""
        return sum(act == "repair" for act, _ in self._lives)

    def run(self, *, until_fault: bool = False) -> Search:
        """End the step at every moment."""
        self._end(self._live(self._long_ago(), self.scene.step), True, self.kills)
        self._finish(until_fault)
        return self

    def run_failing(self, number: int) -> bool:
        """Make fsync `number` of the step fail, continue with a retry and recovery, and cut the power at every moment.

        Return False if the step has no such fsync.
        """
        with live(self.system, self.shelf, self._long_ago()) as life:
            self.system.failing = number
            try:
                self._do(life, self.scene.step)
                reached = self.system.syncs > number
                self._do(life, self.scene.step)
                self._do(life, "repair")
            finally:
                self.system.failing = None
        self._end(life.moments, True, kills=0)
        self._finish()
        return reached

    def run_failing_repair(self) -> int:
        """End the step at every moment and recover with each fsync failing; recover again, cutting the power.

        Return how many fsyncs failed.
        """
        self._end(self._live(self._long_ago(), self.scene.step), False, self.kills)
        ended, self._queue, failed = self._queue, [], 0
        self._met.clear()
        for world, _, _ in ended:
            for number in count():
                with live(self.system, self.shelf, world) as life:
                    self.system.failing = number
                    try:
                        self._do(life, "repair")
                        reached = self.system.syncs > number
                        self._do(life, "repair")
                    finally:
                        self.system.failing = None
                if not reached:
                    break
                failed += 1
                self._end(life.moments, False, kills=0)
        self._finish()
        return failed

    def _finish(self, until_fault: bool = False) -> None:
        while self._queue and not (until_fault and self.faults):
            world, again, kills = self._queue.pop(0 if until_fault else -1)
            moments = self._live(world, "repair")
            self._end(moments, again, kills)
            self._check(moments[-1], world)
            if again and self._new(("rest", moments[-1].fingerprint(), kills)):
                self._go_on(moments[-1], kills)

    def _go_on(self, rest: World, kills: int) -> None:
        """Repeat the step, and undo everything."""
        for act in (self.scene.step, "undo"):
            moments = self._live(rest, act)
            self._end(moments, False, kills)
            rest = moments[-1]
            self._check(rest, moments[0])
        conflict = any(entry.state is State.CONFLICT for entry in rest.journal.entries)
        if not (conflict or self.scene.unsynced or self.scene.poor) and content_of(rest.disk, SOURCE) != PICTURE:
            self._fault("undo did not bring it back", moments[0])

    def _end(self, moments: list[World], again: bool, kills: int) -> None:
        """Search everything that may exist if the life ends at one of these moments."""
        for moment in moments:
            if not self._new(("moment", moment.fingerprint(), again, kills)):
                continue
            left = [(disk, self.kills) for disk in moment.disk.after_power_cut()]
            if kills:
                left.append((moment.disk.after_kill(), kills - 1))
            for disk, remaining in left:
                world = World(disk, moment.journal)
                if self._new(("world", world.fingerprint(), again, remaining)):
                    self._queue.append((world, again, remaining))

    def _long_ago(self) -> World:
        """Return the world in which the step begins."""
        world = World(self.scene.disk(), self.shelf.empty)
        for step in self.scene.after:
            last = self._live(world, step)[-1]
            world = World(last.disk.copy(), last.journal)
            world.disk.sync_all()
        self.scene.just_before(world.disk)
        return world

    def _live(self, world: World, act: str) -> list[World]:
        key = (act, world.fingerprint())
        if key not in self._lives:
            with live(self.system, self.shelf, world) as life:
                life.unsure = self.unsure
                self._do(life, act)
            self._lives[key] = life.moments
        return self._lives[key]

    def _do(self, life: Life, act: str) -> None:
        if act == "repair":
            repairing.repair(life.journal, life.mover)
            return
        life.meddle = lambda entry: self.scene.committed(life, entry)
        self.system.refuses = self.scene.refuses if act == self.scene.step else None
        with suppress(SnapsortError):
            self.scene.do(life, act)
        self.system.refuses = None

    def _check(self, rest: World, before: World) -> None:
        for fault in self.scene.faults(rest.disk, rest.journal.entries):
            self._fault(fault, before)

    def _fault(self, fault: str, world: World) -> None:
        self.faults[fault] += 1
        self.examples.setdefault(fault, world)

    def _new(self, what: object) -> bool:
        before = len(self._met)
        self._met.add(what)
        return len(self._met) > before


@contextmanager
def searching(scene: Scene, kills: int | None = None) -> Iterator[Search]:
    """Search with the code under test on the simulated system; none of our own code is replaced."""
    kills = limit_of_kills(scene) if kills is None else kills
    system = System(
        scene.disk(), has_rename=scene.has_rename, has_links=scene.has_links, poor=scene.poor, plain=scene.plain
    )
    fast = SHARED_MEMORY if os.path.isdir(SHARED_MEMORY) else None
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir=fast) as folder:
        search = Search(scene, system, Shelf(Path(folder) / "journal"), kills)

        def watched(*row: object) -> Resolution:
            search.rows.add(row)  # type: ignore[arg-type]
            return resolve(*row)  # type: ignore[arg-type]

        system.install(patch)
        patch.setattr(repairing, "resolve", watched)
        yield search
