"""Private folders of ours beside a user's file: what is renamed into one can no longer be reached by its name."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from snapsortd.files.folders import Folder, PathInFolder, open_below

OLD, NEW = ".old", ".new"
"""Endings of our temporary name: of the folder that holds a file which loses its name, and of the one that says that a
placeholder of ours has the name which a file is to get."""

REMOVED = (".fuse_hidden", ".nfs")
"""Names that libfuse and NFS give to a removed file that is still open, until it is closed."""


@contextmanager
def private_folder(folder: Folder, name: str) -> Iterator[Folder]:
    """Create a folder that no other user can enter, or open it if it is ours already, and yield it.

    Raise PermissionError if it is another user's, OSError as the system reports it.
    """
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder.fd)
    with open_private(folder, name) as inner:
        yield inner


@contextmanager
def open_private(folder: Folder, name: str) -> Iterator[Folder]:
    """Open a private folder of ours. Raise FileNotFoundError if there is none, OSError if it is not ours."""
    with open_below(folder, name) as inner:
        if os.fstat(inner.fd).st_uid not in (os.geteuid(), os.fstat(folder.fd).st_uid):
            raise PermissionError(errno.EACCES, "it belongs to another user", inner.path)
        yield inner


def remove_private(folder: Folder, name: str) -> None:
    """Remove a private folder of ours that is empty; a missing one is not an error. Raise OSError.

    Some drivers keep a removed file under another name for as long as anybody has it open; such a name is moved out.
    """
    with suppress(FileNotFoundError):
        try:
            os.rmdir(name, dir_fd=folder.fd)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            _move_out(folder, name)
            os.rmdir(name, dir_fd=folder.fd)


def _move_out(folder: Folder, name: str) -> None:
    with open_below(folder, name) as inner:
        for each in inner.names():
            if each.startswith(REMOVED):
                with suppress(OSError):
                    os.rename(each, each, src_dir_fd=inner.fd, dst_dir_fd=folder.fd)


def leave_private(folder: Folder, name: str) -> None:
    """Remove a private folder if that is possible: one that stays, empty, is removed with other leftovers."""
    with suppress(OSError):
        remove_private(folder, name)


def discard_private(folder: Folder, name: str) -> None:
    """Remove a private folder of ours and the files of ours in it; a missing one is not an error. Raise OSError."""
    with suppress(FileNotFoundError):
        with open_private(folder, name) as inner:
            for each in inner.names():
                PathInFolder(inner, each).remove()
        remove_private(folder, name)
