"""The daemon of the self-test as a service, under another name than an installed one.

The unit is in the folder of units that a logout removes, and the agent in the temporary folder: nothing is enabled.
"""

from __future__ import annotations

import os
import plistlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from snapsortd.ctl.self_test.promises import expect
from snapsortd.ctl.self_test.trial import STOPPING_S, Trial
from snapsortd.ctl.service_files.managers import LABEL, UNIT, carry_out, manager, run, template, why_not
from snapsortd.ctl.service_files.render import carried, launchd_agent, systemd_unit

OWN_UNIT, OWN_LABEL = "snapsortd-self-test.service", "org.snapsortd.self-test"


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service file, and the commands that start it, look for it, and stop and forget it."""

    path: Path
    text: str
    start: Sequence[Sequence[str]]
    is_there: Sequence[str]
    stop: Sequence[Sequence[str]]
    forget: Sequence[Sequence[str]]


class NotPossible(Exception):
    """No service can be tried here; its text is the end of a sentence that says why."""


def serves(trial: Trial) -> str:
    """Start the daemon as a service, have it file an image, and stop it. Raise NotPossible without a manager."""
    if reason := why_not(manager()):
        raise NotPossible(reason)
    service = agent(trial) if sys.platform == "darwin" else unit(trial)
    expect(not service.path.exists(), "another self-test is running")
    service.path.parent.mkdir(parents=True, exist_ok=True)
    service.path.write_text(service.text, "utf-8", "surrogateescape")
    try:
        carry_out(service.start)
        trial.wait_until_ready()
        trial.file("move as a service.png")
        carry_out(service.stop)
        trial.wait_until(lambda: not trial.status() and not is_there(service), "the service has stopped", STOPPING_S)
    finally:
        carry_out(service.stop, may_fail=True)
        service.path.unlink()
        carry_out(service.forget, may_fail=True)
    return f"{service.start[0][0]} started the daemon, which filed an image, and stopped it"


def is_there(service: OwnService) -> bool:
    """Return whether the manager runs the service."""
    return run(service.is_there).returncode == 0


def unit(trial: Trial) -> OwnService:
    """Return the unit for systemd; see the load path of runtime units in systemd.unit(5)."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    text = systemd_unit(template(UNIT).decode(), str(trial.programs / "snapsortd"), variables(trial))
    ctl = ("systemctl", "--user")
    return OwnService(
        Path(runtime, "systemd", "user", OWN_UNIT),
        text,
        start=((*ctl, "daemon-reload"), (*ctl, "start", OWN_UNIT)),
        is_there=(*ctl, "is-active", "--quiet", OWN_UNIT),
        stop=((*ctl, "stop", OWN_UNIT),),
        forget=((*ctl, "daemon-reload"), (*ctl, "reset-failed", OWN_UNIT)),
    )


def agent(trial: Trial) -> OwnService:
    """Return the agent for launchd."""
    written = launchd_agent(
        template(f"{LABEL}.plist"), str(trial.programs / "snapsortd"), variables(trial), str(trial.log)
    )
    path, domain = trial.folder / f"{OWN_LABEL}.plist", f"gui/{os.getuid()}"
    return OwnService(
        path,
        plistlib.dumps(plistlib.loads(written.encode()) | {"Label": OWN_LABEL}).decode(),
        start=(("launchctl", "bootstrap", domain, str(path)),),
        is_there=("launchctl", "print", f"{domain}/{OWN_LABEL}"),
        stop=(("launchctl", "bootout", f"{domain}/{OWN_LABEL}"),),
        forget=(),
    )


def variables(trial: Trial) -> dict[str, str]:
    """Return the variables of the service: those of the trial, and the PATH that a service gets."""
    return {**carried(trial.env), **trial.own_env}
