"""Search for a filed image that a person has moved or renamed, or whose folder: by its content, below known folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from snapsortd.domain.entry import Entry
from snapsortd.domain.file import FileIdentity
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import open_place
from snapsortd.files.identity import is_without_disk

MAX_SEARCHED = 50_000
"""Names that are inspected in one search, which takes half a second on a local disk."""


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search. If it was not `complete`, an image that was not found may still be there."""

    path: str = ""
    complete: bool = True


@dataclass(slots=True)
class MovedImages:
    """Searches below `roots`. A file that is watched counts only if its numbers are those of the filed one: it may be
    new, and two new ones must never count as filed because of each other."""

    roots: tuple[str, ...] = ()
    watched: tuple[tuple[str, bool], ...] = ()
    """The watched folders, and whether with their subfolders."""
    _renamed: dict[str, str] = field(default_factory=dict)
    """Folders by their names of before, as found by earlier searches."""

    def find(self, entry: Entry, image: FileIdentity) -> Search:
        """Return where the image that `entry` filed is now; it is never `image` itself."""
        folder, name = os.path.split(entry.intent.target)
        likely = self._renamed.get(folder)
        if likely and self._is_it(os.path.join(likely, name), entry, image):
            return Search(os.path.join(likely, name))
        names = _Names(MAX_SEARCHED)
        for root in _outermost((entry.intent.target_root, *self.roots)):
            for path in names.below(root, entry.intent.identity.size):
                if self._is_it(path, entry, image):
                    self._renamed[folder] = os.path.dirname(path)
                    return Search(path)
        try:
            is_absent = is_without_disk(entry.intent.target_root, entry.intent.target_disk)
        except OSError:
            is_absent = True
        return Search(complete=names.left > 0 and not names.unreadable and not is_absent)

    def _is_it(self, path: str, entry: Entry, image: FileIdentity) -> bool:
        filed = entry.target_identity
        with suppress(OSError), open_place(path) as place:
            found = place.look()
            if found is None or not found.is_regular or found.identity.is_same_file(image) or filed is None:
                return False
            may_count = found.identity.same_version(filed) or not self._may_be_new(path)
            return may_count and hash_file(place) == entry.intent.sha256
        return False

    def _may_be_new(self, path: str) -> bool:
        folder = os.path.dirname(path)
        return any(
            folder == watched or (subfolders and folder.startswith(f"{watched.rstrip('/')}/"))
            for watched, subfolders in self.watched
        )


@dataclass(slots=True)
class _Names:
    left: int
    unreadable: bool = False

    def below(self, root: str, size: int) -> Iterator[str]:
        """Yield the files of this size below a folder; hidden folders and symlinks are left out."""
        folders = [root]
        while folders and self.left > 0:
            try:
                with os.scandir(folders.pop()) as found:
                    entries = list(found)
            except FileNotFoundError:
                continue
            except OSError:
                self.unreadable = True
                continue
            self.left -= len(entries)
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    folders += [each.path] if not each.name.startswith(".") else []
                elif each.is_file(follow_symlinks=False) and _size(each) == size:
                    yield each.path


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return -1


def _outermost(roots: Iterable[str]) -> list[str]:
    """Return the roots that are below no other one, in order."""
    known = [root.rstrip("/") or "/" for root in dict.fromkeys(filter(None, roots))]
    return [
        root for root in known if not any(root.startswith(f"{each.rstrip('/')}/") for each in known if each != root)
    ]
