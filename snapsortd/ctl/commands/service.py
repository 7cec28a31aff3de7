"""service install, uninstall, status: run snapsortd under the user's own service manager."""

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
    """The operations that differ between systemd and launchd."""

    @property
    def path(self) -> str:
        """Path of the service file."""

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
        """Return the manager with the unit path that it searches."""
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return cls(os.path.join(config, "systemd", "user", UNIT))

    def text(self) -> str:
        """Return the unit for this installation and these environment variables."""
        return systemd_unit(template(UNIT).decode(), program(), carried(os.environ))

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

    @classmethod
    def here(cls) -> Launchd:
        """Return the session with the agent path that launchd searches at login."""
        path = os.path.expanduser(f"~/Library/LaunchAgents/{LABEL}.plist")
        return cls(path, f"gui/{os.getuid()}", os.path.join(locations().log_dir, "launchd.log"))

    def text(self) -> str:
        """Return the agent for this installation and these environment variables."""
        return launchd_agent(template(f"{LABEL}.plist"), program(), carried(os.environ), self.log)

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


def template(name: str) -> bytes:
    """Return a template that ships with the package."""
    return (files("snapsortd.ctl.service_files") / name).read_bytes()


def program() -> str:
    """Return the path of the `snapsortd` of this installation."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "snapsortd")


def manager() -> ServiceManager:
    """Return the service manager of this system."""
    return Launchd.here() if sys.platform == "darwin" else Systemd.here()


@click.group("service")
def service_command() -> None:
    """Run snapsortd whenever you are logged in, through systemd or launchd."""


@service_command.command("install")
@click.option("--print", "only_print", is_flag=True, help="Print the service file and do nothing else.")
@json_option
def install(only_print: bool, as_json: bool) -> None:
    """Install the service of this installation, start it now and at every login.

    The service gets the PATH of this shell, so that it finds the same commands, and SNAPSORTD_CONFIG and the XDG
    variables that are set now. After a change of one of them, install it again.
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
    report(steps, "snapsortd is starting; `snapsortctl status` shows its progress.", as_json)


@service_command.command("uninstall")
@json_option
def uninstall(as_json: bool) -> None:
    """Stop and remove the service. Configuration and journal are kept."""
    service = manager()
    if not os.path.exists(service.path):
        raise SnapsortError("the service is not installed", f"there is no {service.path}")
    steps = carry_out(service.uninstall(), may_fail=True)
    os.unlink(service.path)
    steps += [f"removed {short(service.path)}", *carry_out(service.after_removal(), may_fail=True)]
    report(steps, "The service was removed; configuration and journal are kept.", as_json)


@service_command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Show whether the service is installed and running. Exit code 4 if it is not running."""
    service = manager()
    installed, running = os.path.exists(service.path), run(service.is_running()).returncode == 0
    if as_json:
        say_json({"installed": installed, "running": running, "path": service.path})
    elif not installed:
        say("The service is not installed; run `snapsortctl service install`.")
    else:
        say(run(service.status()).stdout.rstrip() or f"installed as {short(service.path)}, not running")
    end(0 if running else EXIT_UNAVAILABLE)


def report(steps: Sequence[str], sentence: str, as_json: bool) -> None:
    """Report the steps that were carried out."""
    if as_json:
        say_json({"done": steps})
        return
    say(f"{click.style('✓', fg='green')} {step}" for step in steps)
    say(sentence)


def carry_out(commands: Sequence[Sequence[str]], *, may_fail: bool = False) -> list[str]:
    """Run commands in turn and return the steps carried out. Raises SnapsortError at the first that fails."""
    done = []
    for command in commands:
        words = " ".join(command)
        result = run(command)
        if result.returncode == 0:
            done.append(words)
        elif may_fail:
            done.append(f"{words} (failed: {result.stderr.strip()})")
        else:
            raise SnapsortError(
                f"`{words}` failed: {result.stderr.strip()}",
                "without a service manager for your user, start `snapsortd` some other way, for example at login",
            )
    return done


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command. Raises SnapsortError if the program does not exist."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise SnapsortError(
            f"there is no {command[0]} on this system",
            "start `snapsortd` some other way, for example at login",
        ) from None
