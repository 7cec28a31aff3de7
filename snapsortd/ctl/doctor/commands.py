"""Check that the service finds the commands that rules run; `check` reports the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping

from snapsortd.config import Config, missing_commands
from snapsortd.ctl.doctor.finding import Finding, problem
from snapsortd.ctl.doctor.service import INSTALL, Service, read_service, search_path

NAME = "command"


def read_search_path(service_path: str, env: Mapping[str, str], platform: str) -> tuple[str, bool]:
    """Return the PATH in which commands are looked up, and whether it is that of an installed service.

    Without one, or if it can't be parsed, which the check of the service reports, it is that of this shell.
    """
    service: Service | None
    try:
        service = read_service(service_path, env.get("HOME") or os.path.expanduser("~"))
    except ValueError:
        service = None
    return search_path(service, env, platform), service is not None


def check_commands(config: Config, path: str, here: str, *, is_service: bool) -> Iterator[Finding]:
    """Yield a problem for every command that is not found in `path`.

    `here` is the PATH of this shell: what it finds and the service does not is found after another installation.
    """
    for position, name in missing_commands(config, path):
        where = f"{config.path}:{position}"
        found = shutil.which(name, path=here) if is_service else None
        if found is None:
            yield problem(NAME, f"{where}: the command {name} is not found", "install it, or write its full path there")
        else:
            yield problem(
                NAME,
                f"{where}: the service does not find the command {name}, which this shell finds as {found}",
                f"{INSTALL} gives it the PATH of this shell; or write the full path there",
            )
