"""Run every check in turn: gather the facts of one subject at a time, and yield each finding at once."""

from __future__ import annotations

import os
import pwd
import sys
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
    commands,
    configuration,
    daemons,
    disks,
    folders,
    journal,
    limits,
    model,
    own_folders,
    service,
    system,
)
from snapsortd.ctl.doctor.abilities import read_abilities
from snapsortd.ctl.doctor.destinations import active_rules, destinations, moves_from
from snapsortd.ctl.doctor.disks import CheckedFolder
from snapsortd.ctl.doctor.finding import Finding, problem
from snapsortd.ctl.doctor.folders import Runtime
from snapsortd.ctl.doctor.guard import run_guarded
from snapsortd.ctl.doctor.limits import Watch
from snapsortd.domain.errors import ModelError
from snapsortd.files.locations import Locations
from snapsortd.rules.rule import Rule
from snapsortd.vision.catalog import StoredModel, read_stored
from snapsortd.vision.checkpoint import EMBEDDED
from snapsortd.watch.candidates import wanted_in

TIMEOUT_S = 20.0
"""A disk or a server that does not answer within this time is reported."""
JOURNAL_TIMEOUT_FACTOR = 15
"""Factor of the timeout for the journal, of which even a large one is read completely."""


@dataclass(frozen=True, slots=True)
class DoctorInput:
    """The paths of the instance, access to its daemon, and its service as it would be installed now."""

    locations: Locations
    env: Mapping[str, str]
    status: Callable[[], Mapping[str, Any]]
    """Query the daemon; raises Unavailable."""
    listening: Callable[[], bool]
    """Return whether a process listens on the socket."""
    installation: service.Installation
    unit: str
    """The name of the service in systemd or launchd."""
    timeout_s: float = TIMEOUT_S


def examine(here: DoctorInput) -> Iterator[Finding]:
    """Yield the findings of all checks; one that fails or does not answer is reported, and the others continue."""
    return _Examination(here).run()


