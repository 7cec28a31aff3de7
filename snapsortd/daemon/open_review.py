"""Opens the review page when the button of a notification is pressed."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

log = logging.getLogger("snapsortd")

CARRIED = ("SNAPSORTD_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "PATH")


def review_command(env: Mapping[str, str]) -> Sequence[str]:
    """Return the command that opens the page, outside of the service, which may use no network address."""
    program = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "snapsortctl")
    if "INVOCATION_ID" in env and shutil.which("systemd-run", path=env.get("PATH")) is not None:
        variables = [f"--setenv={name}={env[name]}" for name in CARRIED if env.get(name)]
        return ["systemd-run", "--user", "--collect", "--quiet", *variables, program, "review"]
    return [program, "review"]


def open_review(env: Mapping[str, str] = os.environ) -> None:
    """Open the page, which then runs by itself; say so in the log if that is not possible."""
    nothing = subprocess.DEVNULL
    try:
        subprocess.Popen(
            review_command(env), env=dict(env), start_new_session=True, stdin=nothing, stdout=nothing, stderr=nothing
        )
    except OSError as error:
        log.warning("the review page could not be opened: %s", error)
