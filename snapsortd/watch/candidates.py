"""Select candidate paths: in a watched folder, not ignored, not an unfinished download, not one of our own files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from snapsortd.files.folders import lstat
from snapsortd.watch.completeness import unready, unready_name
from snapsortd.watch.left_out import is_left_out, matches


class WatchFolder(Protocol):
    """A folder to watch. `path` is absolute without a final slash, `settle` in seconds; `exclude` has the patterns of
    subfolders that are not searched, see `domain.left_out`."""

    @property
    def path(self) -> str: ...
    @property
    def subfolders(self) -> bool: ...
    @property
    def ignore(self) -> tuple[str, ...]: ...
    @property
    def exclude(self) -> tuple[str, ...]: ...
    @property
    def settle(self) -> float: ...


W = TypeVar("W", bound=WatchFolder)


def is_candidate(name: str, ignore: tuple[str, ...] = ()) -> bool:
    """Return True if a file of this name may be a complete image. `ignore` holds globs; see `left_out.matches`."""
    return not unready_name(name) and not matches(name, ignore)


def owner(path: str, folders: Sequence[W]) -> W | None:
    """Return the watched folder responsible for `path`: the innermost one that contains it, even if ignored there."""
    containing = (folder for folder in folders if path.startswith(_inside(folder)))
    return max(containing, key=lambda folder: len(folder.path), default=None)


def wanted_in(path: str, folders: Sequence[WatchFolder]) -> WatchFolder | None:
    """Return the watched folder that wants the file `path`; None if it is outside, too deep, ignored or unfinished."""
    folder = owner(path, folders)
    return folder if folder is not None and not _why_unwanted(path, folder) else None


def why_not_filed(path: str, folders: Sequence[WatchFolder]) -> str:
    """Return why the existing file at `path` would not be filed as it is; empty if it would, or is in no folder."""
    folder = owner(path, folders)
    found = lstat(path, folder.path) if folder is not None else None
    if folder is None or found is None or not found.is_regular:
        return ""
    return _why_unwanted(path, folder) or _why_left_out(path, folder) or unready(path, folder.path)


def is_searched(path: str, folder: WatchFolder) -> bool:
    """Return True if the folder at `path`, in a watched one that includes its subfolders, is searched for images."""
    *between, name = path[len(_inside(folder)) :].split("/")
    names = (*between, name)
    return all(_may_be_searched(each, folder) for each in names) and not _why_left_out(f"{path}/", folder)


def is_reached(path: str, folder: WatchFolder) -> bool:
    """Return True if nothing in or beside the folders above `path`, below the watched one, says not to search them."""
    return not _why_left_out(path, folder)


def _why_unwanted(path: str, folder: WatchFolder) -> str:
    *between, name = path[len(_inside(folder)) :].split("/")
    if between and not folder.subfolders:
        return f"{folder.path} is watched without its subfolders"
    if closed := next((part for part in between if not _may_be_searched(part, folder)), ""):
        return _left_out_words(closed)
    if matches(name, folder.ignore):
        return "the configuration ignores files of this name"
    return unready_name(name)


def _inside(folder: WatchFolder) -> str:
    return folder.path.rstrip("/") + "/"


def _may_be_searched(name: str, folder: WatchFolder) -> bool:
    return not name.startswith(".") and not matches(name, folder.ignore) and not matches(name, folder.exclude)


def _why_left_out(path: str, folder: WatchFolder) -> str:
    closed = next((each for each in _folders_above(path, folder) if is_left_out(each, folder.exclude)), "")
    return _left_out_words(closed.rpartition("/")[2]) if closed else ""


def _folders_above(path: str, folder: WatchFolder) -> Iterator[str]:
    end = len(folder.path.rstrip("/"))
    while (end := path.find("/", end + 1)) > 0:
        yield path[:end]


def _left_out_words(name: str) -> str:
    return f"the folder {name} is hidden, or left out by `ignore` or `exclude` in the configuration"
