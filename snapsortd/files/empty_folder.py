"""Remove an empty folder, and never another one: the only place where a folder of the user's is removed."""

from __future__ import annotations

import errno
import os
import stat
from enum import Enum, auto

from snapsortd.files.folders import PathInFolder


class Removal(Enum):
    """The result of the removal of a folder."""

    GONE = auto()
    """It does not exist any more."""
    IN_USE = auto()
    """It is not empty, or a mount point."""
    ANOTHER = auto()
    """The name leads to something else."""


def remove_if_empty(place: PathInFolder, ino: int) -> Removal:
    """Remove the folder with this inode number, unless something is in it: rmdir(2) is one step, whoever creates a file
    there just then.

    Raise OSError as the system reports it.
    """
    try:
        found = os.stat(place.name, dir_fd=place.folder.fd, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode) or found.st_ino != ino:
            return Removal.ANOTHER
        os.rmdir(place.name, dir_fd=place.folder.fd)
    except FileNotFoundError:
        return Removal.GONE
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
            return Removal.IN_USE
        raise
    return Removal.GONE
