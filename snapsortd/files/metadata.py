"""Copy a file's metadata, and return the part that the other file system did not keep."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable

from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.metadata import ACCESS_LIST, NO_METADATA, Metadata
from snapsortd.files.attributes import read_attribute, read_attributes, set_attribute

TIME_STEPS_NS = (1, 100, 1000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000)
"""The steps in which file systems and their drivers store times; the last one is FAT's."""

COARSEST_TIME_NS = TIME_STEPS_NS[-1]
"""A difference up to that is accepted as the same time where a copy is verified."""

MAX_LOST_BYTES = 1 << 20
"""Bytes of extended attributes of one file that are recorded in the journal."""

_NOT_OURS = ("security.", "trusted.", "system.nfs4", "com.apple.provenance", "com.apple.system.")
"""Extended attributes that the system sets by itself or that we may not read or set."""

_MODE_AS_ACCESS_LIST = 28
"""Bytes of an access list with only the three entries that the mode consists of: nothing is lost without it."""


def copy_metadata(fd: int, copy: int, restored: Metadata = NO_METADATA) -> Metadata:
    """Give `copy` the metadata of `fd`, but that of `restored` where it has any; return what was lost.

    Nobody gets access to the copy who had none to the file: where the group or the access list is lost, the group may
    do only what everybody may, and without its owner or group, a file is not set-user-ID or set-group-ID.

    Raise OSError if something failed for another reason than that the file system can't keep it, MoveRefused if it is
    too much to be recorded.
    """
    found = os.fstat(fd)
    uid = found.st_uid if restored.uid is None else restored.uid
    gid = found.st_gid if restored.gid is None else restored.gid
    mode = stat.S_IMODE(found.st_mode) if restored.mode is None else restored.mode
    times = restored.times or (found.st_atime_ns, found.st_mtime_ns)

    _set_owner(copy, uid, gid)
    lost = _copy_attributes(fd, copy, {**restored.attributes, **read_attributes(fd, _NOT_OURS)})
    made = os.fstat(copy)
    allowed = _allowed(mode, made.st_uid == uid, made.st_gid == gid, ACCESS_LIST not in lost)
    _can(copy, lambda: os.fchmod(copy, allowed))  # after the attributes: those of a read-only file can't be set
    _can(copy, lambda: os.utime(copy, ns=times))

    made = os.fstat(copy)
    difference = abs(made.st_mtime_ns - times[1])
    return Metadata(
        mode=None if stat.S_IMODE(made.st_mode) == mode else mode,
        uid=None if made.st_uid == uid else uid,
        gid=None if made.st_gid == gid else gid,
        times=times if difference else None,
        rounded=0 < difference <= COARSEST_TIME_NS,
        attributes=lost,
    )


def could_be_same_time(one_ns: int, other_ns: int) -> bool:
    """True if two times are equal, or if a file system has rounded one of them."""
    difference = abs(one_ns - other_ns)
    return any(difference < step and 0 in (one_ns % step, other_ns % step) for step in TIME_STEPS_NS)


def _set_owner(copy: int, uid: int, gid: int) -> None:
    """Set owner and group, or only the group if the owner is not permitted."""
    made = os.fstat(copy)
    if (made.st_uid, made.st_gid) != (uid, gid) and not _can(copy, lambda: os.fchown(copy, uid, gid)):
        _can(copy, lambda: os.fchown(copy, -1, gid))


def _copy_attributes(fd: int, copy: int, wanted: dict[str, bytes]) -> dict[str, bytes]:
    """Set the attributes, and return those that the file system did not keep."""
    if sys.platform == "darwin":
        _copy_access_list(fd, copy)
    lost = {name: value for name, value in wanted.items() if not _keeps(copy, name, value)}
    if sum(map(len, lost.values())) > MAX_LOST_BYTES:
        raise MoveRefused(
            "the file's attributes cannot be preserved on the other file system and are too large to be recorded",
            "choose a destination on a file system that preserves them",
        )
    return lost


def _keeps(copy: int, name: str, value: bytes) -> bool:
    """Set one attribute; return False if the file system does not keep it, whatever it reports."""

    def set_and_compare() -> None:
        set_attribute(copy, name, value)
        if read_attribute(copy, name) != value:
            raise OSError(errno.ENODATA, "the attribute was dropped")

    is_mode = name == ACCESS_LIST and len(value) == _MODE_AS_ACCESS_LIST
    return is_mode or _can(copy, set_and_compare)


def _copy_access_list(fd: int, copy: int) -> None:
    """Copy the access control list of macOS, which can't be recorded. Raise MoveRefused if that is not possible.

    See acl_get(3) and acl_set(3) of macOS.
    """
    system = ctypes.CDLL(None)
    system.acl_get_fd.restype = ctypes.c_void_p
    access_list = ctypes.c_void_p(system.acl_get_fd(fd))
    if not access_list:
        return
    is_kept = system.acl_set_fd(copy, access_list) == 0
    system.acl_free(access_list)
    if not is_kept:
        raise MoveRefused(
            "the file's access control list cannot be preserved on the other file system",
            "choose a destination on a file system that preserves it",
        )


def _allowed(mode: int, has_owner: bool, has_group: bool, has_access_list: bool) -> int:
    """Return the mode without what would give somebody more access than before."""
    if not (has_owner and has_group):
        mode &= ~(stat.S_ISUID | stat.S_ISGID)
    if not (has_group and has_access_list):
        mode &= ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    return mode


def _can(fd: int, change: Callable[[], None]) -> bool:
    """Make a change; return False if the file system does not support or permit it.

    Raise OSError if it is in trouble. "No space" is also reported for an attribute that is larger than it allows.
    """
    try:
        change()
    except OSError as error:
        is_full = error.errno == errno.ENOSPC and os.fstatvfs(fd).f_bavail == 0
        if is_full or error.errno in (errno.EIO, errno.EDQUOT):
            raise
        return False
    return True
