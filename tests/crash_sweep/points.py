"""The points at which a run can be killed or fail: each system call that changes a file, or syncs it to the disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from snapsortd.domain.names import OWN_PREFIX

CHANGING = (
    *("renameat2", "renameat", "rename", "linkat", "link", "unlinkat", "unlink", "mkdirat", "mkdir"),
    *("symlinkat", "fremovexattr"),
    *("fsync", "fdatasync", "ftruncate", "fallocate", "fchmod", "fchown", "fsetxattr", "utimensat", "pwrite64"),
)
"""Counted over the whole run: the filing thread makes them in the same order each time."""

BY_PATH = ("openat", "write")
"""Made all the time for other purposes too, so these are counted per path."""

ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES", "EXDEV")

MAX_ENTRIES = 8
"""The journal gets at most this many in one run; which of them creates the temporary copy may differ."""

_TEMPORARY = re.compile(rf"^{re.escape(OWN_PREFIX)}(\d+)\.")
_CALL = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<arguments>.*)", re.MULTILINE)
_FIRST_FD = re.compile(r"^-?\d+<(?P<path>[^>]*)>")
_OPENED = re.compile(r'^(?:AT_FDCWD|\d+)(?:<[^>]*>)?, "(?P<path>[^"]*)", (?P<flags>[A-Z_|0-9]*)')


@dataclass(frozen=True, slots=True)
class Point:
    """The NUMBER-th CALL; the process is killed just before it, or it fails with `error`."""

    call: str
    number: int
    path: str = ""
    """For `BY_PATH` only: as the program names it, with variable parts replaced; see `Locations`."""
    nth: int = 0
    """For `BY_PATH` only: the number of the call among those on `path`."""
    error: str = ""
    about: str = ""
    """"journal", "files" (the user's) or neither, as far as counting could determine."""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.call, str(self.number), self.error)))

    @property
    def is_unconfirmed_write(self) -> bool:
        """Return whether the state of a user's disk is in doubt."""
        return self.call == "fsync" and self.about == "files" and self.error != ""

    def failing(self, error: str) -> Point:
        """Return the same call, failing."""
        return replace(self, error=error)

    def failures(self, *, thorough: bool) -> list[Point]:
        """Return the same call with each error; a write to the journal with only one of them, unless `thorough`.

        SQLite treats all failed writes alike, except for a full disk (`unixWrite` of its os_unix.c).
        """
        if self.about == "journal" and self.call == "pwrite64" and not thorough:
            return [self.failing(ERRORS[self.number % len(ERRORS)])]
        return [self.failing(error) for error in ERRORS]

    def options(self, locations: Locations) -> list[str]:
        """Return strace's options for it."""
        what = f"error={self.error}" if self.error else "signal=KILL"
        when = self.nth if self.path else self.number
        only = locations.names_of(self.path) if self.path else []
        return [
            *(word for name in only for word in ("-P", name)),
            "-e",
            f"trace={self.call}",
            "-e",
            f"inject={self.call}:{what}:when={when}",
        ]


@dataclass(frozen=True, slots=True)
class Locations:
    """The differences between two runs of the same step: folder names, and the number of the last earlier entry."""

    folders: tuple[str, ...]
    last_entry: int

    @property
    def state(self) -> str:
        """Return the folder of the journal and the logs."""
        return f"{self.folders[0]}/state/"

    def blanked(self, path: str) -> str:
        """Return `path` in a form that can be found in another run."""
        for number, folder in enumerate(self.folders):
            if path.startswith(f"{folder}/"):
                return f"<{number}>{path[len(folder) :]}"
        return _TEMPORARY.sub(OWN_PREFIX + "*.", path)

    def names_of(self, path: str) -> list[str]:
        """Return the possible actual paths of a generalised `path` in this run."""
        for number, folder in enumerate(self.folders):
            if path.startswith(f"<{number}>/"):
                return [folder + path.removeprefix(f"<{number}>")]
        return [path.replace("*", f"{self.last_entry + each}") for each in range(1, MAX_ENTRIES + 1)]

    def about(self, arguments: str) -> str:
        """Return what a call with these arguments changes."""
        if "/journal.sqlite3" in arguments:
            return "journal"
        return (
            "files"
            if f"<{self.state}" not in arguments and any(f"<{each}" in arguments for each in self.folders)
            else ""
        )

    def hold(self, path: str) -> bool:
        """Return whether an absolute path is in one of the folders."""
        return path.startswith(tuple(f"{folder}/" for folder in self.folders))


def counting() -> list[str]:
    """Return strace's options for logging every call that may be a point, with the calling process."""
    return ["-y", "-e", "trace=" + ",".join(f"?{call}" for call in (*CHANGING, *BY_PATH))]


def starting(options: Sequence[str]) -> list[str]:
    """Return `options` for a program that strace starts, stopping it only at the calls of interest if possible.

    A signal then comes too late, after the call (strace 6.1), so this is not possible for kills.
    """
    kills = any("signal=" in option for option in options)
    return [*(() if kills else ("-f", "--seccomp-bpf")), *options]


def was_hit(log: str) -> bool:
    """Return whether the run reached its point."""
    return "(INJECTED)" in log or "killed by SIGKILL" in log


def points(log: str, locations: Locations) -> list[Point]:
    """Return every point in a log written with `counting`: the calls of the first thread, and what others change.

    strace counts the calls of each thread, and stops the first one that gets so far: a call that was preceded by one of
    another thread with the same number is not a point.
    """
    found: dict[tuple[str, str, int], Point] = {}
    first = ""
    numbers: Counter[tuple[str, str]] = Counter()
    by_path: Counter[tuple[str, str, str]] = Counter()
    for line in _CALL.finditer(log):
        call, arguments = line["call"], line["arguments"]
        thread = line["pid"]
        first = first or thread
        about = locations.about(arguments)
        if call in CHANGING:
            numbers[thread, call] += 1
            number = numbers[thread, call]
            if about or thread == first:
                found.setdefault((call, "", number), Point(call, number, about=about))
            continue
        named = (_OPENED if call == "openat" else _FIRST_FD).match(arguments)
        if named is None:
            continue
        path = named["path"]
        by_path[thread, call, path] += 1
        nth = by_path[thread, call, path]
        if changes(locations, call, path, named.groupdict().get("flags", "")) and (call, path, nth) not in found:
            numbers["", call] += 1
            found[call, path, nth] = Point(call, numbers["", call], locations.blanked(path), nth, about=about)
    return list(found.values())


def changes(locations: Locations, call: str, path: str, flags: str) -> bool:
    """Return whether a call of `BY_PATH` creates a file, or writes to one of the program's own."""
    if call == "write":
        return path.startswith(locations.state)
    return "O_CREAT" in flags and (locations.hold(path) or not path.startswith("/"))
