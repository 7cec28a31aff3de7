"""Abilities of a mounted file system, probed once: which names it holds, and which promises it keeps.

Nothing is probed before it is needed: a move on a common local file system asks for nothing here.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from snapsortd.files.folders import Folder
from snapsortd.files.mounts import MOUNTS, mount_of
from snapsortd.files.probe import Capabilities, probe

__all__ = ["Capabilities", "capabilities", "filesystem_at", "filesystem_of"]

_known: dict[int, Capabilities] = {}
_kinds: dict[int, str] = {}
_locks: dict[int, threading.Lock] = {}


def capabilities(folder: Folder) -> Capabilities:
    """Return what the file system of `folder` can do, probing it in a private folder there the first time.

    Safe from several threads. Raise OSError if the private folder can't be created or used; nothing is known then.
    """
    _forget_if_remounted()
    device = folder.identity.dev
    with _locks.setdefault(device, threading.Lock()):  # each mount has its own: one that hangs holds up no other
        found = _known.get(device) or probe(folder, *mount_of(_path_of(folder)))
        _known[device] = found
        return found


def filesystem_of(folder: Folder) -> str:
    """Return the type of the folder's file system; empty if it is unknown."""
    return _kind(folder.identity.dev, lambda: _path_of(folder))


def filesystem_at(path: str, device: int) -> str:
    """Return the type of the file system that the file at `path`, on this device, is on; empty if it is unknown."""
    return _kind(device, lambda: os.path.realpath(path))


def _kind(device: int, path: Callable[[], str]) -> str:
    _forget_if_remounted()
    found = _kinds.get(device)
    if found is None:
        _kinds[device] = found = mount_of(path())[1]
    return found


def _path_of(folder: Folder) -> str:
    """Return the path that the open folder has now."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.readlink(f"/proc/self/fd/{folder.fd}")
    return os.path.realpath(folder.path)


def _forget_if_remounted() -> None:
    """Forget everything if anything was mounted or unmounted: device numbers are used again."""
    if _mounts_changed():
        _known.clear()
        _kinds.clear()


class _Mounts:
    """The list of mounts, held open until the process ends: poll(2) reports each change once (proc_pid_mounts(5))."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fd: int | None = None

    def changed(self) -> bool:
        with self._lock, suppress(FileNotFoundError):  # no /proc: nothing is known, nor forgotten
            if sys.platform != "linux":
                return False
            if self._fd is None:
                self._fd = os.open(MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
            poll = select.poll()
            poll.register(self._fd, select.POLLPRI)
            return bool(poll.poll(0))
        return False


_mounts_changed = _Mounts().changed
