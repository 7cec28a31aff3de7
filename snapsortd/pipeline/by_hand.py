"""Find out what a person did with a filed image, for `explain`."""

from __future__ import annotations

import os

from snapsortd.domain.entry import Entry
from snapsortd.files.folders import lstat
from snapsortd.journal import Journal

MOVED_BY_HAND = "it was moved here by hand"
"""The beginning of the reason why an image is left alone that a person has moved."""


def moved_by_hand(journal: Journal, entry: Entry, path: str) -> str:
    """Return what became of the image that the newest entry of `path` filed; empty if it is where it was filed, or if
    its disk is not there to tell."""
    target, filed = entry.intent.target, entry.target_identity
    is_there = not entry.has_moved or entry.goes_to_trash or not os.path.isdir(os.path.dirname(target))
    if is_there or filed is None or lstat(target) is not None:
        return ""
    found = lstat(path)
    if path == entry.intent.source and found is not None and found.identity.same_version(filed):
        return f"{MOVED_BY_HAND}, from {target} where it had been filed, so it is left alone"
    known = next(
        (each for each in journal.with_content(filed.size, entry.intent.sha256, 2) if each.path != target), None
    )
    now = f"moved by hand to {known.path}" if known and lstat(known.path) else "moved, renamed or deleted by hand"
    return f"it was filed as {target}, and has been {now} since"
