"""A classifier process compromised by a hostile image: it tries forbidden operations and reports the results.

Run as a program with the socket's number. It is the real `child` except for the model: for an image it makes the
attempts that it was asked to load.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import queue
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from snapsortd.vision.child import main as child
from snapsortd.vision.child.learning.layer import Scoring
from snapsortd.vision.child.workers import Steps
from snapsortd.vision.wire import Channel

Attempt = Callable[[], object]
ALLOWED = "allowed"
_LIBC = ctypes.CDLL(None, use_errno=True)
_CALLS = {
    # System calls without a Python function, by number on x86_64 and aarch64; without arguments they have no effect.
    "mount": (165, 40),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "process_vm_readv": (310, 270),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "inotify_init1": (294, 26),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "execveat": (322, 281),
    "openat2": (437, 437),
    "renameat2": (316, 276),
    "tgkill of the daemon": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "a call of a later kernel": (999, 999),
    "a call of the x32 ABI": (0x40000002, 999),
}


def attempts(image: int, secret: str, folder: str, socket_path: str, port: int) -> Mapping[str, Attempt]:
    """Return each attempt by its name. `image` is the descriptor it received; everything else is the test's own.

    The attempts are chosen such that a success harms neither the test's own process nor the machine.
    """
    parent, new = os.getppid(), os.path.join(folder, "new")
    return {
        "read a file": lambda: os.open(secret, os.O_RDONLY),
        "read the image by its path in /proc": lambda: os.open(f"/proc/self/fd/{image}", os.O_RDONLY),
        "read the daemon's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDWR),
        "list a folder": lambda: os.listdir(folder),
        "read a link": lambda: os.readlink("/proc/self/exe"),
        "ask for a path": lambda: os.stat(secret, follow_symlinks=True),
        "make a file": lambda: os.open(new, os.O_CREAT | os.O_WRONLY),
        "make a folder": lambda: os.mkdir(new),
        "make a pipe": lambda: os.mkfifo(new),
        "make a symlink": lambda: os.symlink(secret, new),
        "make a hard link": lambda: os.link(secret, new),
        "rename": lambda: os.rename(secret, new),
        "delete": lambda: os.unlink(secret),
        "delete a folder": lambda: os.rmdir(folder),
        "cut a file": lambda: os.truncate(secret, 0),
        "change a mode": lambda: os.chmod(secret, 0o777),
        "change an owner": lambda: os.chown(secret, 1, 1),
        "change times": lambda: os.utime(secret, (0, 0)),
        "change an attribute": lambda: os.setxattr(secret, "user.x", b"x"),
        "change the image's mode": lambda: os.fchmod(image, 0o777),
        "change the image's times": lambda: os.utime(image, (0, 0)),
        "change the image's attributes": lambda: os.setxattr(image, "user.x", b"x"),
        "cut the image": lambda: os.ftruncate(image, 1),
        "lock the image": lambda: fcntl.flock(image, fcntl.LOCK_EX | fcntl.LOCK_NB),
        "change the folder": lambda: os.chdir(folder),
        "run a program": lambda: os.execv(new, ["new"]),
        "fork": _fork,
        "signal the daemon": lambda: os.kill(parent, signal.SIGCONT),
        "ask whether the daemon lives": lambda: os.kill(parent, 0),
        "signal all processes": lambda: os.kill(-1, 0),
        "take hold of the daemon": lambda: os.close(os.pidfd_open(parent)),
        "have a descriptor signal the daemon": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, parent),
        "slow the daemon down": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, 0)),
        "pin the daemon to a processor": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(parent)),
        "limit the daemon": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE),
        "type into the terminal": lambda: fcntl.ioctl(0, 0x5412, b"x"),  # TIOCSTI
        "change the user": lambda: os.setresuid(-1, -1, -1),
        "connect to a port": lambda: socket.socket().connect((b"127.0.0.1", port)),
        "connect to a Unix socket": lambda: socket.socket(socket.AF_UNIX).connect(socket_path),
        "make a pair of sockets": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    }


def calls() -> Mapping[str, Attempt]:
    """Return further attempts, which not every system permits even to an unconfined process."""
    return {name: partial(_call, *numbers) for name, numbers in _CALLS.items()}


def harmless(image: int) -> Mapping[str, Attempt]:
    """Return the operations that must keep working inside the sandbox."""
    return {
        "read the image": lambda: os.pread(image, 5, 0),
        "map the image": lambda: mmap.mmap(image, 0, access=mmap.ACCESS_READ).close(),
        "know its size": lambda: os.fstat(image),
        "read it as a file": lambda: os.fdopen(os.dup(image), "rb").read(),
        "take memory": lambda: bytearray(256 << 20),
        "start a thread": lambda: threading.Thread(target=lambda: None).start(),
        "know the time": resource.getrusage(resource.RUSAGE_SELF).__repr__,
        "draw lots": lambda: os.urandom(16),
        "complain": lambda: sys.stderr.write("a complaint\n"),
    }


def told(attempt: Attempt) -> str:
    """Return the result of an attempt: "allowed", or the name of the error."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ALLOWED


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _call(x86_64: int, aarch64: int) -> None:
    number = aarch64 if os.uname().machine == "aarch64" else x86_64
    if _LIBC.syscall(number, 0, 0, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "")


def _hostile(what: str, outside: dict[str, Any], **_: object) -> tuple[Steps, Scoring, dict[str, Any]]:
    """Replace `child._load`: load nothing, and start a thread that exists before the sandbox is closed.

    It handles PNG files itself, making its attempts on them.
    """
    jobs: queue.SimpleQueue[Attempt] = queue.SimpleQueue()
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def early() -> None:
        while True:
            answers.put(told(jobs.get()))

    threading.Thread(target=early, daemon=True).start()

    def elsewhere(attempt: Attempt) -> str:
        jobs.put(attempt)
        return answers.get(timeout=30)

    def attack(image: int) -> dict[str, Any]:
        made = {**attempts(image, **outside), **calls()}
        return {
            "here": {name: told(attempt) for name, attempt in made.items()},
            "in an early thread": {name: elsewhere(attempt) for name, attempt in made.items()},
            "harmless": {name: told(attempt) for name, attempt in harmless(image).items()},
            "too much": {
                "memory": told(lambda: mmap.mmap(-1, child.MEMORY_HEADROOM + (64 << 20)).close()),
                "a file that it may write": told(lambda: os.write(image, b"x" * 8192)),
            },
        }

    def die(_: int) -> dict[str, Any]:
        {"abort": os.abort, "fault": lambda: ctypes.string_at(0), "bug": lambda: os.close(-1)}[what]()
        return {}

    def look(image: int, _format: str | None, _progress: object) -> dict[str, Any]:
        if os.pread(image, 4, 0) == b"\x89PNG":
            os.close(image)
            return {}
        return attack(image) if what == "attack" else die(image)

    return Steps(look, list), Scoring({}, 1), {"name": "hostile", "dim": 1}


def _unconfined(fd: int) -> None:
    """Run the same attack in a process that has not given up any rights."""
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel:
        settings, _ = channel.receive() or ({}, None)
        attack, _, about = _hostile(**settings)
        channel.send(about)
        _, image = channel.receive() or ({}, None)
        assert image is not None
        channel.send({"id": 1, **attack.prepare(image, None, None)})


if __name__ == "__main__":
    if sys.argv[2:] == ["unconfined"]:
        _unconfined(int(sys.argv[1]))
    else:
        child._load = _hostile  # type: ignore[assignment]
        sys.exit(child.main(int(sys.argv[1])))
