"""Every check in turn: gathers the facts, one subject at a time, and yields what is found as it is found."""

from __future__ import annotations

import os
import pwd
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psutil

import snapsortd
from snapsortd.config import Config, WatchFolder
from snapsortd.ctl.doctor import (
    clock,
    configuration,
    daemons,
    disks,
    folders,
    journal,
    limits,
    model,
    places,
    service,
    system,
)
from snapsortd.ctl.doctor.disks import CheckedFolder
from snapsortd.ctl.doctor.finding import Finding, problem, warning
from snapsortd.ctl.doctor.folders import Seer
from snapsortd.ctl.doctor.limits import Watch
from snapsortd.domain.decision import ActionKind
from snapsortd.files.locations import Locations
from snapsortd.rules.rule import Rule
from snapsortd.vision.catalog import read_model
from snapsortd.vision.checkpoint import EMBEDDED
from snapsortd.watch.candidates import wanted_in

PATIENCE_S = 20.0
"""A disk or a server that does not answer within this time is told of."""
JOURNAL_PATIENCE = 15
"""So many times as long for the journal: a large one is read as a whole."""


@dataclass(frozen=True, slots=True)
class DoctorInput:
    """What the doctor is told: where the instance lies, how to reach its daemon, its service as it would be now."""

    places: Locations
    env: Mapping[str, str]
    status: Callable[[], Mapping[str, Any]]
    """Asks the daemon; raises Unavailable."""
    listening: Callable[[], bool]
    installation: service.Installation
    unit: str
    """How systemd or launchd calls the service."""
    patience: float = PATIENCE_S


def examine(here: DoctorInput) -> Iterator[Finding]:
    """Look at everything that breaks in practice; what does not answer is told of, and the other checks go on."""
    return _Examination(here).run()


