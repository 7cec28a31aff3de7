"""Run the points of every scenario, several at a time, and record every violation.

All processes are in sessions of their own: an end of the sweep by Ctrl-C, or by timeout(1), which signals the whole
process group, is for the sweep alone. It finishes the current runs, in which nothing else may die.
"""

from __future__ import annotations

import compileall
import random
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

import snapsortd
from tests.crash_sweep import programs, warm
from tests.crash_sweep.commands import Actions, Correct, Sort, Undo
from tests.crash_sweep.filing import ByRename, ToAnotherDisk
from tests.crash_sweep.points import BY_PATH, Point, counting, points, was_hit
from tests.crash_sweep.scenario import Scenario
from tests.crash_sweep.start import AfterCopy, AfterRename
from tests.crash_sweep.world import SHARED_MEMORY, World
from tests.support.switches import NEITHER, NO_RENAME, Switches

STEPS: Mapping[str, type[Scenario]] = {
    "actions": Actions,
    "undo": Undo,
    "correct": Correct,
    "sort": Sort,
    "start-copied": AfterCopy,
    "start-renamed": AfterRename,
    "rename": ByRename,
    "copy": ToAnotherDisk,
}
"""The longest first, so that none runs alone at the end."""

RUNGS = {"": None, "-by-link": Switches(failing=NO_RENAME), "-by-placeholder": Switches(failing=NEITHER)}
"""How a file gets its name: by a rename that never replaces, and what takes its place on other file systems."""

SCENARIOS = {step + rung: (STEPS[step], switches) for rung, switches in RUNGS.items() for step in STEPS}
del SCENARIOS["actions-by-placeholder"]  # one of them is a hard link, which is impossible there


@dataclass
class Tally:
    """The progress so far; `report` prints a line."""

    report: Callable[[str], object]
    kills: int = 0
    faults: int = 0
    violations: list[str] = field(default_factory=list)
    stopped: bool = False
    """Set to end the sweep early; each scenario finishes its current run."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, point: Point) -> None:
        with self._lock:
            if point.error:
                self.faults += 1
            else:
                self.kills += 1

    def violated(self, what: str) -> None:
        with self._lock:
            self.violations.append(what)
            self.report(f"VIOLATION {what}")

    def __str__(self) -> str:
        return f"{self.kills} crash points, {self.faults} faults, {len(self.violations)} violations"


@dataclass(frozen=True)
class Choice:
    """The points of a scenario to run."""

    sample: int | None = None
    """The number of points; None for all."""
    only: str = ""
    """CALL:NUMBER[:ERROR]."""
    thorough: bool = False
    """Every error at every write to the journal too."""

    @property
    def is_all(self) -> bool:
        return self.sample is None and not self.only

    def among(self, found: Sequence[Point]) -> list[Point]:
        if self.only:
            failed = (failing for point in found for failing in point.failures(thorough=True))
            return [point for point in (*found, *failed) if str(point) == self.only]
        failures = [failing for point in found for failing in point.failures(thorough=self.thorough)]
        pairs = zip_longest(by_turns(found), by_turns(failures))
        return [point for pair in pairs for point in pair if point is not None][: self.sample]


def by_turns(found: Sequence[Point]) -> list[Point]:
    """Return one of each kind of call, then another one of each, and so on, so that a partial run covers all kinds."""
    turns: Counter[str] = Counter()
    ordered = []
    for point in random.Random(0).sample(found, len(found)):
        ordered.append((turns[point.call], point))
        turns[point.call] += 1
    return [point for _, point in sorted(ordered, key=lambda pair: pair[0])]


def sweep(choices: Mapping[str, Choice], jobs: int, tally: Tally) -> None:
    """Run every chosen point of these scenarios, of which `jobs` run at a time."""
    compileall.compile_dir(Path(snapsortd.__file__).parent, quiet=1)  # or every traced start would do it again
    with warm.environment() as classifiers, programs.environment() as others, ThreadPoolExecutor(jobs) as pool:
        works = (
            partial(Sweep(name, {**classifiers, **others}, tally).work, choice) for name, choice in choices.items()
        )
        for _ in pool.map(lambda work: work(), list(works)):
            pass


class Sweep:
    """One scenario, in a world of its own."""

    def __init__(self, name: str, environment: Mapping[str, str], tally: Tally) -> None:
        self.name, self.environment, self.tally = name, environment, tally

    def work(self, choice: Choice) -> None:
        """Count the calls of an uninterrupted run, then run with each of them as the point."""
        if self.tally.stopped:
            return
        scenario = self.begin()
        try:
            found = self.count(scenario)
        except Exception as error:
            self.tally.violated(f"--scenario {self.name}, uninterrupted: {error} (kept: {scenario.world.folder})")
            scenario.world.end_all()
            return
        try:
            chosen = choice.among(found)
            self.tally.report(f"{self.name}: {len(found)} calls, {len(chosen)} runs")
            if choice.is_all:
                chosen += list(beyond(found))
            while chosen and not self.tally.stopped:
                point = chosen.pop(0)
                hit, scenario = self.run_point(scenario, point)
                if hit and point not in found and not point.error:
                    chosen.append(replace(point, number=point.number + 1))
        finally:
            self.end(scenario)

    def begin(self) -> Scenario:
        folder = Path(tempfile.mkdtemp(prefix=f"crash-{self.name}-"))
        far = Path(tempfile.mkdtemp(prefix=f"crash-{self.name}-", dir=SHARED_MEMORY))
        scenario, switches = SCENARIOS[self.name]
        return scenario(World(folder, far, self.environment, switches))

    def end(self, scenario: Scenario) -> None:
        scenario.world.end_all()
        for folder in scenario.world.folders:
            shutil.rmtree(folder)

    def count(self, scenario: Scenario) -> list[Point]:
        scenario.prepare()
        ran = scenario.run(counting())
        scenario.check(ran, None)
        return points(ran.log, scenario.locations)

    def run_point(self, scenario: Scenario, point: Point) -> tuple[bool, Scenario]:
        """Run one point; return whether it was reached, and the scenario to continue with."""
        world = scenario.world
        hit = False
        try:
            scenario.prepare()
            ran = scenario.run(point.options(scenario.locations))
            hit = was_hit(ran.log)
            scenario.check(ran, point if hit else None)
        except Exception as error:
            again = f"--scenario {self.name} --only {point}"
            self.tally.violated(f"{again}: {error} (kept: {' '.join(map(str, world.folders))})")
            world.end_all()
            scenario = self.begin()
        else:
            if scenario.in_conflict():
                world.lay_out()
        if hit:
            self.tally.count(point)
            self.tally.report(f"{self.name} {point}: reached; {self.tally}")
        else:
            self.tally.report(f"{self.name} {point}: not reached")
        return hit, scenario


def beyond(found: Sequence[Point]) -> Iterator[Point]:
    """Return, for each call counted over the whole run, the one after the last: no run is expected to reach it."""
    for call in {point.call for point in found} - set(BY_PATH):
        yield Point(call, max(point.number for point in found if point.call == call) + 1)
