"""The times of an open file that `os.stat` does not report everywhere: its birth, and when it came to its folder."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

if sys.platform == "darwin":
    _ATTRIBUTES = struct.pack("=HHIIIII", 5, 0, 0x10000000, 0, 0, 0, 0)
    """`struct attrlist` with ATTR_CMN_ADDEDTIME; see getattrlist(2)."""
    _REPLY = struct.Struct("=Iqq")

    def birth_time(_fd: int, stat: os.stat_result) -> float | None:
        """Return the time of birth in seconds since 1970."""
        return stat.st_birthtime

    def time_added(fd: int) -> float | None:
        """Return when the file came to its folder, which the Finder shows as "Date Added"; None if it is unknown."""
        reply = ctypes.create_string_buffer(_REPLY.size)
        get = ctypes.CDLL(None, use_errno=True).fgetattrlist
        if get(ctypes.c_int(fd), _ATTRIBUTES, reply, ctypes.c_size_t(_REPLY.size), ctypes.c_ulong(0)) != 0:
            return None
        size, seconds, nanoseconds = _REPLY.unpack(reply.raw)
        return seconds + nanoseconds / 1e9 if size == _REPLY.size and seconds > 0 else None

else:
    _AT_EMPTY_PATH, _STATX_BTIME = 0x1000, 0x800
    _REPLY = struct.Struct("=I76xqI164x")
    """`struct statx`: the mask of what is known, and the time of birth; see statx(2)."""

    _statx = getattr(ctypes.CDLL(None), "statx", None)

    def birth_time(fd: int, _stat: os.stat_result) -> float | None:
        """Return the time of birth in seconds since 1970; None if the system or the file system records none."""
        reply = ctypes.create_string_buffer(_REPLY.size)
        if _statx is None or _statx(fd, b"", _AT_EMPTY_PATH, _STATX_BTIME, reply) != 0:
            return None
        mask, seconds, nanoseconds = _REPLY.unpack(reply.raw)
        return seconds + nanoseconds / 1e9 if mask & _STATX_BTIME and seconds > 0 else None

    def time_added(_fd: int) -> float | None:
        """Return None: only macOS records when a file came to its folder."""
        return None
