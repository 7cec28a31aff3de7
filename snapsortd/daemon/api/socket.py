"""The control socket, which accepts connections from this user only."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from typing import Any

from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import socket_address

MAX_CONNECTIONS = 64
"""Maximum number of open connections, and of those waiting to be accepted."""


class PrivateListener(socket.socket):
    """A listening Unix socket that accepts only this user's connections, by peer credentials where the OS has them."""

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


def listen(path: str) -> PrivateListener:
    """Create the control socket with mode 0600, replacing a stale one. The caller holds the daemon's lock.

    Raises SnapsortError if that fails.
    """
    listener = PrivateListener(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket_address(path) as address:
            listener.bind(address)
    except OSError as error:
        listener.close()
        raise SnapsortError(f"the control socket {path} cannot be created: {error.strerror or error}") from error
    finally:
        os.umask(before)
    listener.listen(MAX_CONNECTIONS)
    listener.setblocking(False)
    return listener
