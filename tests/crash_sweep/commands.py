"""Scenarios of snapsortctl without a daemon: sort and undo."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.crash_sweep.invariants import check_kept_somewhere, check_whole_with_links, demand
from tests.crash_sweep.points import Point
from tests.crash_sweep.scenario import Ran, Scenario


class Sort(Scenario):
    """Copy to another file system, then move by a rename, both into folders that have to be created."""

    def prepare(self) -> None:
        world = self.world
        world.tidy_up()
        if not world.journal.exists():
            self.ctl("log")
        world.forget()
        self.locations, self.before = world.locations(), world.files()
        self.bring_images()

    def bring_images(self) -> None:
        self.world.image("both")

    def run(self, options: Sequence[str]) -> Ran:
        return self.traced(self.world.program("snapsortctl"), "sort", *self.world.images, options=options)

    def check(self, ran: Ran, point: Point | None) -> None:
        self.check_output(ran.output)
        self.check_kept()
        self.check_code(ran, point, done=not self.at_home())
        self.ctl("log")  # a restart: recovery runs first
        self.check_whole()
        if self.in_conflict():
            return
        if self.at_home():
            self.ctl("sort", *self.at_home())
            self.check_whole()
        demand(f"{path} was not filed" for path in self.at_home())
        self.ctl("undo", "--all")
        self.check_restored()


class Correct(Sort):
    """Correct the label of an image, which is remembered and filed as `Sort` does."""

    def run(self, options: Sequence[str]) -> Ran:
        words = (self.world.program("snapsortctl"), "correct", *self.world.images, "picture")
        return self.traced(*words, options=options)

    def check(self, ran: Ran, point: Point | None) -> None:
        super().check(ran, point)
        with closing(sqlite3.connect(self.world.journal)) as journal:
            alone = "sha256 NOT IN (SELECT sha256 FROM embeddings)"
            (count,) = journal.execute(f"SELECT count(*) FROM examples WHERE {alone}").fetchone()
        demand([f"{count} examples have no embedding"] if count else [])
        self.ctl("learned")


class Actions(Sort):
    """Tag, link, rename and move one image to a name whose file is renamed; trash another."""

    def bring_images(self) -> None:
        for name in ("one.png", "throw.png"):
            self.world.image("kinds", name)

    def check_kept(self) -> None:
        check_kept_somewhere(self.world, self.before, self.world.images)

    def check_whole(self) -> None:
        check_whole_with_links(self.world, self.before, self.world.images)


class Undo(Scenario):
    """Undo a copy, a rename, and a move to another file system."""

    def prepare(self) -> None:
        if not self.world.images:
            self.file_images()
        else:
            self.ctl("redo", "--all")
        demand(f"{path} is not filed" for path in self.at_home())
        self.world.forget()
        self.locations = self.world.locations()

    def file_images(self) -> None:
        """Prepare the first run; later ones go on with the same images."""
        world = self.world
        self.before = world.files()
        for inbox in ("near", "far"):
            world.image(inbox)
        self.ctl("sort", *world.images)

    def run(self, options: Sequence[str]) -> Ran:
        return self.traced(self.world.program("snapsortctl"), "undo", "--all", options=options)

    def check(self, ran: Ran, point: Point | None) -> None:
        self.check_output(ran.output)
        self.check_kept()
        self.check_code(ran, point, done=self.is_done())
        self.ctl("log")  # a restart: recovery runs first
        self.check_whole()
        if not self.in_conflict():
            self.ctl("undo", "--all")
            self.check_restored()

    def is_done(self) -> bool:
        """Return whether the step was completed."""
        return all(Path(path).exists() for path in self.world.images)
