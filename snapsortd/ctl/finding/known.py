"""Open the journal to search what it knows, beside a daemon or without one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import Locations
from snapsortd.journal.readonly import ReadOnlyFile, check_readable
from snapsortd.journal.search_index import KnownPlace


@contextmanager
def open_known(here: Locations) -> Iterator[ReadOnlyFile]:
    """Yield the journal's file as it is now. Raise SnapsortError if nothing is known yet, JournalError."""
    client = Client(here.socket)
    if client.answers():
        client.commit()
    if not os.path.exists(here.journal):
        raise SnapsortError("no images are known yet", "`snapsortctl index FOLDER` takes in the images of a folder")
    with closing(ReadOnlyFile(here.journal)) as file:
        check_readable(here.journal, file)
        yield file


def is_there(place: KnownPlace) -> bool:
    """Return whether the same version of the image is still at its place."""
    try:
        found = os.lstat(place.path)
    except (OSError, ValueError):
        return False
    return (found.st_size, found.st_mtime_ns) == (place.size, place.mtime_ns)