class _Examination:
    """One walk through all subjects, in the order in which a person would mend them."""

    def __init__(self, here: DoctorInput) -> None:
        self.here = here
        self.seer = Seer(sys.platform, os.path.realpath(sys.executable), os.getuid())
        self.config: Config | None = None
        self.answer = daemons.Answer(None)
        self.newest: float | None = None
        self.looked: dict[str, CheckedFolder] = {}
        self.uses: list[tuple[str, CheckedFolder]] = []

    def run(self) -> Iterator[Finding]:
        """Every check; later ones use what earlier ones found."""
        yield from self._guarded(system.INSTALLATION, self._installation)
        yield from self._guarded(configuration.NAME, self._configuration)
        for use, variable, path in (
            ("state", "XDG_STATE_HOME", self.here.places.state_dir),
            ("cache", "XDG_CACHE_HOME", self.here.places.cache_dir),
            ("runtime", "XDG_RUNTIME_DIR", self.here.places.runtime_dir),
        ):
            yield from self._guarded(f"{use} folder", partial(self._own_folder, use, variable, path))
        yield from self._guarded(daemons.NAME, self._daemon)
        yield from self._guarded(service.NAME, self._service)
        yield from self._guarded(journal.NAME, self._journal, times=JOURNAL_PATIENCE)
        yield from self._guarded(model.NAME, self._model)
        for folder in self.config.watch if self.config else ():
            yield from self._guarded(folders.WATCHED, partial(self._watched, folder), about=folder.path)
        yield from self._guarded(daemons.NAME, self._alone)
        for root, (position, rules) in roots(self.config).items():
            yield from self._guarded(folders.DESTINATION, partial(self._destination, root, position, rules), about=root)
        yield from self._guarded(disks.SPACE, self._space)
        yield from self._guarded(limits.NAME, self._limits)
        yield from self._guarded(clock.NAME, self._clock)
        yield from self._guarded(system.SANDBOX, self._sandbox)

    def _guarded(
        self, name: str, check: Callable[[], Iterable[Finding]], *, about: str = "", times: int = 1
    ) -> list[Finding]:
        """What a check found, or that it failed or took too long: a dead server can hold a process for ever."""
        patience = times * self.here.patience
        found: list[Finding] = []
        failed: list[Exception] = []

        def work() -> None:
            try:
                found.extend(check())
            except Exception as error:  # one odd thing must not keep the others from being looked at
                failed.append(error)

        thread = threading.Thread(target=work, name=f"look at {name}", daemon=True)
        thread.start()
        thread.join(patience)
        if thread.is_alive():
            summary = f"{about or 'looking at it'}: no answer within {patience:g} s"
            return [problem(name, summary, "is its disk or server gone? `mount`, `sudo dmesg`")]
        for error in failed:
            words = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            summary = f"{about or 'it'} could not be looked at: {words}"
            found.append(warning(name, summary, "please report this, with `snapsortctl doctor --json`"))
        return found

    def _installation(self) -> Iterator[Finding]:
        program = self.here.installation.program
        return system.check_installed(system.read_installed(snapsortd.__version__, program))

    def _configuration(self) -> Iterator[Finding]:
        path = self.here.places.config_file
        found = configuration.read_config(path, self.here.env)
        if isinstance(found, Config):
            self.config = found
        yield from configuration.check_config(found, path)
        if (writers := configuration.read_writers(path)) is not None:
            yield from configuration.check_writers(*writers, path, self.seer.uid)

    def _own_folder(self, use: str, variable: str, path: str) -> Iterator[Finding]:
        folder = disks.look(path)
        self.uses.append((use, folder))
        near = places.read_neighbours(folder, self.seer.uid)
        yield from places.check_own_folder(use, variable, folder, near, self.seer.uid)

    def _daemon(self) -> Iterator[Finding]:
        self.answer = daemons.ask(self.here.status, self.here.listening)
        holder = daemons.lock_holder(self.here.places.lock)
        yield from daemons.check_daemon(self.answer, holder, snapsortd.__version__, self.seer)
        yield from daemons.check_lock(self.answer, holder)

    def _service(self) -> Iterator[Finding]:
        now, home = self.here.installation, self.here.env.get("HOME") or os.path.expanduser("~")
        try:
            found = service.read_service(now.path, home)
        except ValueError as error:
            yield problem(service.NAME, f"{now.path} cannot be understood: {error}", service.INSTALL)
            return
        program = found.program if found else now.program
        same = os.path.realpath(program) == os.path.realpath(now.program)
        yield from service.check_service(found, now, service.program_fault(program), same=same)
        yield from service.check_others(service.others(now.path, home))
        if found and self.seer.platform == "darwin":
            yield from service.check_launchd(service.ask_launchd(self.here.unit), self.answer.pid)
        elif found and (unit := service.ask_systemd(self.here.unit)) is not None:
            user = pwd.getpwuid(self.seer.uid).pw_name
            yield from service.check_systemd(unit, self.answer.pid, os.path.exists(f"/var/lib/systemd/linger/{user}"))

    def _journal(self) -> Iterator[Finding]:
        found = journal.read_journal(self.here.places.journal)
        if isinstance(found, journal.JournalFacts):
            self.newest = found.newest
        return journal.check_journal(found, running=self.answer.status is not None)

    def _model(self) -> Iterator[Finding]:
        loaded = self.answer.status is not None and self.answer.status.get("classifier_pid") is not None
        found = read_model(self.config.model.name if self.config else EMBEDDED)
        memory = None if loaded else psutil.virtual_memory().available
        return model.check_model(found, model.missing_libraries(), memory, self.seer.python)

    def _watched(self, folder: WatchFolder) -> Iterator[Finding]:
        assert self.config is not None
        self.looked[folder.path] = found = disks.look(folder.path)
        moved = any(moves_from(rule, folder.path) for rule in working(self.config))
        own = wanted_in(self.here.places.journal, self.config.watch)
        position = f"{self.config.path}:{folder.position}"
        holds = own is not None and own.path == folder.path
        return folders.check_watched(found, self.seer, position=position, moved=moved, holds_journal=holds)

    def _alone(self) -> Iterator[Finding]:
        holder = daemons.lock_holder(self.here.places.lock)
        ours = [pid for pid in (self.answer.pid, holder.pid if holder else None) if pid is not None]
        watched = {Watch(seen.dev, seen.ino): path for path, seen in self.looked.items() if not seen.error}
        return daemons.check_alone(daemons.other_daemons(self.seer.uid, ours), watched)

    def _destination(self, root: str, position: str, rules: list[Rule]) -> Iterator[Finding]:
        found = disks.look(root)
        self.uses.append(("destinations", found))
        moved = [each for path, each in self.looked.items() if any(moves_from(rule, path) for rule in rules)]
        return folders.check_destination(found, moved, self.seer, position)

    def _space(self) -> Iterator[Finding]:
        for space in disks.spaces(self.uses):
            yield from disks.check_space(space)

    def _limits(self) -> Iterator[Finding]:
        found = limits.read_limits(self.seer.uid)
        if found is None:  # no inotify, as on macOS
            return
        watches, _, _ = found
        needed = 0
        for folder in self.config.watch if self.config and self.answer.status is None else ():
            if (seen := self.looked.get(folder.path)) and not seen.error and not seen.remote:
                at_most = watches.most - needed
                needed += limits.count_folders(folder.path, subfolders=folder.subfolders, at_most=at_most)
        yield from limits.check_limits(*found, needed)

    def _clock(self) -> Iterator[Finding]:
        now = time.time()
        yield from clock.check_clock(now, self.newest)
        future = (clock.future_files(path, now) for path, seen in self.looked.items() if not seen.error)
        yield from clock.check_future([each for found in future for each in found])

    def _sandbox(self) -> Iterator[Finding]:
        status = self.answer.status or {}
        ready = status.get("model", {}).get("state") == "ready"
        classifier = status.get("classifier_pid") if ready else None
        return system.check_confinement(system.read_confinement(self.answer.pid, classifier))


def working(config: Config) -> list[Rule]:
    """The rules that do something."""
    return [rule for rule in config.rules if rule.enabled and not rule.shadow]


def moves_from(rule: Rule, folder: str) -> bool:
    """Does the rule take files away from a watched folder?"""
    moves = any(action.kind is ActionKind.MOVE for action in rule.actions)
    near = any(each.startswith(folder + "/") or (folder + "/").startswith(each + "/") for each in rule.locations)
    return moves and (near or not rule.locations)


def roots(config: Config | None) -> dict[str, tuple[str, list[Rule]]]:
    """Each destination: where the configuration names it first, and the rules that lead there."""
    found: dict[str, tuple[str, list[Rule]]] = {}
    for rule in working(config) if config else ():
        for action in rule.actions:
            place = f"{config.path}:{action.position}" if config else ""
            if action.destination:
                found.setdefault(action.destination.root, (place, []))[1].append(rule)
    return found
