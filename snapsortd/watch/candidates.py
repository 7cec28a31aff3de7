"""Which paths are worth a look: in a watched folder, not ignored, no unfinished download, not our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from snapsortd.domain.names import IMAGE_SUFFIXES, OWN_PREFIX

PARTIAL_SUFFIXES = (
    ".crdownload",  # Chromium
    ".part",  # Firefox, KDE, yt-dlp, curl users by habit
    ".partial",  # Edge, scp clients
    ".download",  # Safari
    ".opdownload",  # Opera
    ".filepart",  # WinSCP
    ".aria2",
    ".!ut",  # µTorrent
    ".!qb",  # qBittorrent
    ".bc!",  # BitComet
    ".tmp",
    ".temp",
    ".swp",
)
"""How programs end the name of a file that they have not finished."""
PARTIAL_PREFIXES = (
    OWN_PREFIX,
    "._",  # macOS metadata beside a file on foreign disks
    "~$",
    ".~lock",
    ".goutputstream-",
    ".org.chromium.",
    ".com.google.chrome.",
    ".syncthing.",
    "~syncthing~",
)
"""How programs begin the name of a temporary or companion file."""


class WatchFolder(Protocol):
    """A folder to watch. `path` is absolute without a final slash, `settle` in seconds."""

    @property
    def path(self) -> str: ...
    @property
    def subfolders(self) -> bool: ...
    @property
    def ignore(self) -> tuple[str, ...]: ...
    @property
    def settle(self) -> float: ...


def is_candidate(name: str, ignore: Iterable[str] = ()) -> bool:
    """True if a file of this name may be a complete image; `ignore` holds globs, case does not matter.

    A hidden file is one only if its suffix promises an image.
    """
    lower = name.lower()
    if lower.startswith(PARTIAL_PREFIXES) or lower.endswith(PARTIAL_SUFFIXES) or _ignored(lower, ignore):
        return False
    return not lower.startswith(".") or lower.rpartition(".")[2] in IMAGE_SUFFIXES


def is_searched(name: str, ignore: Iterable[str] = ()) -> bool:
    """True if a subfolder of this name is looked into: not hidden, not ignored, no unfinished download."""
    lower = name.lower()
    return not lower.startswith(".") and not lower.endswith(PARTIAL_SUFFIXES) and not _ignored(lower, ignore)


def owner(path: str, folders: Sequence[WatchFolder]) -> WatchFolder | None:
    """The watched folder that answers for `path`: the innermost one around it, whether or not it wants it."""
    around = (folder for folder in folders if path.startswith(_inside(folder)))
    return max(around, key=lambda folder: len(folder.path), default=None)


def wanted_in(path: str, folders: Sequence[WatchFolder]) -> WatchFolder | None:
    """The watched folder that wants the file `path`; None if it is outside, too deep, ignored or unfinished."""
    folder = owner(path, folders)
    if folder is None:
        return None
    *between, name = path[len(_inside(folder)) :].split("/")
    if between and not folder.subfolders:
        return None
    searched = all(is_searched(part, folder.ignore) for part in between)
    return folder if searched and is_candidate(name, folder.ignore) else None


def _inside(folder: WatchFolder) -> str:
    return folder.path.rstrip("/") + "/"


def _ignored(lower: str, ignore: Iterable[str]) -> bool:
    return any(fnmatchcase(lower, glob.lower()) for glob in ignore)
