"""Select candidate paths: in a watched folder, not ignored, not an unfinished download, not one of our own files."""

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
"""Suffixes of files that programs have not finished."""
PARTIAL_PREFIXES = (
    OWN_PREFIX,
    "._",  # macOS metadata beside a file on other file systems
    "~$",
    ".~lock",
    ".goutputstream-",
    ".org.chromium.",
    ".com.google.chrome.",
    ".syncthing.",
    "~syncthing~",
)
"""Prefixes of temporary and companion files."""


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
    """Return True if a file of this name may be a complete image. `ignore` holds case-insensitive globs.

    A hidden file may be one only if it has the suffix of an image format.
    """
    lower = name.lower()
    if lower.startswith(PARTIAL_PREFIXES) or lower.endswith(PARTIAL_SUFFIXES) or _ignored(lower, ignore):
        return False
    return not lower.startswith(".") or lower.rpartition(".")[2] in IMAGE_SUFFIXES


def is_searched(name: str, ignore: Iterable[str] = ()) -> bool:
    """Return True if a subfolder of this name is scanned: not hidden, not ignored, not an unfinished download."""
    lower = name.lower()
    return not lower.startswith(".") and not lower.endswith(PARTIAL_SUFFIXES) and not _ignored(lower, ignore)


def owner(path: str, folders: Sequence[WatchFolder]) -> WatchFolder | None:
    """Return the watched folder responsible for `path`: the innermost one that contains it, even if ignored there."""
    containing = (folder for folder in folders if path.startswith(_inside(folder)))
    return max(containing, key=lambda folder: len(folder.path), default=None)


def wanted_in(path: str, folders: Sequence[WatchFolder]) -> WatchFolder | None:
    """Return the watched folder that wants the file `path`; None if it is outside, too deep, ignored or unfinished."""
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
