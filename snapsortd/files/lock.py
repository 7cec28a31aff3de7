"""A lock file that allows one process at a time. The kernel releases it however the process ends."""

from __future__ import annotations

import fcntl
import os

from snapsortd.domain.errors import Busy, JournalError


class Lock:
    """A lock that is held from construction until `close` or the end of a `with` block.

    Raise Busy if another process holds it, JournalError if the file can't be used.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            self._fd = _take(path)
        except OSError as error:
            raise JournalError(f"the lock {path} cannot be used: {error.strerror}") from error

    def close(self) -> None:
        """Release the lock. The file stays: deleting it would let two processes lock two files with the same name."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _take(path: str) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_there(fd, path):
                os.ftruncate(fd, 0)
                os.pwrite(fd, b"%d\n" % os.getpid(), 0)
                return fd
        except BlockingIOError:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise Busy(
                f"another snapsort process is running (pid {holder})",
                "wait for it to finish, or use snapsortctl",
            ) from None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # the file was deleted between open and lock: try again with the one that has the name now


def _still_there(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False
