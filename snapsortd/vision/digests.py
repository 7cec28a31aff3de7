"""A checkpoint's digest, remembered in the cache: to read all of its weights takes longer than all else at a start."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from snapsortd.vision.checkpoint import digest_checkpoint

FOLDER = "digests"
SETTLED = 2.0
"""Seconds that a file must not have changed for: within a tick of its clock, a change leaves all times as they are
(git-scm.com, "racy-git")."""


def known_digest(folder: str, cache_dir: str, now: Callable[[], float] = time.time) -> str:
    """What `digest_checkpoint` tells of `folder`, from the cache as long as none of its files changed."""
    began, state = now(), _state(folder)
    path = os.path.join(cache_dir, FOLDER, f"{sha256(os.fsencode(os.path.realpath(folder))).hexdigest()}.json")
    with suppress(OSError, ValueError, KeyError, TypeError):
        with open(path, encoding="ascii") as file:
            known = json.load(file)
        if known["state"] == state:
            return str(known["digest"])
    digest = digest_checkpoint(folder)
    if all(changed < (began - SETTLED) * 1e9 for *_, changed in state) and state == _state(folder):
        _write(path, {"state": state, "digest": digest})
    return digest


def _state(folder: str) -> list[list[Any]]:
    """Of each file what changes with its contents: name, device, inode, size, times of its data and of its inode."""
    state = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            seen = os.stat(path)
            state.append([name, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns])
    return state


def _write(path: str, known: dict[str, object]) -> None:
    """Keep it, whole. It only saves time, so a folder that cannot be written is no error."""
    home = os.path.dirname(path)
    with suppress(OSError):
        os.makedirs(home, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as fresh:
            whole = os.path.join(fresh, "digest")
            with open(whole, "w", encoding="ascii") as file:
                json.dump(known, file)
            os.replace(whole, path)
