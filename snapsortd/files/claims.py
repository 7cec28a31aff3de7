"""Claims of watched folders, so that no two daemons of one user file the same folder, whatever else they share.

A claim is a small file that its daemon holds locked; the kernel releases it however the daemon ends. It is named after
the folder's identity and holds its path. It is not in the folder: an open file there would keep a disk from being
unmounted.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

_log = logging.getLogger("snapsortd")

BOOT_ID = "/proc/sys/kernel/random/boot_id"
"""Identifies this machine since its start: device and inode numbers say nothing elsewhere, but a home folder may be
shared."""
KEPT_S = 30 * 86400
"""Age after which a claim of another machine, or of an earlier start of this one, is removed."""
_GUARD = ".guard"
_PRIVATE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of one folder, and of those below it if `subfolders`."""

    path: str
    """The folder, without symlinks."""
    subfolders: bool
    pid: int
    config: str
    """The configuration file of the daemon that holds the claim."""

    def __str__(self) -> str:
        return f"filed by another snapsortd (process {self.pid}, configuration {self.config})"

    def covers(self, path: str) -> bool:
        """True if files directly in the folder `path` are within the claim."""
        return path == self.path or (self.subfolders and path.startswith(self.path.rstrip("/") + "/"))


class Claims:
    """The claims of one process, by configured path. If the folder for them can't be used, nothing is claimed.

    Safe to use from any thread.
    """

    def __init__(self, folder: str, config: str) -> None:
        """`folder` is where all daemons of this user have their claims; nothing is claimed if it is empty."""
        self._folder = folder
        self._config = config
        self._held: dict[str, tuple[str, int]] = {}
        self._has_failed = False
        self._lock = threading.RLock()

    def take(self, path: str, identity: tuple[int, int], *, subfolders: bool) -> Claim | None:
        """Claim the folder at `path`, which has this device and inode. Return another daemon's claim that overlaps."""
        name = _name(identity)
        if not self._folder or self._held.get(path, ("", -1))[0] == name:
            return None
        self.release(path)
        wanted = Claim(os.path.realpath(path), subfolders, os.getpid(), self._config)
        try:
            with self._guarded():
                for other_name, other in self._others():
                    if other_name == name or other.covers(wanted.path) or wanted.covers(other.path):
                        return other
                is_held = name in (held for held, _ in self._held.values())  # by another path to the same folder
                self._held[path] = name, -1 if is_held else self._hold(name, wanted)
        except OSError as error:
            self._report(error)
        return None

    def other(self, folder: str) -> Claim | None:
        """Return the claim of another process on files in `folder`, or None."""
        real = os.path.realpath(folder)
        try:
            with self._guarded(make=False):
                return next((claim for _, claim in self._others() if claim.covers(real)), None)
        except OSError:
            return None

    def release(self, path: str) -> None:
        """Release the claim on the folder at `path`, if there is one."""
        with self._lock:
            _, fd = self._held.pop(path, ("", -1))
            if fd >= 0:
                os.close(fd)

    def close(self) -> None:
        """Release every claim."""
        for path in tuple(self._held):
            self.release(path)

    @contextmanager
    def _guarded(self, *, make: bool = True) -> Iterator[None]:
        """Let one process at a time claim: two that overlap would otherwise not notice each other, or both give way."""
        if make:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
        with self._lock:
            fd = os.open(os.path.join(self._folder, _GUARD), _PRIVATE, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                yield
            finally:
                os.close(fd)

    def _others(self) -> Iterator[tuple[str, Claim]]:
        """Yield the claims of other processes on this machine; those of processes that have ended are removed."""
        ours = {name for name, _ in self._held.values()}
        for name in set(os.listdir(self._folder)) - ours - {_GUARD}:
            path = os.path.join(self._folder, name)
            if not name.startswith(_machine()):
                if time.time() - os.stat(path).st_mtime > KEPT_S:
                    os.unlink(path)
                continue
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    with suppress(ValueError, TypeError):
                        yield name, Claim(**json.load(file))
                else:
                    os.unlink(path)

    def _hold(self, name: str, claim: Claim) -> int:
        fd = os.open(os.path.join(self._folder, name), _PRIVATE, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            text = {"path": claim.path, "subfolders": claim.subfolders, "pid": claim.pid, "config": claim.config}
            os.pwrite(fd, json.dumps(text).encode("ascii"), 0)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _report(self, error: OSError) -> None:
        if not self._has_failed:
            _log.warning("watched folders are not claimed, because %s cannot be used: %s", self._folder, error.strerror)
        self._has_failed = True


def _name(identity: tuple[int, int]) -> str:
    device, inode = identity
    return f"{_machine()}{device:x}-{inode:x}"


@cache
def _machine() -> str:
    try:
        with open(BOOT_ID, encoding="ascii") as file:
            return f"{file.read().strip()}-"
    except OSError:
        return f"{os.uname().nodename}-"
