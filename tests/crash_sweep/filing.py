"""A running daemon files one image: within one file system, or to another."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.crash_sweep.invariants import demand
from tests.crash_sweep.points import Point
from tests.crash_sweep.scenario import DEADLINE, Ran, Scenario
from tests.support.waiting import wait_for


class DaemonFiles(Scenario):
    """A running daemon files one image that arrives in `inbox`."""

    inbox: str

    def prepare(self) -> None:
        world = self.world
        if world.process is None:
            world.start()
        world.tidy_up()
        world.log.write_bytes(b"")
        self.locations, self.before = world.locations(), world.files()

    def run(self, options: Sequence[str]) -> Ran:
        """Attach to the filing thread only, drop the image, and wait until nothing changes."""
        assert self.world.process is not None
        pid = self.world.process.pid
        self.log.write_bytes(b"")
        command = ["strace", "-qq", "-o", self.log, "-f", *options, "-p", str(pid)]
        with subprocess.Popen(command, start_new_session=True) as tracer:
            try:
                traced = f"/proc/{pid}/status"
                wait_for(lambda: "\nTracerPid:\t0\n" not in Path(traced).read_text(), what="strace attached")
                self.world.image(self.inbox)
                wait_for(lambda: self.world.has_ended() or self.rests(), seconds=DEADLINE, what="the image's end")
            finally:
                tracer.terminate()
        return Ran(self.log.read_text(errors="replace"), self.world.log.read_text(errors="replace"))

    def rests(self) -> bool:
        return self.world.rests(self.world.images)

    def check(self, ran: Ran, point: Point | None) -> None:
        world = self.world
        self.check_output(ran.output)
        if point is not None and point.error:
            self.check_failed(point)
        if point is not None:
            self.restart(killed=not point.error)
        self.check_whole()
        if self.in_conflict():
            return
        demand(f"{path} was not filed" for path in self.world.images if Path(path).exists())
        world.client.undo(dry_run=False, all=True)
        self.check_restored()

    def check_failed(self, point: Point) -> None:
        """Check that the daemon survives a failed call, and does not go on with anything that is in doubt."""
        world = self.world
        self.check_kept()
        if world.has_ended():
            demand([f"the daemon ended: {world.log.read_text()}"])
        status = world.status()
        left = [path for path in self.world.images if Path(path).exists()]
        if point.about == "journal" and left and status["state"] != "halted":
            demand([f"the journal could not be written, but filing goes on: {status}"])
        if point.is_unconfirmed_write:
            self.check_doubted()

    def check_doubted(self) -> None:
        """Check that, when the disk did not confirm a write, this is reported and nothing more is moved there."""
        world = self.world
        reasons = [each["reason"] for each in world.status()["problems"]]
        if not any("did not confirm" in reason for reason in reasons):
            demand([f"a write was not confirmed, but status does not report it: {reasons}"])
        second = world.image(self.inbox, "second.png")
        wait_for(self.rests, seconds=DEADLINE, what="the second image's end")
        if not second.exists():
            demand(["a write was not confirmed, and another image was moved on that disk"])
        if "restart the computer" not in world.client.explain(str(second))["reason"]:
            demand(["explain does not say why nothing is moved"])

    def restart(self, *, killed: bool) -> None:
        world = self.world
        if killed:
            assert world.process is not None
            world.process.wait(DEADLINE)
            world.process = None
        else:
            code = world.end(seconds=DEADLINE)
            if code not in (0, 5):
                demand([f"the daemon ended with {code}: {world.log.read_text()}"])
        self.check_kept()
        world.start()
        wait_for(self.rests, seconds=DEADLINE, what="idle after the restart")
        self.check_output(world.log.read_text())


class ByRename(DaemonFiles):
    """Set up a copy into folders that have to be created, and a move to a name that is taken."""

    inbox = "near"


class ToAnotherDisk(DaemonFiles):
    """Return an image with everything that a copy has to preserve."""

    inbox = "far"
