"""The control socket, which accepts connections from this user only."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from typing import Any

from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import make_private, socket_address

MAX_CONNECTIONS = 64
"""Maximum number of open connections, and of those waiting to be accepted."""
ANSWER_TIMEOUT_S = 1.0
"""Time for another process to accept a connection; whether it serves it does not matter."""


class PrivateListener(socket.socket):
    """A listening Unix socket that accepts only this user's connections, by peer credentials where the OS has them."""

    identity: tuple[int, int, int] = (0, 0, 0)
    """Device, inode and ctime of its name, which distinguish it from another socket with the same name."""

    def is_at(self, path: str) -> bool:
        """True if its name still is at `path`."""
        try:
            return _identity(path) == self.identity
        except OSError:
            return False

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept one connection. Raises ConnectionAbortedError after closing one from another user."""
        connection, address = super().accept()
        try:
            if peer_uid(connection) in (None, os.getuid()):
                return connection, address
        except OSError:  # macOS: the peer has already disconnected
            pass
        connection.close()
        raise ConnectionAbortedError("a connection from another user was refused")


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user id of the peer: SO_PEERCRED on Linux, LOCAL_PEERCRED on macOS, else None."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        # struct xucred: version, uid, number of groups, 16 groups (sys/ucred.h); level SOL_LOCAL 0, option 1.
        return int(struct.unpack("2I", connection.getsockopt(0, 1, 76)[:8])[1])
    return None


def answers(path: str) -> bool:
    """True if a process listens on the socket at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(ANSWER_TIMEOUT_S)
        try:
            with socket_address(path) as address:
                client.connect(address)
        except OSError as error:
            return isinstance(error, TimeoutError | BlockingIOError)  # too many connections are waiting
    return True


def _identity(path: str) -> tuple[int, int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino, found.st_ctime_ns


def listen(path: str) -> PrivateListener:
    """Create the control socket with mode 0600 in its private folder, replacing a stale one.

    The caller holds the daemon's lock. Raises SnapsortError if that fails.
    """
    make_private(os.path.dirname(path))
    listener = PrivateListener(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket_address(path) as address:
            listener.bind(address)
        os.chmod(path, 0o600)
        listener.identity = _identity(path)
    except OSError as error:
        listener.close()
        raise SnapsortError(f"the control socket {path} cannot be created: {error.strerror or error}") from error
    listener.listen(MAX_CONNECTIONS)
    listener.setblocking(False)
    return listener
