"""Rendering of the systemd unit and the launchd agent from their templates. Pure."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping

CARRIED = (
    "SNAPSORTD_CONFIG",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "HF_HOME",
    "HF_HUB_CACHE",
)
"""Variables that determine paths: those set now are written to the service, so that it uses the same ones."""


UNIX_ALONE = "RestrictAddressFamilies=AF_UNIX"


def carried(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of CARRIED that are set, and PATH: a service is started with a shorter one."""
    folders = [each for each in env.get("PATH", "").split(":") if each.startswith("/")]
    path = {"PATH": ":".join(dict.fromkeys(folders))} if folders else {}
    return {name: env[name] for name in CARRIED if env.get(name)} | path


def systemd_unit(template: str, program: str, env: Mapping[str, str], *, loopback: bool = False) -> str:
    """Return the unit: the template with ExecStart= replaced, and an Environment= line per variable.

    `loopback` allows internet sockets, because a model server of this machine is asked at its address.
    """
    lines = []
    for line in template.splitlines():
        if line.startswith("ExecStart="):
            lines.append(f"ExecStart={quoted(program)}")
            lines += [f"Environment={quoted(f'{name}={value}')}" for name, value in env.items()]
        elif loopback and line == UNIX_ALONE:
            lines.append(f"{UNIX_ALONE} AF_INET AF_INET6")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return `text` as one word of a unit file: quoted as in systemd.syntax(7), with `%` of specifiers doubled."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{text}"'


def launchd_agent(template: bytes, program: str, env: Mapping[str, str], log: str) -> str:
    """Return the agent: the template with this program, these variables, and stderr (start-up errors) in `log`."""
    agent = plistlib.loads(template)
    agent["ProgramArguments"] = [program]
    if env:
        agent["EnvironmentVariables"] = dict(env)
    agent["StandardErrorPath"] = log
    return plistlib.dumps(agent, sort_keys=False).decode()