class _Examination:
    """One run of all checks, in the order in which a person would fix their problems."""

    def __init__(self, here: DoctorInput) -> None:
        self.here = here
        self.home = here.env.get("HOME") or os.path.expanduser("~")
        self.runtime = Runtime(sys.platform, os.path.realpath(sys.executable), os.getuid(), self.home)
        self.config: Config | None = None
        self.answer = daemons.Answer(None)
        self.newest: float | None = None
        self.inspected: dict[str, CheckedFolder] = {}
        self.uses: list[tuple[str, CheckedFolder]] = []

    def run(self) -> Iterator[Finding]:
        """Run every check; later ones use the results of earlier ones."""
        yield from self._run(system.INSTALLATION, self._installation)
        yield from self._run(configuration.NAME, self._configuration)
        for use, variable, path in (
            ("state", "XDG_STATE_HOME", self.here.locations.state_dir),
            ("cache", "XDG_CACHE_HOME", self.here.locations.cache_dir),
            ("runtime", "XDG_RUNTIME_DIR", self.here.locations.runtime_dir),
        ):
            yield from self._run(f"{use} folder", partial(self._own_folder, use, variable, path))
        yield from self._run(daemons.NAME, self._daemon)
        yield from self._run(service.NAME, self._service)
        yield from self._run(commands.NAME, self._commands)
        yield from self._run(journal.NAME, self._journal, timeout_factor=JOURNAL_TIMEOUT_FACTOR)
        yield from self._run(model.NAME, self._model)
        for folder in self.config.watch if self.config else ():
            yield from self._run(folders.WATCHED, partial(self._watched, folder), about=folder.path)
        yield from self._run(daemons.NAME, self._alone)
        for root, (position, rules) in (destinations(self.config) if self.config else {}).items():
            yield from self._run(folders.DESTINATION, partial(self._destination, root, position, rules), about=root)
        yield from self._run(disks.SPACE, self._space)
        yield from self._run(limits.NAME, self._limits)
        yield from self._run(clock.NAME, self._clock)
        yield from self._run(system.SANDBOX, self._sandbox)

    def _run(
        self, name: str, check: Callable[[], Iterable[Finding]], *, about: str = "", timeout_factor: int = 1
    ) -> list[Finding]:
        return run_guarded(name, check, timeout_factor * self.here.timeout_s, about)

    def _installation(self) -> Iterator[Finding]:
        program = self.here.installation.program
        return system.check_installed(system.read_installed(snapsortd.__version__, program))

    def _configuration(self) -> Iterator[Finding]:
        path = self.here.locations.config_file
        found = configuration.read_config(path, self.here.env)
        if isinstance(found, Config):
            self.config = found
        yield from configuration.check_config(found, path)
        if (writers := configuration.read_writers(path)) is not None:
            yield from configuration.check_writers(*writers, path, self.runtime)

    def _own_folder(self, use: str, variable: str, path: str) -> Iterator[Finding]:
        folder = disks.inspect_folder(path)
        self.uses.append((use, folder))
        exposure = own_folders.read_exposure(folder, self.runtime.uid)
        yield from own_folders.check_own_folder(use, variable, folder, exposure, self.runtime.uid, self.home)

    def _daemon(self) -> Iterator[Finding]:
        self.answer = daemons.query_daemon(self.here.status, self.here.listening)
        holder = daemons.lock_holder(self.here.locations.lock)
        yield from daemons.check_daemon(self.answer, holder, snapsortd.__version__, self.runtime)
        yield from daemons.check_lock(self.answer, holder)

    def _service(self) -> Iterator[Finding]:
        now, home = self.here.installation, self.home
        try:
            found = service.read_service(now.path, home)
        except ValueError as error:
            yield problem(service.NAME, f"{now.path} cannot be parsed: {error}", service.INSTALL)
            return
        program = found.program if found else now.program
        same = os.path.realpath(program) == os.path.realpath(now.program)
        yield from service.check_service(found, now, service.program_fault(program), same=same)
        yield from service.check_others(service.other_services(now.path, home), home)
        if found and self.runtime.platform == "darwin":
            yield from service.check_launchd(service.query_launchd(self.here.unit), self.answer.pid)
        elif found and (unit := service.query_systemd(self.here.unit)) is not None:
            user = pwd.getpwuid(self.runtime.uid).pw_name
            yield from service.check_systemd(unit, self.answer.pid, os.path.exists(f"/var/lib/systemd/linger/{user}"))

    def _commands(self) -> Iterator[Finding]:
        if self.config is not None:
            env = self.here.env
            path, is_service = commands.read_search_path(self.here.installation.path, env, self.runtime.platform)
            here = env.get("PATH", os.defpath)
            yield from commands.check_commands(self.config, path, here, is_service=is_service)

    def _journal(self) -> Iterator[Finding]:
        found = journal.read_journal(self.here.locations.journal)
        if isinstance(found, journal.JournalFacts):
            self.newest = found.newest
        return journal.check_journal(found, running=self.answer.status is not None)

    def _model(self) -> Iterator[Finding]:
        loaded = self.answer.status is not None and self.answer.status.get("classifier_pid") is not None
        found: StoredModel | ModelError
        try:
            found = read_stored(self.config.model.name if self.config else EMBEDDED)
        except ModelError as error:
            found = error
        memory = None if loaded else psutil.virtual_memory().available
        return model.check_model(found, model.missing_libraries(found), memory, self.runtime.python)

    def _watched(self, folder: WatchFolder) -> Iterator[Finding]:
        assert self.config is not None
        self.inspected[folder.path] = found = disks.inspect_folder(folder.path)
        moved = any(moves_from(rule, folder.path) for rule in active_rules(self.config))
        own = wanted_in(self.here.locations.journal, self.config.watch)
        position = f"{self.config.path}:{folder.position}"
        holds = own is not None and own.path == folder.path
        able = read_abilities(found)
        return folders.check_watched(
            found, self.runtime, position=position, moved=moved, holds_journal=holds, able=able
        )

    def _alone(self) -> Iterator[Finding]:
        holder = daemons.lock_holder(self.here.locations.lock)
        ours = [pid for pid in (self.answer.pid, holder.pid if holder else None) if pid is not None]
        watched = {Watch(seen.dev, seen.ino): path for path, seen in self.inspected.items() if not seen.error}
        return daemons.check_alone(daemons.other_daemons(self.runtime.uid, ours), watched)

    def _destination(self, root: str, position: str, rules: list[Rule]) -> Iterator[Finding]:
        found = disks.inspect_folder(root)
        self.uses.append(("destinations", found))
        moved = [each for path, each in self.inspected.items() if any(moves_from(rule, path) for rule in rules)]
        return folders.check_destination(found, moved, self.runtime, position, read_abilities(found))

    def _space(self) -> Iterator[Finding]:
        for space in disks.spaces(self.uses):
            yield from disks.check_space(space)

    def _limits(self) -> Iterator[Finding]:
        found = limits.read_limits(self.runtime.uid)
        if found is None:  # no inotify, as on macOS
            return
        watches, _, _ = found
        needed = roots = 0
        for folder in self.config.watch if self.config and self.answer.status is None else ():
            if (seen := self.inspected.get(folder.path)) and not seen.error and not seen.remote:
                roots += 1
                at_most = watches.maximum - needed
                needed += limits.count_folders(folder, at_most)
        yield from limits.check_limits(*found, needed, roots)

    def _clock(self) -> Iterator[Finding]:
        now = time.time()
        yield from clock.check_clock(now, self.newest)
        future = (clock.future_files(path, now) for path, seen in self.inspected.items() if not seen.error)
        yield from clock.check_future([each for found in future for each in found])

    def _sandbox(self) -> Iterator[Finding]:
        status = self.answer.status or {}
        ready = status.get("model", {}).get("state") == "ready"
        classifier = status.get("classifier_pid") if ready else None
        return system.check_confinement(system.read_confinement(self.answer.pid, classifier))
