"""This installation, and what the kernel offers to keep the classifier in."""

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
"""Machines for which the classifier has a system call filter."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The interpreter and the package. `gone` names what they need and is not there any more."""

    version: str
    python: str
    release: str
    gone: tuple[str, ...]


def read_installed(version: str, program: str) -> Installed:
    """This interpreter, its environment and the daemon's program beside it."""
    base = getattr(sys, "_base_executable", sys.executable)
    needed = (sys.executable, base, sys.prefix, program)
    gone = tuple(dict.fromkeys(path for path in needed if not os.path.exists(path)))
    return Installed(version, sys.executable, platform.python_version(), gone)


def check_installed(found: Installed) -> Iterator[Finding]:
    """An upgrade of the system's Python, or a moved folder, leaves an environment that can't start again."""
    if found.gone:
        yield problem(
            INSTALLATION,
            f"not there any more: {', '.join(found.gone)}",
            "make the environment anew with a Python that is there, install snapsortd in it, then "
            "`snapsortctl service install`",
        )
    else:
        yield ok(INSTALLATION, f"snapsortd {found.version}, Python {found.release} ({found.python})")


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the kernel can do, and what it does to a classifier that runs."""

    platform: str
    machine: str
    seccomp: bool
    filtered: bool | None
    """Is the running classifier under a filter of its own? None if none runs, or that can't be seen."""


def read_confinement(daemon: int | None, classifier: int | None, proc: str = "/proc") -> Confinement:
    """`classifier` is the process id of one that has loaded its model, `daemon` that of its parent."""
    try:
        with open(f"{proc}/sys/kernel/seccomp/actions_avail", encoding="ascii") as file:
            seccomp = "errno" in file.read().split()
    except OSError:
        seccomp = False
    around, inside = (_filters(pid, proc) for pid in (daemon, classifier))
    filtered = None if around is None or inside is None else inside > around
    return Confinement(sys.platform, platform.machine(), seccomp, filtered)


def _filters(pid: int | None, proc: str) -> int | None:
    """How many system call filters a process is under: the service's unit sets some, the classifier its own."""
    if pid is None:
        return None
    try:
        with open(f"{proc}/{pid}/status", encoding="utf-8", errors="replace") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith("Seccomp_filters:")), None)
    except OSError:
        return None


def check_confinement(found: Confinement) -> Iterator[Finding]:
    """For information: without a filter everything works, but a hostile image is less well kept in."""
    kernel = f"{found.platform} on {found.machine}"
    loose = "a hostile image that took over the classifier could reach the network and your files"
    fix = "use a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64, then restart snapsortd"
    if found.filtered:
        yield ok(SANDBOX, "the classifier is kept in by system call filters")
    elif found.filtered is False:
        yield warning(SANDBOX, f"no system call filter keeps the classifier in: {loose}", fix)
    elif found.platform != "linux":
        yield ok(SANDBOX, f"{kernel} has no system call filters for programs: the classifier has its limits alone")
    elif not found.seccomp or found.machine not in FILTERED:
        yield warning(SANDBOX, f"{kernel} has no system call filter that snapsortd can use: {loose}", fix)
    else:
        yield ok(SANDBOX, f"{kernel} can keep the classifier in")
