"""The steps that are killed or failed: each can be repeated any number of times in its world."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash_sweep import programs
from tests.crash_sweep.invariants import Files, check_kept, check_whole, conflicts, demand, is_kept, noted_metadata
from tests.crash_sweep.points import Locations, Point, starting
from tests.crash_sweep.world import World

DEADLINE = 300.0
"""Seconds: an upper limit for any one step, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of a run under strace."""

    log: str
    output: str = ""
    code: int | None = None
    """The exit code of a process that has ended; None for a daemon that is still running."""


class Scenario(ABC):
    """Run `prepare`, `run` and `check` in turn; after a Violation, or a conflict, the world is laid out again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.locations: Locations
        self.before: Files
        """Everything that exists besides the images of this run."""

    @abstractmethod
    def prepare(self) -> None:
        """Create the state that a run needs."""

    @abstractmethod
    def run(self, options: Sequence[str]) -> Ran:
        """Run the step, under strace with `options`."""

    @abstractmethod
    def check(self, ran: Ran, point: Point | None) -> None:
        """Raise Violation if an invariant fails. `point` is where the run was interrupted."""

    @property
    def log(self) -> Path:
        return self.world.folder / "strace.log"

    def check_code(self, ran: Ran, point: Point | None, done: bool) -> None:
        """Check a command's report: whether it is `done`, and if not why; and an exit code that its help lists."""
        allowed = (0,) if point is None else (0, 1, 4, 5) if point.error else (-9,)
        if ran.code not in allowed:
            demand([f"it ended with {ran.code}: {ran.output}"])
        if ran.code == 0 and not done:
            demand([f"it reported success, but is not done: {ran.output}"])
        if ran.code and point is not None and point.error and not ran.output.strip():
            demand([f"it ended with {ran.code} without a message"])
        if point is not None and point.is_unconfirmed_write and "did not confirm" not in ran.output:
            demand([f"a write was not confirmed, but this is not reported: {ran.output}"])

    def traced(self, *words: str | Path, options: Sequence[str]) -> Ran:
        """Run a command to its end."""
        command = ["strace", "-qq", "-o", self.log, *starting(options), *words]
        done = subprocess.run(
            command,
            env=self.world.env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DEADLINE,
            start_new_session=True,
        )
        return Ran(self.log.read_text(errors="replace"), done.stdout + done.stderr, done.returncode)

    def ctl(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """Run snapsortctl untraced; raise Violation if it ends with another exit code."""
        code, output = programs.run([self.world.program("snapsortctl"), *words], self.world.env, DEADLINE)
        if code not in ok:
            demand([f"snapsortctl {' '.join(words)} ended with {code}: {output}"])
        return output

    def check_output(self, output: str) -> None:
        """Check that there is no output that a person cannot act on."""
        if "Traceback" in output:
            demand([output[output.index("Traceback") - 200 :] if output.index("Traceback") > 200 else output])

    def check_whole(self) -> None:
        check_whole(self.world, self.before, self.world.images, self.locations)

    def check_kept(self) -> None:
        check_kept(self.world, self.before, self.world.images)

    def check_restored(self) -> None:
        """Check that after an undo everything is as it was at first, except for metadata that could not be restored."""
        now, wanted = self.world.files(), {**self.before, **self.world.images}
        noted = noted_metadata(self.world)
        different = (path for path in {*now, *wanted} if not is_kept(wanted.get(path), now.get(path), path in noted))
        demand(f"after undo, {path} is {now.get(path)} instead of {wanted.get(path)}" for path in different)

    def at_home(self) -> list[str]:
        """Return the images that are still where they arrived."""
        return [path for path in self.world.images if Path(path).exists()]

    def in_conflict(self) -> bool:
        return conflicts(self.world, self.locations)
