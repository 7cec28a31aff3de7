"""Errors of the operating system in plain words."""

from __future__ import annotations

import errno
import os


def in_words(error: OSError) -> str:
    """Return the reason why the system refused, for display."""
    known = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "no permission",
        errno.EPERM: "not permitted",
        errno.EIO: "the disk reports an error",
        errno.ENOTDIR: "a symlink or a file is in the place of a folder",
        errno.ENAMETOOLONG: "the name is too long for the file system",
    }
    return known.get(error.errno or 0, os.strerror(error.errno or errno.EIO).lower())
