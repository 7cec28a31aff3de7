"""What the classifier process gives up, so that a hostile image that takes it over gains little.

No new privileges, no network, and once the model is loaded nothing that it does not hold already (Linux on x86_64 and
aarch64); a ceiling on memory and processor time, no file written, no core dump, and no life after the daemon. Where a
system lacks one of these, the others still hold.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import sys
import threading
import time

from snapsortd.vision.child import seccomp


def refuse_network() -> bool:
    """Have the kernel refuse sockets, other processes' memory and new privileges from now on. True if it does."""
    return seccomp.no_new_privileges() and seccomp.refuse_reaching_out()


def seal(*keep: int) -> bool:
    """From now on there are only this process, its standard streams and the descriptors `keep` and those they bring.

    Every other descriptor is closed, and the kernel refuses to open, list, run, signal or change anything. Whatever
    is opened or imported at its first use must have been used before. True if the kernel does; needs `refuse_network`.
    """
    if os.isatty(2):  # a terminal is opened to read and write: what is typed there is not for this process
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.ttyname(2), os.O_WRONLY | os.O_NOCTTY), 2)
    first = 3
    for fd in (*sorted(keep), os.sysconf("SC_OPEN_MAX")):
        os.closerange(first, fd)
        first = fd + 1
    return seccomp.refuse_all_but_own()


def end_with(fd: int) -> None:
    """End this process at once when the other end of the socket `fd` closes, whatever it is doing.

    Preferred to PR_SET_PDEATHSIG, which fires when the parent's *thread* ends (prctl(2)) and is Linux only.
    """

    def watch() -> None:
        poller = select.poll()
        poller.register(fd, 0)  # POLLHUP is always reported
        poller.poll()
        os._exit(0)

    threading.Thread(target=watch, name="end-with-daemon", daemon=True).start()


def forbid_writing() -> None:
    """From now on no file grows and no core is dumped; pipes, sockets and terminals can still be written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(headroom: int) -> None:
    """From now on at most `headroom` more bytes of address space; macOS does not enforce RLIMIT_AS."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + headroom, size + headroom))


def limit_cpu(seconds: int) -> None:
    """From now on at most `seconds` of processor time, over all threads; then the kernel ends the process."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(time.process_time()) + seconds
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
