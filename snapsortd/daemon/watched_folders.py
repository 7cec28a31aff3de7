"""Watches and scans the configured folders, and queues the files found in them."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TypeVar

from snapsortd.config import check_folders, missing_commands
from snapsortd.daemon.first_look import FirstLook
from snapsortd.daemon.guard import guarded, guarded_scan
from snapsortd.domain.errors import Interrupted
from snapsortd.domain.file import Stat
from snapsortd.files.answering import NotAnswering
from snapsortd.files.folders import lstat
from snapsortd.files.progress import reported_to
from snapsortd.pipeline.repairs import UNFINISHED
from snapsortd.pipeline.session import Session
from snapsortd.watch.candidates import WatchFolder, is_reached, owner, wanted_in
from snapsortd.watch.queue import WorkQueue
from snapsortd.watch.scan import scan
from snapsortd.watch.stillness import Stillness
from snapsortd.watch.unfinished import unfinished_in, why_and_how_long
from snapsortd.watch.watcher import Watcher

log = logging.getLogger("snapsortd")

T = TypeVar("T")

TEND_INTERVAL_S = 0.1
"""Minimum interval between two looks at the watched folders."""


def _nothing() -> None:
    """Do nothing when a folder answers again: the next status asks it."""


class WatchedFolders:
    """The folders of the session's configuration, their watcher and the queue that both fill."""

    def __init__(self, session: Session, now: float) -> None:
        self._session = session
        self.queue = WorkQueue(
            guarded(self._stat_wanted, None),
            guarded(lambda path, stat: session.pipeline.is_already_processed(path, stat.identity), otherwise=True),
            self._place,
            self._ask,
            Stillness().of,
        )
        self.rescan_due = now
        """The time at which the next rescan is due, in monotonic seconds."""
        self._first_look = FirstLook(session)
        self._first_look.begin()
        self.watcher = self._make_watcher({})
        self._next_tend = 0.0

    def tend(self) -> float | None:
        """Tend the watcher, or return when that is due: asking each folder in a thread of its own takes time."""
        now = time.monotonic()
        if now < self._next_tend:
            return self._next_tend
        self._next_tend = now + TEND_INTERVAL_S
        return self.watcher.tend(now)

    def update(self, now: float, *, rescan: bool) -> None:
        """Start a rescan if that is due and `rescan` allows it, and update the queue.

        Raises JournalError, because the journal is asked which files were already processed.
        """
        if rescan and now >= self.rescan_due:
            self.rescan_due = now + self._session.config.rescan
            self.rescan()
        self.queue.update(now)
        if self.queue.overflowed():
            self.rescan_due = now

    def rescan(self) -> None:
        """Scan every watched folder again; files that were already processed are skipped quickly."""
        with suppress(NotAnswering):  # it goes on, whatever the disks do on which something is unfinished
            self._session.answering.ask(UNFINISHED, self._tidy)
        guarded(self._session.repairs.forget_gone, None)()
        folders = self._session.config.watch
        for folder in folders:
            if not self.watcher.is_scanned(folder.path):
                continue
            paths = scan(folder, [each.path for each in folders])
            found = guarded_scan(folder.path, self._first_look.take_note(folder, paths))
            self.queue.offer_many(folder.path, found, folder.settle)

    def rescan_soon(self) -> None:
        """Make a rescan due now; callable from any thread."""
        self.rescan_due = 0.0
        self.queue.wake()

    def stop(self) -> None:
        """Stop watching and clear the queue, before the configuration is replaced."""
        self.watcher.stop()
        self.queue.clear()

    def restart(self) -> None:
        """Watch and scan the folders of the configuration as it is now."""
        self._first_look.begin()
        self.watcher = self._make_watcher(self.watcher.points())
        self.watcher.start()
        self.rescan_soon()

    def _make_watcher(self, points: Mapping[str, str]) -> Watcher:
        """Log problems of the configured folders, and make their watcher."""
        config, answering = self._session.config, self._session.answering

        def log_problems() -> None:
            for problem in check_folders(config, answering.ask):
                log.warning("%s", problem)
            for position, name in missing_commands(config, os.environ.get("PATH", os.defpath)):
                log.warning("%s:%s: the command %s is not found in PATH", config.path, position, name)

        with suppress(NotAnswering):  # it goes on, without holding up the start
            answering.ask(config.path, log_problems)
        self._session.claims.close()
        return Watcher(
            config.watch,
            self.queue.offer,
            lambda _folder: self.rescan_soon(),
            self.queue.wake,
            answering,
            points=points,
            claim=self._claim,
        )

    def _tidy(self) -> None:
        with reported_to(self._session.end_if_stopping), suppress(Interrupted):
            for sentence in self._session.repairs.repair():
                log.warning("%s", sentence)
            for sentence in guarded(self._session.repairs.clean, [])():
                log.warning("%s", sentence)

    def _claim(self, folder: WatchFolder, identity: tuple[int, int]) -> str:
        """Claim a folder; return an empty text, or a sentence about the daemon that has it."""
        other = self._session.claims.take(folder.path, identity, subfolders=folder.subfolders)
        return "" if other is None else str(other)

    def _ask(self, place: str, work: Callable[[], T]) -> T:
        """Call `work` in the thread of a watched folder, which is scanned again once it answers again."""
        return self._session.answering.ask(place, work, then=self.rescan_soon)

    def _place(self, path: str) -> str:
        """Return the watched folder that a path is in; empty if it is in none."""
        folder = owner(path, self._session.config.watch)
        return "" if folder is None else folder.path

    def why_not_filed(self, path: str) -> tuple[str, float | None]:
        """Return why the file at `path` would not be filed as it is, and for how many seconds if that is known.

        The reason is empty if it would be. Raise NotAnswering.
        """
        folders = self._session.config.watch
        return self._session.answering.ask(self._place(path), partial(why_and_how_long, path, folders))

    def held_back(self) -> list[tuple[str, str, float]]:
        """Return path, reason and seconds of the files that are held back, also of downloads by their names alone."""
        here = {folder.path: (partial(unfinished_in, folder), _nothing) for folder in self._session.config.watch}
        unfinished = self._session.answering.ask_all(here).values()
        found = [*self.queue.held_back.all(time.monotonic()), *chain.from_iterable(unfinished)]
        return list({each[0]: each for each in found}.values())  # one watched folder may be in another

    def _stat_wanted(self, path: str) -> Stat | None:
        """lstat() of `path`; None if no watched folder wants it or a symlink leads out of its folder."""
        folder = wanted_in(path, self._session.config.watch)
        return None if folder is None or not is_reached(path, folder) else lstat(path, folder.path)
