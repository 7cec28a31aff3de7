"""Extended attributes of an open file, the same way on Linux and macOS."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

if sys.platform == "darwin":
    _NO_SUCH = 93
    """ENOATTR of macOS."""
    _MAX_NAMES_BYTES = 1 << 16
    """Bytes of all names of one file; more is an error (ERANGE)."""

    def _system(name: str, fd: int, attribute: str, *arguments: object) -> int:
        """Call a C function that Python's os offers only on Linux; see getxattr(2), setxattr(2) of macOS."""
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
        function.restype = ctypes.c_ssize_t
        result: int = function(ctypes.c_int(fd), os.fsencode(attribute), *arguments)
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), attribute)
        return result

    def _get(fd: int, name: str) -> bytes:
        size = _system("fgetxattr", fd, name, None, ctypes.c_size_t(0), ctypes.c_uint32(0), ctypes.c_int(0))
        buffer = ctypes.create_string_buffer(size + 1)
        size = _system("fgetxattr", fd, name, buffer, ctypes.c_size_t(size), ctypes.c_uint32(0), ctypes.c_int(0))
        return buffer.raw[:size]

    def _set(fd: int, name: str, value: bytes) -> None:
        _system("fsetxattr", fd, name, value, ctypes.c_size_t(len(value)), ctypes.c_uint32(0), ctypes.c_int(0))

    def _remove(fd: int, name: str) -> None:
        _system("fremovexattr", fd, name, ctypes.c_int(0))

    def _list(fd: int) -> list[str]:
        function = ctypes.CDLL(None, use_errno=True).flistxattr
        function.restype = ctypes.c_ssize_t
        buffer = ctypes.create_string_buffer(_MAX_NAMES_BYTES)
        size: int = function(ctypes.c_int(fd), buffer, ctypes.c_size_t(_MAX_NAMES_BYTES), ctypes.c_int(0))
        if size < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return [os.fsdecode(name) for name in buffer.raw[:size].split(b"\0") if name]

else:
    _NO_SUCH = errno.ENODATA

    def _get(fd: int, name: str) -> bytes:
        return os.getxattr(fd, name)

    def _set(fd: int, name: str, value: bytes) -> None:
        os.setxattr(fd, name, value)

    def _remove(fd: int, name: str) -> None:
        os.removexattr(fd, name)

    def _list(fd: int) -> list[str]:
        return os.listxattr(fd)


def read_attribute(fd: int, name: str) -> bytes:
    """Return the attribute's value, empty if the file does not have it.

    Raise OSError, with ENOTSUP if the file system does not support extended attributes.
    """
    try:
        return _get(fd, name)
    except OSError as error:
        if error.errno != _NO_SUCH:
            raise
        return b""


def read_attributes(fd: int, unwanted: tuple[str, ...]) -> dict[str, bytes]:
    """Return all attributes except those whose names begin like one of `unwanted`; none if they are not supported.

    Raise OSError as the system reports it.
    """
    try:
        names = _list(fd)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EIO):  # rclone reports EIO, where a file can't have any
            raise
        return {}
    return {name: _get(fd, name) for name in names if not name.startswith(unwanted)}


def set_attribute(fd: int, name: str, value: bytes) -> None:
    """Set the attribute, also to an empty value. Raise OSError as the system reports it."""
    _set(fd, name, value)


def write_attribute(fd: int, name: str, value: bytes) -> None:
    """Set the attribute, or remove it if the value is empty. The file's modification time does not change.

    Raise OSError as the system reports it.
    """
    if value:
        _set(fd, name, value)
        return
    try:
        _remove(fd, name)
    except OSError as error:
        if error.errno != _NO_SUCH:
            raise
