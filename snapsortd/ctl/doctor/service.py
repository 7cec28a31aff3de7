"""Check the installed unit or agent against this installation, and its state in the service manager."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from typing import Any

from snapsortd.ctl.doctor.advice import is_inside
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning

NAME = "service"
INSTALL = "`snapsortctl service install`"
TIMEOUT_S = 10.0
"""Timeout of a call to the service manager."""
PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "Result", "MainPID", "FragmentPath", "NeedDaemonReload")
SERVICE_PATTERNS = (
    "/etc/systemd/system/*snapsort*.service",
    "/usr/lib/systemd/system/*snapsort*.service",
    "/etc/systemd/user/*snapsort*.service",
    "~/.config/systemd/user/*snapsort*.service",
    "~/.config/autostart/*snapsort*.desktop",
    "~/Library/LaunchAgents/*snapsort*.plist",
    "/Library/LaunchAgents/*snapsort*.plist",
    "/Library/LaunchDaemons/*snapsort*.plist",
)
"""Paths of services of snapsortd, among them a second one."""
SYSTEMD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAUNCHD_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""The PATH of a service that is given none: systemd.exec(5), launchctl(1)."""
_SPECIFIER = re.compile("%([%h])")
"""`%%` and `%h` of systemd.unit(5): a percent sign and the home folder. Our units use no others."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The service that `service install` would write now: its path, program and variables (empty if unset)."""

    path: str
    program: str
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """The program and the variables of an installed unit or agent."""

    program: str
    env: Mapping[str, str]


def read_service(path: str, home: str) -> Service | None:
    """Return the installed service, or None if there is none. Raises OSError, and ValueError if it can't be parsed."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    return _agent(data) if path.endswith(".plist") else _unit(data.decode("utf-8", "surrogateescape"), home)


def _unit(text: str, home: str) -> Service:
    program, env = "", dict[str, str]()
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key in ("ExecStart", "Environment"):
            words = [
                _SPECIFIER.sub(lambda found: home if found[1] == "h" else "%", word) for word in shlex.split(value)
            ]
            if key == "Environment":
                env.update({name: given for name, equals, given in (word.partition("=") for word in words) if equals})
            elif words:
                program = words[0].lstrip("@-:+!")
    return Service(program, env)


def _agent(data: bytes) -> Service:
    try:
        agent: dict[str, Any] = plistlib.loads(data)
        return Service(str(agent["ProgramArguments"][0]), dict(agent.get("EnvironmentVariables", {})))
    except Exception as error:  # plistlib passes on whatever its parser raises
        raise ValueError("it is not a property list of a launchd agent") from error


def search_path(service: Service | None, env: Mapping[str, str], platform: str) -> str:
    """Return the PATH with which the service runs commands; that of this shell if no service is installed."""
    if service is None:
        return env.get("PATH", os.defpath)
    if own := service.env.get("PATH"):
        return own
    if platform == "darwin":
        return LAUNCHD_PATH
    manager = _properties(["systemctl", "--user", "show-environment"], "=")
    return (manager or {}).get("PATH", SYSTEMD_PATH)


def program_fault(program: str) -> str:
    """Return why a program can't be started, as the end of a sentence; empty if it can."""
    if not os.path.exists(program):
        return "no longer exists"
    if not os.access(program, os.X_OK):
        return "is not executable for you"
    with open(program, "rb") as file:
        first = file.readline(4096)
    interpreter = os.fsdecode(first[2:].strip().partition(b" ")[0]) if first.startswith(b"#!") else ""
    if interpreter and not os.path.exists(interpreter):
        return f"needs {interpreter}, which no longer exists"
    return ""


def other_services(path: str, home: str, patterns: Sequence[str] = SERVICE_PATTERNS) -> list[str]:
    """Return the services of snapsortd other than the one at `path`."""
    found = {name for pattern in patterns for name in glob(pattern.replace("~", home, 1))}
    return sorted(name for name in found if not os.path.exists(path) or not os.path.samefile(name, path))


def check_service(service: Service | None, now: Installation, fault: str, *, same: bool) -> Iterator[Finding]:
    """Check the service. `fault`: why its program can't be started; `same`: it is the program of this installation."""
    if service is None:
        yield ok(NAME, f"not installed: snapsortd runs only if you start it ({INSTALL} starts it at login)")
        return
    if fault:
        yield problem(NAME, f"{now.path} starts {service.program}, which {fault}", INSTALL)
    elif not same:
        yield warning(
            NAME,
            f"{now.path} starts another snapsortd than this one: {service.program}",
            f"{INSTALL} if this is the one to run ({now.program})",
        )
    for name, ours in now.env.items():
        theirs = service.env.get(name, "")
        if theirs != ours:
            setting = f"`export {name}={quoted(theirs)}`" if theirs else f"`unset {name}`"
            yield warning(
                NAME,
                f"it has {name}={theirs} and this shell has {name}={ours}: they use different files",
                f"{setting}, or {INSTALL}",
            )


