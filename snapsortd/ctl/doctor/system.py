"""Check this installation and the kernel's means of sandboxing the classifier."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.ctl.doctor.finding import Finding, ok, problem, warning

INSTALLATION = "installation"
SANDBOX = "sandbox"
FILTERED = ("x86_64", "aarch64")
"""Machine types for which the classifier has a system call filter."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The interpreter and the package. `missing`: paths that they need and that no longer exist."""

    version: str
    python: str
    release: str
    missing: tuple[str, ...]


def read_installed(version: str, program: str) -> Installed:
    """Inspect this interpreter, its environment and the daemon's program beside it."""
    base = getattr(sys, "_base_executable", sys.executable)
    needed = (sys.executable, base, sys.prefix, program)
    missing = tuple(dict.fromkeys(path for path in needed if not os.path.exists(path)))
    return Installed(version, sys.executable, platform.python_version(), missing)


def check_installed(found: Installed) -> Iterator[Finding]:
    """Report an environment broken by an upgrade of the system's Python or by moving a folder: it can't start again."""
    if found.missing:
        yield problem(
            INSTALLATION,
            f"no longer exists: {', '.join(found.missing)}",
            "create a new environment with an existing Python, install snapsortd in it, then "
            "`snapsortctl service install`",
        )
    else:
        yield ok(INSTALLATION, f"snapsortd {found.version}, Python {found.release} ({found.python})")


@dataclass(frozen=True, slots=True)
class Confinement:
    """The sandboxing that the kernel supports, and that of the running classifier."""

    platform: str
    machine: str
    seccomp: bool
    filtered: bool | None
    """True if the running classifier has a filter of its own; None if none is running, or if that is unknown."""


def read_confinement(daemon: int | None, classifier: int | None, proc: str = "/proc") -> Confinement:
    """Read the sandboxing of the classifier process, which must have loaded its model, and of its parent `daemon`."""
    try:
        with open(f"{proc}/sys/kernel/seccomp/actions_avail", encoding="ascii") as file:
            seccomp = "errno" in file.read().split()
    except OSError:
        seccomp = False
    outer, inner = (_filters(pid, proc) for pid in (daemon, classifier))
    filtered = None if outer is None or inner is None else inner > outer
    return Confinement(sys.platform, platform.machine(), seccomp, filtered)


def _filters(pid: int | None, proc: str) -> int | None:
    """Return the number of system call filters of a process: the unit sets some, the classifier its own."""
    if pid is None:
        return None
    try:
        with open(f"{proc}/{pid}/status", encoding="utf-8", errors="replace") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith("Seccomp_filters:")), None)
    except OSError:
        return None


def check_confinement(found: Confinement) -> Iterator[Finding]:
    """Report the sandboxing. Everything works without a filter, but a hostile image could do more harm."""
    kernel = f"{found.platform} on {found.machine}"
    risk = "a hostile image that took over the classifier could reach the network and your files"
    fix = "use a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64, then restart snapsortd"
    if found.filtered:
        yield ok(SANDBOX, "the classifier is sandboxed by system call filters")
    elif found.filtered is False:
        yield warning(SANDBOX, f"no system call filter sandboxes the classifier: {risk}", fix)
    elif found.platform != "linux":
        yield ok(
            SANDBOX, f"{kernel} has no system call filters for programs: the classifier has only its resource limits"
        )
    elif not found.seccomp or found.machine not in FILTERED:
        yield warning(SANDBOX, f"{kernel} has no system call filter that snapsortd can use: {risk}", fix)
    else:
        yield ok(SANDBOX, f"{kernel} can sandbox the classifier")
