"""Remove folders that filing made and undo has emptied.

The journal knows which ones filing made, and marks those that may be empty in the transaction that says so: after an
interruption, they are removed at the next start.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from snapsortd.files.empty_folder import Removal, remove_if_empty
from snapsortd.files.folders import open_place
from snapsortd.journal import Journal
from snapsortd.journal.made_folders import OurFolder


def remove_emptied(journal: Journal, watched: Iterable[str]) -> None:
    """Remove the folders that are empty now, and those around them that then are, except `watched` ones."""
    kept = frozenset(map(os.path.realpath, watched))
    for folder in journal.folders.emptied():
        current: OurFolder | None = folder
        while current is not None and _remove(journal, current, kept):
            current = journal.folders.at(os.path.dirname(current.path))


def _remove(journal: Journal, folder: OurFolder, kept: frozenset[str]) -> bool:
    """Remove a folder; return True if it is gone. One that can't be reached now is tried again later."""
    above, root = os.path.dirname(folder.path), folder.root.rstrip("/")
    if os.path.realpath(folder.path) in kept:
        journal.folders.is_in_use(folder.path)
        return False
    try:
        with open_place(folder.path, folder.root if f"{above}/".startswith(f"{root}/") else above) as place:
            removal = remove_if_empty(place, folder.ino)
    except FileNotFoundError:  # what it was in is gone, or the disk that it was on
        removal = Removal.IN_USE
    except OSError:
        return False
    if removal is Removal.IN_USE:
        journal.folders.is_in_use(folder.path)
    else:
        journal.folders.is_gone(folder.path)
    return removal is Removal.GONE
