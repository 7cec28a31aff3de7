"""The report of a self-test, to be sent with a bug report: it has no path, user or host name of this computer."""

from __future__ import annotations

import getpass
import platform
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from snapsortd import __version__
from snapsortd.ctl.doctor.abilities import lacking
from snapsortd.ctl.service_files.managers import run
from snapsortd.domain.errors import SnapsortError
from snapsortd.files.capabilities import capabilities, filesystem_of
from snapsortd.files.folders import open_folder

PACKAGES = (
    "onnxruntime",
    "pillow",
    "pillow-heif",
    "kornia-rs",
    "pywuffs",
    "numpy",
    "watchdog",
    "torch",
    "transformers",
)
LOG_LINES = 60
"""The end of the daemon's log that a report of a failure has."""


def report(results: Sequence[str], folder: Path, log: str) -> str:
    """Return the report: the system, the results, and the end of the daemon's log, if it is given."""
    lines = [f"snapsortd {__version__}, self-test", *surroundings(folder), "", *results]
    if log:
        lines += ["", "The end of the daemon's log:", *log.splitlines()[-LOG_LINES:]]
    return "\n".join(lines) + "\n"


def surroundings(folder: Path) -> Iterator[str]:
    """Yield what matters of this machine: system, Python, packages, service manager, and the folder's file system."""
    yield f"system: {platform.platform()}"
    yield f"python: {platform.python_implementation()} {platform.python_version()}"
    yield f"packages: {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}"
    try:
        yield f"service manager: {run(('systemctl', '--version')).stdout.partition(chr(10))[0]}"
    except SnapsortError:
        yield "service manager: not systemd"
    with open_folder(str(folder)) as opened:
        lacks = list(lacking(capabilities(opened)))
        yield f"file system: {filesystem_of(opened) or 'unknown'}; {'; '.join(lacks) or 'nothing is lacking'}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(none)"


def private_names(folder: Path) -> dict[str, str]:
    """Return what must not be in a report → what it has instead, in the order of replacement."""
    names = {str(folder): "FOLDER", str(Path.home()): "~", getpass.getuser(): "USER", socket.gethostname(): "HOST"}
    return {name: instead for name, instead in names.items() if len(name) > 1}


def without(text: str, names: Mapping[str, str]) -> str:
    """Return a text in which names are replaced where they are whole words."""
    pattern = "|".join(map(re.escape, names))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: names[found[0]], text)
