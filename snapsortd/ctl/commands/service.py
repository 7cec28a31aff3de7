"""service install, uninstall, status: snapsortd as a service of the user's own service manager."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

import click

from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.service_files.render import carried, launchd_agent, systemd_unit
from snapsortd.domain.errors import EXIT_UNAVAILABLE, SnapsortError

UNIT = "snapsortd.service"
LABEL = "org.snapsortd.snapsortd"


class ServiceManager(Protocol):
    """What differs between systemd and launchd."""

    @property
    def path(self) -> str:
        """Where the service's file goes."""

    def text(self) -> str: ...
    def install(self) -> Sequence[Sequence[str]]: ...
    def uninstall(self) -> Sequence[Sequence[str]]: ...
    def after_removal(self) -> Sequence[Sequence[str]]: ...
    def is_running(self) -> Sequence[str]: ...
    def status(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Systemd:
    """The user manager of systemd."""

    path: str

    @classmethod
    def here(cls) -> Systemd:
        """In the folder where the user manager looks."""
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return cls(os.path.join(config, "systemd", "user", UNIT))

    def text(self) -> str:
        """The unit for this installation and these places."""
        return systemd_unit(template(UNIT).decode(), program(), carried(os.environ))

    def install(self) -> Sequence[Sequence[str]]:
        """Commands to run once the unit is written; `restart` so that a new version takes over."""
        return (
            self._ctl("daemon-reload"),
            self._ctl("enable", UNIT),
            self._ctl("restart", "--no-block", UNIT),
        )

    def uninstall(self) -> Sequence[Sequence[str]]:
        """Commands to run before the unit is removed."""
        return (self._ctl("disable", "--now", UNIT),)

    def after_removal(self) -> Sequence[Sequence[str]]:
        """Commands to run when the unit is gone."""
        return (self._ctl("daemon-reload"),)

    def is_running(self) -> Sequence[str]:
        """A command that succeeds if the service runs."""
        return self._ctl("is-active", "--quiet", UNIT)

    def status(self) -> Sequence[str]:
        """A command that tells people how the service is."""
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

    @classmethod
    def here(cls) -> Launchd:
        """In the folder where launchd looks at login."""
        path = os.path.expanduser(f"~/Library/LaunchAgents/{LABEL}.plist")
        return cls(path, f"gui/{os.getuid()}", os.path.join(locations().log_dir, "launchd.log"))

    def text(self) -> str:
        """The agent for this installation and these places."""
        return launchd_agent(template(f"{LABEL}.plist"), program(), carried(os.environ), self.log)

    def install(self) -> Sequence[Sequence[str]]:
        """Commands to run once the agent is written."""
        return (("launchctl", "bootstrap", self.domain, self.path),)

    def uninstall(self) -> Sequence[Sequence[str]]:
        """Commands to run before the agent is removed."""
        return (("launchctl", "bootout", f"{self.domain}/{LABEL}"),)

    def after_removal(self) -> Sequence[Sequence[str]]:
        """Commands to run when the agent is gone."""
        return ()

    def is_running(self) -> Sequence[str]:
        """A command that succeeds if the agent is loaded."""
        return ("launchctl", "print", f"{self.domain}/{LABEL}")

    def status(self) -> Sequence[str]:
        """A command that tells people how the agent is."""
        return self.is_running()


def template(name: str) -> bytes:
    """A template as it ships with the package."""
    return (files("snapsortd.ctl.service_files") / name).read_bytes()


def program() -> str:
    """The `snapsortd` of this very installation."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "snapsortd")


def manager() -> ServiceManager:
    """The service manager of this system."""
    return Launchd.here() if sys.platform == "darwin" else Systemd.here()


@click.group("service")
def service_command() -> None:
    """Run snapsortd whenever you are logged in, by systemd or launchd."""


@service_command.command("install")
@click.option("--print", "only_print", is_flag=True, help="Print the service's file and do nothing else.")
@json_option
def install(only_print: bool, as_json: bool) -> None:
    """Write the service for this installation, start it now and at every login.

    Where SNAPSORTD_CONFIG or an XDG variable is set now, the service gets it too.
    """
    service = manager()
    if only_print:
        click.echo(service.text(), nl=False)
        return
    if not os.access(program(), os.X_OK):
        raise SnapsortError(f"there is no {program()}", "install snapsortd where this snapsortctl is installed")
    again = os.path.exists(service.path)
    os.makedirs(os.path.dirname(service.path), exist_ok=True)
    with open(service.path, "w", encoding="utf-8") as file:
        file.write(service.text())
    steps = [f"wrote {short(service.path)}"]
    if again and isinstance(service, Launchd):
        steps += carry_out(service.uninstall(), may_fail=True)
    steps += carry_out(service.install())
    told(steps, "snapsortd is starting; `snapsortctl status` shows how it goes.", as_json)


@service_command.command("uninstall")
@json_option
def uninstall(as_json: bool) -> None:
    """Stop the service and remove it. Configuration and journal stay."""
    service = manager()
    if not os.path.exists(service.path):
        raise SnapsortError("the service is not installed", f"there is no {service.path}")
    steps = carry_out(service.uninstall(), may_fail=True)
    os.unlink(service.path)
    steps += [f"removed {short(service.path)}", *carry_out(service.after_removal(), may_fail=True)]
    told(steps, "The service is gone; configuration and journal stay.", as_json)


@service_command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say whether the service is installed and runs. Exit code 4 if it doesn't run."""
    service = manager()
    installed, running = os.path.exists(service.path), run(service.is_running()).returncode == 0
    if as_json:
        say_json({"installed": installed, "running": running, "path": service.path})
    elif not installed:
        say("The service is not installed; `snapsortctl service install` does it.")
    else:
        say(run(service.status()).stdout.rstrip() or f"installed as {short(service.path)}, not running")
    end(0 if running else EXIT_UNAVAILABLE)


def told(steps: Sequence[str], sentence: str, as_json: bool) -> None:
    """Say what was done."""
    if as_json:
        say_json({"done": steps})
        return
    say(f"{click.style('✓', fg='green')} {step}" for step in steps)
    say(sentence)


def carry_out(commands: Sequence[Sequence[str]], *, may_fail: bool = False) -> list[str]:
    """Run commands in turn and return what was done. Raises SnapsortError at the first that fails."""
    done = []
    for command in commands:
        words = " ".join(command)
        result = run(command)
        if result.returncode == 0:
            done.append(words)
        elif may_fail:
            done.append(f"{words} (failed: {result.stderr.strip()})")
        else:
            raise SnapsortError(f"`{words}` failed: {result.stderr.strip()}", "is a service manager running for you?")
    return done


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command. Raises SnapsortError if there is no such program."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise SnapsortError(
            f"there is no {command[0]} on this system",
            "start `snapsortd` by your own means, such as at login",
        ) from None
