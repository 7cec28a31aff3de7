"""Names in a folder that only snapsortd gives: unfinished copies, and the private folders of renames and removals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.domain.names import OWN_PREFIX
from snapsortd.files.folders import Folder

_NAME = re.compile(re.escape(OWN_PREFIX) + r"(?P<mark>(?P<entry>[0-9]{1,18})\.[0-9a-f]{8})(?P<ending>\.[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Leftover:
    """One name of ours. The mark distinguishes its entry from one with the same number in another journal."""

    name: str
    entry: int
    mark: str
    is_copy: bool
    """True for a copy; else it is a private folder, or a file that had no room in one."""


def leftovers(folder: Folder) -> Iterator[Leftover]:
    """Yield the names of ours in an open folder. Raise OSError if it can't be read."""
    for name in folder.names():
        if found := _NAME.fullmatch(name):
            yield Leftover(name, int(found["entry"]), found["mark"], not found["ending"])
