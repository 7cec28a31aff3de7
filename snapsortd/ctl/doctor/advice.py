"""Where advice may change something: only inside the home folder of the person who follows it."""

from __future__ import annotations

import os

from snapsortd.ctl.doctor.finding import quoted
from snapsortd.domain.text import display_path

REMOVABLE = ("/media", "/run/media", "/mnt", "/Volumes")
"""Mount points of removable disks."""


def is_inside(path: str, home: str) -> bool:
    """Return whether a path, symlinks resolved, is below the home folder; a home folder that is `/` holds nothing."""
    real, own = os.path.realpath(path), os.path.realpath(home) if os.path.isabs(home) else "/"
    return own != "/" and real.startswith(own + "/")


def is_removable(path: str) -> bool:
    """Return whether a path is where removable disks are mounted, or is directly below."""
    return path in REMOVABLE or os.path.dirname(path) in REMOVABLE[:2]


def meant(path: str, home: str) -> str:
    """Return the folder below home that a path outside of it was most likely meant to be, as `~/…`; empty if unclear.

    It is a path without its `~`, or one from another computer: `/Pictures/Old`, `/Users/ann/Pictures/Old`.
    """
    parts = [part for part in path.split("/") if part]
    if not parts or is_inside(path, home) or not os.path.isdir(home) or path.startswith(REMOVABLE):
        return ""
    begins = (index for index, part in enumerate(parts) if os.path.isdir(os.path.join(home, part)))
    start = next(begins, 0 if not os.path.lexists("/" + parts[0]) else None)
    return "" if start is None else "~/" + display_path("/".join(parts[start:]))


def elsewhere(path: str, home: str, position: str) -> str:
    """Return the advice to write another path at a `position` of the configuration, because this one is not yours."""
    guess = meant(path, home)
    return f"did you mean {guess}? correct {position}" if guess else f"write a folder of your own at {position}"


def creation(path: str, home: str, position: str) -> str:
    """Return how a folder that does not exist comes to be there: it is created only inside the home folder."""
    if is_inside(path, home):
        return f"`mkdir -p {quoted(path)}`, or correct {position}"
    if path.startswith(tuple(each + "/" for each in REMOVABLE)):
        return f"plug in and mount its disk, or correct {position}"
    return elsewhere(path, home, position)


def remount(command: str, mount: str) -> str:
    """Return how a dead mount is mounted again; the system's own file system is never unmounted."""
    return (
        f"`{command} {quoted(mount)}`, then mount it again" if mount not in ("", "/") else "unmount and mount it again"
    )
