"""A lock that allows one process at a time. The kernel releases it however the process ends.

The file holds the pid for people. Its folder is locked as well, so that deleting the file lets no second process in.
"""

from __future__ import annotations

import errno
import fcntl
import os

from snapsortd.domain.errors import Busy, JournalError

_CANNOT_LOCK = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of flock(2) on a folder of a network file system; there, the file alone is the lock."""


class Lock:
    """A lock that is held from construction until `close` or the end of a `with` block.

    Raise Busy if another process holds it, JournalError if the file can't be used.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fds: list[int] = []
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            self._fds.append(_take_folder(path))
            self._fds.append(_take(path))
        except OSError as error:
            self.close()
            raise JournalError(f"the lock {path} cannot be used: {error.strerror}") from error
        except BaseException:
            self.close()
            raise

    def renew(self) -> None:
        """Make the file again if it was deleted or replaced.

        Raise Busy if another process has locked the new one, JournalError if it can't be made.
        """
        try:
            if _still_there(self._fds[-1], self.path):
                return
            taken = _take(self.path)
        except OSError as error:
            raise JournalError(f"the lock {self.path} is gone and cannot be made again: {error.strerror}") from error
        os.close(self._fds.pop())
        self._fds.append(taken)

    def close(self) -> None:
        """Release the lock. The file stays: deleting it would let two processes lock two files with the same name."""
        while self._fds:
            os.close(self._fds.pop())

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _take_folder(path: str) -> int:
    """Return the descriptor of the lock's folder, locked where its file system can do that."""
    fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise _busy(_holder(path)) from None
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            os.close(fd)
            raise
    return fd


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
            os.close(fd)
            raise _busy(_holder(path)) from None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # the file was deleted between open and lock: try again with the one that has the name now


def _holder(path: str) -> str:
    """Return the pid that the file holds, or "unknown"."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(32).strip() or "unknown"
    except OSError:
        return "unknown"


def _busy(holder: str) -> Busy:
    return Busy(f"another snapsortd process is running (pid {holder})", "wait for it to finish, or use snapsortctl")


def _still_there(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False
