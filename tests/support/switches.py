"""What the file system of `passthrough.py` lacks; most of it can be changed while it is mounted."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Switches:
    """The switches; by default it does all that the file system behind it does."""

    inodes: str = "lasting"
    """"lasting", "mounted" (others at each mount), or "named": one for each name, as sshfs has them, so that a link
    shows another one and a link count of 1. Takes effect when it is mounted."""
    hard_remove: bool = False
    """A file that is removed while open is gone at once; by default it stays as `.fuse_hidden…`, as with most drivers.
    Takes effect when it is mounted."""
    failing: dict[str, str] = field(default_factory=dict)
    """Operations that fail, with their error: {"fsync": "EINVAL", "flush": "EIO", "link": "EPERM", "setxattr":
    "EOPNOTSUPP"}; "" means to do nothing and report success. "noreplace" is a rename with flags, "flush" a close."""
    bytes_per_second: int = 0
    """The speed of reading and writing; 0 for no limit."""
    forbidden: str = ""
    """Characters that no name may have (EINVAL)."""
    trims_dots: bool = False
    """Names lose their trailing dots and spaces."""
    folds_case: bool = False
    time_step_ns: int = 1
    mode: int | None = None
    """The mode of every file, whatever was set."""

    def write(self, behind: Path) -> None:
        """Set them for the file system over `behind`."""
        new = behind.with_name(f"{behind.name}.switches.new")
        new.write_text(json.dumps(asdict(self)))
        new.replace(_file(str(behind)))

    @staticmethod
    def read(behind: str) -> Switches:
        """Return those that were written last."""
        try:
            found = os.stat(_file(behind))
        except FileNotFoundError:
            return Switches()
        return _read(behind, found.st_ino, found.st_mtime_ns)


@lru_cache(1)
def _read(behind: str, *_version: int) -> Switches:
    return Switches(**json.loads(Path(_file(behind)).read_text()))


def _file(behind: str) -> str:
    return f"{behind}.switches"


NO_RENAME = {"noreplace": "EINVAL"}
"""Rung 2 of publishing: links, but no rename that never replaces."""

NEITHER = {**NO_RENAME, "link": "EPERM"}
"""Rung 3: not even links."""
