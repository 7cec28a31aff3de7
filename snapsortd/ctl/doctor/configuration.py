"""Check that the configuration file is valid and that no other user can change it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from snapsortd.config import Config, load_config
from snapsortd.ctl.doctor.advice import is_inside
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.ctl.doctor.folders import Runtime
from snapsortd.domain.errors import ConfigError
from snapsortd.domain.text import count

NAME = "configuration"


def read_config(path: str, env: Mapping[str, str]) -> Config | ConfigError:
    """Return the configuration, or the error that it raises."""
    try:
        return load_config(path, env)
    except ConfigError as error:
        return error


def check_config(found: Config | ConfigError, path: str) -> Iterator[Finding]:
    """Yield one finding for all faults: `snapsortctl check` lists them."""
    if isinstance(found, ConfigError):
        first = found.problems[0] if found.problems and not found.hint else found.message
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        yield problem(NAME, first + more, found.hint or f"edit {path}; `snapsortctl check` lists all faults")
    else:
        counts = (count(len(found.labels), "label"), count(len(found.watch), "folder"))
        yield ok(NAME, f"{path}: {', '.join(counts)}, {count(len(found.rules), 'rule')}")


def read_writers(path: str) -> tuple[int, int] | None:
    """Return owner and mode of the file, or None if it does not exist."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_uid, stat.S_IMODE(state.st_mode)


def check_writers(owner: int, mode: int, path: str, runtime: Runtime) -> Iterator[Finding]:
    """Warn if another user can change the rules, and so decide where images go."""
    copy = "copy it into your home folder, and set SNAPSORTD_CONFIG to the copy"
    own = is_inside(path, runtime.home)
    if owner not in (runtime.uid, 0):
        fix = f"`sudo chown {runtime.uid} {quoted(path)}`" if own else copy
        yield warning(NAME, f"{path} belongs to user {owner}, who can change it", fix)
    elif mode & 0o002:
        fix = f"`chmod o-w {quoted(path)}`" if own or owner == runtime.uid else copy
        yield warning(NAME, f"{path} can be changed by every user", fix)
