"""Check that the configuration file is valid and that no other user can change it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from snapsortd.config import Config, load_config
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
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


def check_writers(owner: int, mode: int, path: str, uid: int) -> Iterator[Finding]:
    """Warn if another user can change the rules, and so decide where images go."""
    if owner not in (uid, 0):
        yield warning(NAME, f"{path} belongs to user {owner}, who can change it", f"`sudo chown {uid} {quoted(path)}`")
    elif mode & 0o002:
        yield warning(NAME, f"{path} can be changed by every user", f"`chmod o-w {quoted(path)}`")
