"""Drop the privileges of the classifier process, so that a hostile image that takes it over gains little.

No new privileges, no network, and after the model is loaded no access to anything that is not open already (Linux on
x86_64 and aarch64); limits on memory and processor time, no writing of files, no core dump, and the process ends with
the daemon. If a system lacks one of these, the others still apply.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
import threading
import time
import warnings

from snapsortd.vision.child import seccomp


def begin(fd: int) -> None:
    """Begin a process that serves the other end of socket `fd`: without network, and ended with that end.

    Of SIGINT, SIGTERM and SIGHUP, which a terminal or systemd sends to every process, the other end decides; problems
    with an image are reported in answers instead of warnings.
    """
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    os.umask(0o077)
    warnings.simplefilter("ignore")
    refuse_network()
    end_with(fd)


def refuse_network() -> bool:
    """Make the kernel refuse sockets, other processes' memory and new privileges. Return whether it does."""
    return seccomp.no_new_privileges() and seccomp.refuse_reaching_out()


def seal(*keep: int) -> bool:
    """Confine the process to itself, its standard streams, the descriptors `keep` and those received through them.

    Every other descriptor is closed, and the kernel refuses to open, list, run, signal or change anything. Anything
    that is opened or imported on first use must have been used before. Return whether the kernel does so; requires
    `refuse_network`.
    """
    if os.isatty(2):  # a terminal is open for reading too, but what is typed there must not reach this process
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.ttyname(2), os.O_WRONLY | os.O_NOCTTY), 2)
    first = 3
    for fd in (*sorted(keep), os.sysconf("SC_OPEN_MAX")):
        os.closerange(first, fd)
        first = fd + 1
    return seccomp.refuse_all_but_own()


def end_with(fd: int) -> None:
    """End this process at once, whatever it is doing, when the other end of the socket or pipe `fd` closes.

    PR_SET_PDEATHSIG would be sent when the parent's *thread* ends (prctl(2)), and is Linux only.
    """

    def watch() -> None:
        poller = select.poll()
        poller.register(fd, 0)  # POLLHUP is always reported
        poller.poll()
        os._exit(0)

    threading.Thread(target=watch, name="end-with-daemon", daemon=True).start()


def forbid_writing() -> None:
    """Let no file grow and no core be dumped; pipes, sockets and terminals can still be written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(headroom: int) -> None:
    """Allow at most `headroom` more bytes of address space; macOS does not enforce RLIMIT_AS."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + headroom, size + headroom))


def limit_cpu(seconds: int) -> None:
    """Allow `seconds` more of processor time, over all threads; after that the kernel ends the process."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(time.process_time()) + seconds
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
