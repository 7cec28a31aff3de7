"""Scenarios of the daemon's start with an interrupted move in the journal, and of its exit."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from snapsortd.domain.errors import Unavailable
from tests.crash_sweep.commands import Undo
from tests.crash_sweep.points import Point, counting, points, starting
from tests.crash_sweep.scenario import DEADLINE, Ran
from tests.crash_sweep.world import World
from tests.support.waiting import wait_for


class Start(Undo):
    """Start after a redo of `rule` was killed at its first call `cut_off_at` that follows a rename."""

    rule: str
    cut_off_at: str

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.cut_off: Point | None = None

    def prepare(self) -> None:
        if not self.world.images:
            self.file_images()
            self.ctl("undo", "--all")
        if self.cut_off is None:
            self.cut_off = self.find_cut_off()
            self.ctl("undo", "--all")
        self.locations = self.world.locations()
        self.redo(self.cut_off.options(self.locations))
        self.world.log.write_bytes(b"")

    def redo(self, options: Sequence[str]) -> str:
        """Run the daemon under strace and return its log."""
        return self.traced(self.world.program("snapsortctl"), "redo", "--rule", self.rule, options=options).log

    def find_cut_off(self) -> Point:
        locations = self.world.locations()
        found = points(self.redo(counting()), locations)
        renamed = next(index for index, point in enumerate(found) if point.call == "renameat2")
        return next(point for point in found[renamed:] if point.call == self.cut_off_at and point.about == "files")

    def run(self, options: Sequence[str]) -> Ran:
        world = self.world
        command = ["strace", "-qq", "-o", str(self.log), *starting(options), world.program("snapsortd")]
        with (
            world.log.open("ab") as log,
            subprocess.Popen(command, env=world.env, stderr=log, start_new_session=True) as tracer,
        ):
            try:
                wait_for(lambda: tracer.poll() is not None or world.rests(()), seconds=DEADLINE, what="idle")
                if tracer.poll() is None:
                    # Not a signal: another thread of a traced process may receive it, while the filing thread sleeps
                    # on.
                    with suppress(Unavailable):
                        world.client.send("stop")
                code = tracer.wait(DEADLINE)
            finally:
                if tracer.poll() is None:
                    children = Path(f"/proc/{tracer.pid}/task/{tracer.pid}/children").read_text()
                    for child in children.split():  # strace would let them continue
                        os.kill(int(child), signal.SIGKILL)
        return Ran(self.log.read_text(errors="replace"), world.log.read_text(errors="replace"), code)

    def is_done(self) -> bool:
        return True  # what could not be recovered is deferred and reported

    def check(self, ran: Ran, point: Point | None) -> None:
        if point is not None and point.error and point.about == "files" and ran.code:
            raise AssertionError(f"the daemon ended with {ran.code}: {ran.output}")
        super().check(ran, point)


class AfterRename(Start):
    """Interrupted when the file is at its destination and the journal does not know it yet."""

    rule, cut_off_at = "Near", "fsync"


class AfterCopy(Start):
    """Interrupted when the copy is at its destination and the original is being removed."""

    rule, cut_off_at = "Far", "unlinkat"
