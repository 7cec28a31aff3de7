"""Do operations, let everything come to rest, check, and so on until the time is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import Unavailable
from tests.soak.hand import Hand
from tests.soak.ledger import Ledger, find
from tests.soak.world import World
from tests.support.waiting import wait_for

ACTS = 40
"""Operations between two checks."""
PAUSE_S = 0.25
"""The longest pause between two operations."""
LOG = 60
"""Operations that are printed with a violation."""


class Violation(AssertionError):
    """Something was lost, doubled, changed or left behind."""


class Soak:
    """One world, from its first operation to its last check."""

    def __init__(self, folder: Path, kinds: Sequence[str], seed: int, report: Callable[[str], object]) -> None:
        self.world, self.ledger = World(folder, kinds), Ledger()
        self.hand = Hand(self.world, self.ledger, seed, self._note)
        self._began, self._report = time.monotonic(), report
        self.operations: list[str] = []
        self.checks = 0

    def run(self, seconds: float) -> None:
        """Raise Violation at the first check that finds one."""
        try:
            self._run(seconds)
        except Violation:
            raise
        except AssertionError as error:
            raise Violation("\n".join([str(error), *self._evidence(set())])) from error

    def _run(self, seconds: float) -> None:
        self.world.start()
        pause = threading.Event()
        while time.monotonic() - self._began < seconds:
            for _ in range(ACTS):
                self.hand.act()
                pause.wait(self.hand.random.random() * PAUSE_S)
            self.hand.settle()
            self.rest()
            self.check()
            self.hand.thin_out()

    def rest(self) -> None:
        """Scan everything, wait until nothing is left to do, and hold the daemon there."""
        client = Client(str(self.world.runtime / "snapsortd" / "control.sock"))
        client.send("reload")
        still = [0]

        def rests() -> bool:
            try:
                status = client.status()
            except Unavailable:
                return False
            idle = status["state"] == "running" and status["queued"] == 0 and not status["unfinished"]
            still[0] = still[0] + 1 if idle else 0
            return still[0] > 20

        wait_for(rests, seconds=120, what=f"at rest: {client.status()}")
        client.send("pause")

    def check(self) -> None:
        """Check all contents and what is left behind, and let the daemon continue."""
        found, ours = find(self.world.roots)
        faults = list(self.ledger.faults(found))
        self.checks += 1
        counts = f"{sum(map(len, found.values()))} files, {len(self.ledger.contents)} contents"
        done = len(self.world.entries("state = 'done'"))
        self._report(
            f"check {self.checks}: {len(self.operations)} operations, {counts}, {done} done, {len(faults)} faults"
        )
        lines = [fault for _, fault in faults] + [f"left behind: {path}" for path in ours]
        lines += [f"open: {row}" for row in self.world.entries("state IN ('intent', 'moved')")]
        if "Traceback" in self.world.log.read_text(errors="replace"):
            lines.append(f"a traceback in {self.world.log}")
        if lines:
            raise Violation("\n".join([*lines, *self._evidence({sha256 for sha256, _ in faults})]))
        self.world.ctl("resume")

    def _evidence(self, contents: set[str]) -> Iterator[str]:
        """Yield the last operations, and the entries of the journal about these contents."""
        yield "\nOperations:"
        yield from self.operations[-LOG:]
        yield "\nJournal:"
        for sha256 in sorted(contents):
            yield f"{sha256}:"
            yield from (f"  {row}" for row in self.world.entries("sha256 = ?", bytes.fromhex(sha256)))

    def _note(self, line: str) -> None:
        self.operations.append(f"{time.monotonic() - self._began:8.2f} {line}")
