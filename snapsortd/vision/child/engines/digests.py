"""Cache a checkpoint's digest, because reading all of its weights takes longer than the rest of the start."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from snapsortd.files.atomic_write import write_atomically
from snapsortd.vision.checkpoint import checkpoint_files, digest_checkpoint

FOLDER = "digests"
"""In the cache folder: a file for each checkpoint."""
MIN_AGE_S = 2.0
"""Files that changed more recently are not cached: within one tick of the file system's clock, a second change leaves
all times as they are (git-scm.com, "racy-git")."""


def cached_digest(folder: str, cache_dir: str, now: Callable[[], float] = time.time) -> str:
    """Return `digest_checkpoint(folder)`, from the cache if none of its files has changed."""
    began, state = now(), _state(folder)
    path = os.path.join(cache_dir, FOLDER, f"{sha256(os.fsencode(os.path.realpath(folder))).hexdigest()}.json")
    with suppress(OSError, ValueError, KeyError, TypeError):
        with open(path, encoding="ascii") as file:
            cached = json.load(file)
        if cached["state"] == state:
            return str(cached["digest"])
    digest = digest_checkpoint(folder)
    if all(changed < (began - MIN_AGE_S) * 1e9 for *_, changed in state) and state == _state(folder):
        with suppress(OSError):  # the cache only saves time
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            write_atomically(path, json.dumps({"state": state, "digest": digest}).encode("ascii"))
    return digest


def _state(folder: str) -> list[list[Any]]:
    """Return for each file what changes with its content: name, device, inode, size, mtime and ctime."""
    state = []
    for name in checkpoint_files(folder):
        info = os.stat(os.path.join(folder, name))
        state.append([name, info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns])
    return state