def check_others(paths: Sequence[str], home: str) -> Iterator[Finding]:
    """Warn about a second service, which competes with the first: one of the two fails again and again."""
    for path in paths:
        away = f"`mv {quoted(path)} {quoted(path + '.off')}`, then log in again"
        fix = away if is_inside(path, home) else "keep that one, and remove yours: `snapsortctl service uninstall`"
        yield warning(NAME, f"there is a second one: {path}", fix)


def query_systemd(unit: str) -> dict[str, str] | None:
    """Return the properties of a unit in the user manager, or None if it can't be queried."""
    return _properties(["systemctl", "--user", "show", unit, f"--property={','.join(PROPERTIES)}"], "=")


def query_launchd(target: str) -> dict[str, str] | None:
    """Return the properties of an agent in launchd, or None if it is not loaded."""
    return _properties(["launchctl", "print", target], " = ")


def _properties(command: Sequence[str], separator: str) -> dict[str, str] | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        key, given, value = line.strip().partition(separator)
        if given:
            found.setdefault(key, value)
    return found


def check_systemd(unit: Mapping[str, str], daemon_pid: int | None, lingers: bool) -> Iterator[Finding]:
    """Check the state of an installed unit. `lingers`: it keeps running after the user has logged out."""
    state, main = unit.get("ActiveState", ""), int(unit.get("MainPID", "0") or 0)
    log = "`journalctl --user -u snapsortd -n 50` shows why"
    if unit.get("LoadState") in ("not-found", "bad-setting", "error"):
        yield problem(
            NAME, "the user manager of systemd cannot load the unit", f"`systemctl --user daemon-reload`, or {INSTALL}"
        )
        return
    if unit.get("UnitFileState") in ("masked", "masked-runtime"):
        yield problem(NAME, "the unit is masked", f"`systemctl --user unmask snapsortd`, then {INSTALL}")
        return
    found = []
    if unit.get("NeedDaemonReload") == "yes":
        found.append(warning(NAME, "the unit was changed after systemd read it", "`systemctl --user daemon-reload`"))
    if unit.get("UnitFileState") == "disabled":
        found.append(
            warning(NAME, "the unit does not start at login (disabled)", "`systemctl --user enable snapsortd`")
        )
    if state == "failed":
        found.append(problem(NAME, f"the unit has failed ({unit.get('Result')})", f"{log}; then {INSTALL}"))
    elif state == "activating" and not main:
        found.append(problem(NAME, "the unit fails and is restarted again and again", log))
    elif daemon_pid is not None and main != daemon_pid:
        what = f"runs as process {main}" if main else "is not running"
        found.append(
            warning(
                NAME,
                f"the daemon was started by hand (process {daemon_pid}), and the unit {what}",
                "`snapsortctl stop && systemctl --user restart snapsortd`",
            )
        )
    elif state == "inactive":
        found.append(warning(NAME, "the unit is not running", "`systemctl --user start snapsortd`"))
    until = (
        "even while you are not logged in" if lingers else "while you are logged in (`loginctl enable-linger`: always)"
    )
    yield from found or [ok(NAME, f"{unit.get('FragmentPath') or 'the unit'} runs {until}")]


def check_launchd(agent: Mapping[str, str] | None, daemon_pid: int | None) -> Iterator[Finding]:
    """Check the state of an installed agent; None if it is not loaded."""
    if agent is None:
        yield warning(NAME, "the agent is not loaded", INSTALL)
        return
    code = agent.get("last exit code", "")
    if agent.get("state") == "running":
        if daemon_pid is not None and agent.get("pid") not in (None, str(daemon_pid)):
            yield warning(
                NAME,
                f"the daemon was started by hand (process {daemon_pid}), and the agent runs as process {agent['pid']}",
                f"`snapsortctl stop`, then {INSTALL}",
            )
        else:
            yield ok(NAME, "the agent runs while you are logged in")
    elif code and not code.startswith(("0", "(never")):
        yield problem(
            NAME, f"the agent is not running; it exited with code {code}", "`snapsortd` in a terminal shows why"
        )
    else:
        yield warning(NAME, "the agent is not running", INSTALL)
