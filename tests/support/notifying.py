"""A small service for the tests of the unit: sends READY, reports in STATUS what its sandbox refuses, awaits SIGTERM.

Run as `python notifying.py`; it writes to $NOTIFY_SOCKET as sd_notify(3) does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from collections.abc import Callable


def tell(message: str) -> None:
    """Send a message to the service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), os.environ["NOTIFY_SOCKET"])


def refused(act: Callable[[], object]) -> bool:
    """Return whether the system refuses the operation."""
    try:
        act()
    except OSError:
        return True
    return False


def checked(call: str, *arguments: int) -> None:
    """Call a function of the C library; raise OSError if it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, call)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), call)


CLONE_NEWUSER = 0x10000000
ADDR_NO_RANDOMIZE = 0x0040000
PROBES: dict[str, Callable[[], object]] = {
    "network": lambda: socket.socket(socket.AF_INET).close(),
    "namespaces": lambda: checked("unshare", CLONE_NEWUSER),
    "personality": lambda: checked("personality", ADDR_NO_RANDOMIZE),
    "unix": lambda: socket.socket(socket.AF_UNIX).close(),
    "fork": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
}

if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    tell("STATUS=refused: " + " ".join(name for name, act in PROBES.items() if refused(act)) + "\nREADY=1")
    signal.sigwait([signal.SIGTERM])
    tell("STOPPING=1")
