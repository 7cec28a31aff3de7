"""The service: the unit or agent that was installed, whether it still fits, and what its manager says of it."""

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

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning

NAME = "service"
INSTALL = "`snapsortctl service install`"
PATIENCE_S = 10.0
"""A service manager answers within this time."""
PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "Result", "MainPID", "FragmentPath", "NeedDaemonReload")
ELSEWHERE = (
    "/etc/systemd/system/*snapsort*.service",
    "/usr/lib/systemd/system/*snapsort*.service",
    "/etc/systemd/user/*snapsort*.service",
    "~/.config/systemd/user/*snapsort*.service",
    "~/.config/autostart/*snapsort*.desktop",
    "~/Library/LaunchAgents/*snapsort*.plist",
    "/Library/LaunchAgents/*snapsort*.plist",
    "/Library/LaunchDaemons/*snapsort*.plist",
)
"""Where a second service may lie."""
_SPECIFIER = re.compile("%([%h])")
"""`%%` and `%h` of systemd.unit(5): a percent sign and the home folder. Our units have no others."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What `service install` would write now: where, which program, which variables (empty: none)."""

    path: str
    program: str
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """What a unit or an agent says."""

    program: str
    env: Mapping[str, str]


def read_service(path: str, home: str) -> Service | None:
    """The installed service; None if there is none. Raises OSError, ValueError if it can't be understood."""
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
    except Exception as error:  # plistlib lets through whatever its parser meets
        raise ValueError("it is no property list of a launchd agent") from error


def program_fault(program: str) -> str:
    """Why a program can't be started, as the end of a sentence; empty if it can."""
    if not os.path.exists(program):
        return "is not there any more"
    if not os.access(program, os.X_OK):
        return "may not be run by you"
    with open(program, "rb") as file:
        first = file.readline(4096)
    interpreter = os.fsdecode(first[2:].strip().partition(b" ")[0]) if first.startswith(b"#!") else ""
    if interpreter and not os.path.exists(interpreter):
        return f"needs {interpreter}, which is not there any more"
    return ""


def others(path: str, home: str, patterns: Sequence[str] = ELSEWHERE) -> list[str]:
    """Services of snapsortd beside the one at `path`."""
    found = {name for pattern in patterns for name in glob(pattern.replace("~", home, 1))}
    return sorted(name for name in found if not os.path.exists(path) or not os.path.samefile(name, path))


def check_service(service: Service | None, now: Installation, fault: str, *, same: bool) -> Iterator[Finding]:
    """`fault` is why the service's program can't be started; `same`: is it this installation's?"""
    if service is None:
        yield ok(NAME, f"not installed: snapsortd runs only when you start it ({INSTALL} has it start at login)")
        return
    if fault:
        yield problem(NAME, f"{now.path} starts {service.program}, which {fault}", INSTALL)
    elif not same:
        yield warning(
            NAME,
            f"{now.path} starts another snapsortd than this one: {service.program}",
            f"{INSTALL}, if this is the one to run ({now.program})",
        )
    for name, ours in now.env.items():
        theirs = service.env.get(name, "")
        if theirs != ours:
            setting = f"`export {name}={quoted(theirs)}`" if theirs else f"`unset {name}`"
            yield warning(
                NAME,
                f"it has {name}={theirs} and this shell has {name}={ours}: they look in other places",
                f"{setting}, or {INSTALL}",
            )


def check_others(paths: Sequence[str]) -> Iterator[Finding]:
    """A second service works against the first: one of the two is kept out, over and over."""
    for path in paths:
        yield warning(NAME, f"there is a second one: {path}", f"if it runs as you, remove it: `rm {quoted(path)}`")


def ask_systemd(unit: str) -> dict[str, str] | None:
    """What the user manager knows of a unit; None if there is no manager to ask."""
    return _properties(["systemctl", "--user", "show", unit, f"--property={','.join(PROPERTIES)}"], "=")


def ask_launchd(target: str) -> dict[str, str] | None:
    """What launchd knows of an agent; None if it does not know it."""
    return _properties(["launchctl", "print", target], " = ")


def _properties(command: Sequence[str], separator: str) -> dict[str, str] | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, stdin=subprocess.DEVNULL
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
    """What the user manager says of an installed unit. `lingers`: does it go on when the user has logged out?"""
    state, main = unit.get("ActiveState", ""), int(unit.get("MainPID", "0") or 0)
    log = "`journalctl --user -u snapsortd -n 50` tells why"
    if unit.get("LoadState") in ("not-found", "bad-setting", "error"):
        yield problem(
            NAME, "the user manager of systemd cannot load the unit", f"`systemctl --user daemon-reload`, or {INSTALL}"
        )
        return
    if unit.get("UnitFileState") in ("masked", "masked-runtime"):
        yield problem(NAME, "the unit is masked", f"`systemctl --user unmask snapsortd`, then {INSTALL}")
        return
    trouble = []
    if unit.get("NeedDaemonReload") == "yes":
        trouble.append(warning(NAME, "the unit was changed since it was read", "`systemctl --user daemon-reload`"))
    if unit.get("UnitFileState") == "disabled":
        trouble.append(
            warning(NAME, "the unit does not start at login (disabled)", "`systemctl --user enable snapsortd`")
        )
    if state == "failed":
        trouble.append(problem(NAME, f"the unit has failed ({unit.get('Result')})", f"{log}; then {INSTALL}"))
    elif state == "activating" and not main:
        trouble.append(problem(NAME, "the unit fails and is started again, over and over", log))
    elif daemon_pid is not None and main != daemon_pid:
        what = f"runs as process {main}" if main else "does not run"
        trouble.append(
            warning(
                NAME,
                f"the daemon was started by hand (process {daemon_pid}), and the unit {what}",
                "`snapsortctl stop && systemctl --user restart snapsortd`",
            )
        )
    elif state == "inactive":
        trouble.append(warning(NAME, "the unit does not run", "`systemctl --user start snapsortd`"))
    until = (
        "also when you are not logged in" if lingers else "while you are logged in (`loginctl enable-linger`: always)"
    )
    yield from trouble or [ok(NAME, f"{unit.get('FragmentPath') or 'the unit'} runs {until}")]


def check_launchd(agent: Mapping[str, str] | None, daemon_pid: int | None) -> Iterator[Finding]:
    """What launchd says of an installed agent; None: it is not loaded."""
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
            NAME, f"the agent does not run; it ended with exit code {code}", "`snapsortd` in a terminal says why"
        )
    else:
        yield warning(NAME, "the agent does not run", INSTALL)
