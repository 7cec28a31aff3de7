"""Check the inotify limits of this user against what is used and what the configuration needs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

from snapsortd.ctl.doctor.finding import Finding, ok, warning
from snapsortd.watch.candidates import WatchFolder, is_searched

NAME = "inotify"
PROC = "/proc"
NEARLY_REACHED = 0.9
"""Share of a limit from which a person should be warned."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, the sysctl that sets it, and its current use."""

    setting: str
    maximum: int
    used: int


@dataclass(frozen=True, slots=True)
class Watch:
    """A folder that a process watches, identified as in the kernel."""

    dev: int
    ino: int


def read_limits(uid: int, proc: str = PROC) -> tuple[Limit, Limit, int] | None:
    """Return the limits of watches and instances and the queue length, or None if there is no inotify."""
    try:
        queue = _number(f"{proc}/sys/fs/inotify/max_queued_events")
        watches, instances = (_effective(proc, name) for name in ("watches", "instances"))
    except OSError:
        return None
    used_watches = used_instances = 0
    for process in processes_of(uid):
        folder = f"{proc}/{process.pid}/fd"
        used_instances += sum(_is_inotify(f"{folder}/{fd}") for fd in _listed(folder))
        used_watches += len(watched_by(process.pid, proc))
    return Limit(*watches, used_watches), Limit(*instances, used_instances), queue


def processes_of(uid: int) -> Iterator[psutil.Process]:
    """Yield the processes that count against a user's limits."""
    for process in psutil.process_iter(["uids"]):
        if (uids := process.info["uids"]) and uids.effective == uid:
            yield process


def watched_by(pid: int, proc: str = PROC) -> list[Watch]:
    """Return the folders that a process watches by proc_pid_fdinfo(5); [] if they can't be read."""
    found = []
    for fd in _listed(f"{proc}/{pid}/fdinfo"):
        try:
            if not _is_inotify(f"{proc}/{pid}/fd/{fd}"):
                continue
            with open(f"{proc}/{pid}/fdinfo/{fd}", encoding="ascii", errors="replace") as lines:
                found += [_watch(line) for line in lines if line.startswith("inotify ")]
        except OSError:
            continue
    return found


def _watch(line: str) -> Watch:
    """Parse `inotify wd:1 ino:2a sdev:fe00000 …`: hexadecimal, with a kernel-internal device of 20 minor bits."""
    values = dict(word.split(":", 1) for word in line.split()[1:])
    device = int(values["sdev"], 16)
    return Watch(os.makedev(device >> 20, device & 0xFFFFF), int(values["ino"], 16))


def _effective(proc: str, name: str) -> tuple[str, int]:
    """Return the lower of two settings: a user namespace, such as a container's, has its own."""
    system = _number(f"{proc}/sys/fs/inotify/max_user_{name}")
    try:
        own = _number(f"{proc}/sys/user/max_inotify_{name}")
    except OSError:
        own = system
    return (f"user.max_inotify_{name}", own) if own < system else (f"fs.inotify.max_user_{name}", system)


def _number(path: str) -> int:
    with open(path, encoding="ascii") as file:
        return int(file.read())


def _is_inotify(link: str) -> bool:
    try:
        return os.readlink(link) == "anon_inode:inotify"
    except OSError:
        return False


def _listed(path: str) -> Sequence[str]:
    try:
        return os.listdir(path)
    except OSError:
        return ()


def count_folders(folder: WatchFolder, at_most: int) -> int:
    """Return the number of watches for a folder: one, and one per searched folder below. Stops at `at_most`."""
    count, waiting = 1, [folder.path] if folder.subfolders else []
    while waiting and count < at_most:
        try:
            with os.scandir(waiting.pop()) as entries:
                inner = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        inner = [each for each in inner if is_searched(each, folder)]
        count += len(inner)
        waiting += inner
    return count


def check_limits(watches: Limit, instances: Limit, queue: int, needed: int, roots: int) -> Iterator[Finding]:
    """Check the limits. `needed` watches and `roots` instances, one for each watched folder, are what the configuration
    still takes: 0 if a daemon has them already."""
    found = [*_check(watches, needed, "watches", 524_288), *_check(instances, roots, "instances", 1024)]
    used = f"{watches.used} of {watches.maximum} watches, {instances.used} of {instances.maximum} instances in use"
    more = f", {needed} more needed" if needed else ""
    yield from found or [ok(NAME, f"{used}{more}; the queue holds {queue} events")]


def _check(limit: Limit, needed: int, thing: str, enough: int) -> Iterator[Finding]:
    file = f"/etc/sysctl.d/60-snapsortd-{thing}.conf"
    fix = (
        "watch fewer subfolders (`exclude`), or raise the limit: "
        f"`echo {limit.setting}={max(enough, 2 * limit.maximum)} | sudo tee {file} && sudo sysctl -p {file}`, "
        "then restart snapsortd"
    )
    left = max(limit.maximum - limit.used, 0)
    if needed > left:
        yield warning(
            NAME,
            f"{left} of {limit.maximum} {thing} are left and {needed} needed: folders without one are scanned "
            "every 30 s",
            fix,
        )
    elif limit.used + needed > NEARLY_REACHED * limit.maximum:
        yield warning(NAME, f"{limit.used} of {limit.maximum} {thing} are used: the limit is nearly reached", fix)
