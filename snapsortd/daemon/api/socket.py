"""The control socket: it listens from the start, for this user alone."""

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
"""That many may be open, and that many may wait to be accepted."""


class PrivateListener(socket.socket):
    """A listening Unix socket that takes connections from this user alone (peer credentials, where the OS has them)."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept one connection; one from another user is closed and reported as aborted."""
        connection, address = super().accept()
        try:
            if peer_uid(connection) in (None, os.getuid()):
                return connection, address
        except OSError:  # macOS: the other side has gone already
            pass
        connection.close()
        raise ConnectionAbortedError("a connection from another user was refused")


def peer_uid(connection: socket.socket) -> int | None:
    """User id of the process at the other end: SO_PEERCRED on Linux, LOCAL_PEERCRED on macOS, else None."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        # struct xucred: version, uid, number of groups, 16 groups (sys/ucred.h); level SOL_LOCAL 0, option 1.
        return int(struct.unpack("2I", connection.getsockopt(0, 1, 76)[:8])[1])
    return None


def listen(path: str) -> PrivateListener:
    """Bind the control socket: a stale one is replaced, it is born 0600. The caller holds the daemon's lock."""
    listener = PrivateListener(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket_address(path) as address:
            listener.bind(address)
    except OSError as error:
        listener.close()
        raise SnapsortError(f"the control socket {path} cannot be made: {error.strerror or error}") from error
    finally:
        os.umask(before)
    listener.listen(MAX_CONNECTIONS)
    listener.setblocking(False)
    return listener
