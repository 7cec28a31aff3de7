"""Errors of the operating system in words."""

from __future__ import annotations

import errno
import os


def in_words(error: OSError) -> str:
    """Why the system refused, for people."""
    known = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "no permission",
        errno.EPERM: "not permitted",
        errno.EIO: "the disk reports an error",
        errno.ENOTDIR: "a symlink or a file stands where a folder should be",
        errno.ENAMETOOLONG: "the name is too long for the disk",
    }
    return known.get(error.errno or 0, os.strerror(error.errno or errno.EIO).lower())
