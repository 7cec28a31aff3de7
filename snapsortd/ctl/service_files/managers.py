"""The service managers: where their files are located, and the commands that install, remove and query a service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from snapsortd.ctl.service_files.render import carried, launchd_agent, systemd_unit
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.files.locations import find_locations

ELSEWHERE = "start `snapsortd` some other way, for example by the programs that your desktop starts at login"

UNIT = "snapsortd.service"
PACKAGED = "/usr/lib/systemd/user"
"""The folder of the units that packages of distributions install."""
LABEL = "org.snapsortd.snapsortd"


class ServiceManager(Protocol):
    """The operations that differ between systemd and launchd."""

    @property
    def path(self) -> str:
        """Path of the service file that is written."""

    @property
    def in_effect(self) -> str:
        """Path of the service file that the manager uses: that of a package, if no other was written."""

    @property
    def folders(self) -> Sequence[str]:
        """The folders that must exist before it is installed."""

    def text(self) -> str: ...
    def reach(self) -> Sequence[str]: ...
    def install(self) -> Sequence[Sequence[str]]: ...
    def uninstall(self) -> Sequence[Sequence[str]]: ...
    def after_removal(self) -> Sequence[Sequence[str]]: ...
    def is_running(self) -> Sequence[str]: ...
    def status(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Systemd:
    """The user manager of systemd."""

    path: str
    packaged: str = os.path.join(PACKAGED, UNIT)

    @property
    def in_effect(self) -> str:
        """Return the unit of a package, if there is one and no other was written."""
        is_packaged = os.path.exists(self.packaged) and not os.path.exists(self.path)
        return self.packaged if is_packaged else self.path

    @property
    def folders(self) -> Sequence[str]:
        """Return the folder of the unit."""
        return (os.path.dirname(self.path),)

    @classmethod
    def here(cls) -> Systemd:
        """Return the manager with the unit path that it searches."""
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return cls(os.path.join(config, "systemd", "user", UNIT))

    def text(self) -> str:
        """Return the unit for this installation and these environment variables."""
        return systemd_unit(template(UNIT).decode(), program(), carried(os.environ), loopback=asks_at_address())

    def reach(self) -> Sequence[str]:
        """Return a command that fails, with the reason, if there is no user manager."""
        return self._ctl("show-environment")

    def install(self) -> Sequence[Sequence[str]]:
        """Return the commands to run once the unit is written; `restart` so that a new version takes over."""
        return (
            self._ctl("daemon-reload"),
            self._ctl("enable", UNIT),
            self._ctl("restart", "--no-block", UNIT),
        )

    def uninstall(self) -> Sequence[Sequence[str]]:
        """Return the commands to run before the unit is removed."""
        return (self._ctl("disable", "--now", UNIT),)

    def after_removal(self) -> Sequence[Sequence[str]]:
        """Return the commands to run after the unit is removed."""
        return (self._ctl("daemon-reload"),)

    def is_running(self) -> Sequence[str]:
        """Return a command that succeeds if the service is running."""
        return self._ctl("is-active", "--quiet", UNIT)

    def status(self) -> Sequence[str]:
        """Return a command that shows the state of the service to people."""
        return self._ctl("status", "--no-pager", UNIT)

    @staticmethod
    def _ctl(*words: str) -> Sequence[str]:
        return ("systemctl", "--user", *words)


@dataclass(frozen=True, slots=True)
class Launchd:
    """The user's session of launchd."""

    path: str
    domain: str
    log: str

    @property
    def in_effect(self) -> str:
        """Return the agent."""
        return self.path

    @property
    def folders(self) -> Sequence[str]:
        """Return the folders of the agent and of its log: launchd creates neither."""
        return (os.path.dirname(self.path), os.path.dirname(self.log))

    @classmethod
    def here(cls) -> Launchd:
        """Return the session with the agent path that launchd searches at login."""
        path = os.path.expanduser(f"~/Library/LaunchAgents/{LABEL}.plist")
        return cls(path, f"gui/{os.getuid()}", os.path.join(find_locations(os.environ).log_dir, "launchd.log"))

    def text(self) -> str:
        """Return the agent for this installation and these environment variables."""
        return launchd_agent(template(f"{LABEL}.plist"), program(), carried(os.environ), self.log)

    def reach(self) -> Sequence[str]:
        """Return a command that fails, with the reason, if the user has no session."""
        return ("launchctl", "print", self.domain)

    def install(self) -> Sequence[Sequence[str]]:
        """Return the commands to run once the agent is written."""
        return (("launchctl", "bootstrap", self.domain, self.path),)

    def uninstall(self) -> Sequence[Sequence[str]]:
        """Return the commands to run before the agent is removed."""
        return (("launchctl", "bootout", f"{self.domain}/{LABEL}"),)

    def after_removal(self) -> Sequence[Sequence[str]]:
        """Return the commands to run after the agent is removed."""
        return ()

    def is_running(self) -> Sequence[str]:
        """Return a command that succeeds if the agent is loaded."""
        return ("launchctl", "print", f"{self.domain}/{LABEL}")

    def status(self) -> Sequence[str]:
        """Return a command that shows the state of the agent to people."""
        return self.is_running()


def asks_at_address() -> bool:
    """Return whether the configuration names a model server by its address, which takes internet sockets."""
    from snapsortd.config import load_config

    try:
        describe = load_config(find_locations(os.environ).config_file, os.environ).describe
    except ConfigError:
        return False
    return describe is not None and describe.server.startswith("http:")


def template(name: str) -> bytes:
    """Return a template that ships with the package."""
    return (files("snapsortd.ctl.service_files") / name).read_bytes()


def program() -> str:
    """Return the path of the `snapsortd` of this installation."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "snapsortd")


def manager() -> ServiceManager:
    """Return the service manager of this system."""
    return Launchd.here() if sys.platform == "darwin" else Systemd.here()


def why_not(service: ServiceManager) -> str:
    """Return why no service can be installed here, as the end of a sentence; empty if one can."""
    try:
        result = run(service.reach())
    except SnapsortError as error:
        return error.message
    return "" if result.returncode == 0 else f"`{' '.join(service.reach())}` says: {last_line(result.stderr)}"


def last_line(text: str) -> str:
    """Return the last line of what a program said."""
    return (text.strip().splitlines() or ["nothing"])[-1]


def carry_out(commands: Sequence[Sequence[str]], *, may_fail: bool = False) -> list[str]:
    """Run commands in turn and return the steps carried out. Raises SnapsortError at the first that fails."""
    done = []
    for command in commands:
        words = " ".join(command)
        result = run(command)
        if result.returncode == 0:
            done.append(words)
        elif may_fail:
            done.append(f"{words} (failed: {last_line(result.stderr)})")
        else:
            raise SnapsortError(f"`{words}` failed: {last_line(result.stderr)}", ELSEWHERE)
    return done


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command. Raises SnapsortError if the program does not exist."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise SnapsortError(f"there is no {command[0]} on this system", ELSEWHERE) from None
