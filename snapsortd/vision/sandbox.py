"""What the classifier process gives up, so that a hostile image that takes it over gains little.

No network on Linux (seccomp, x86_64 and aarch64), a ceiling on memory and processor time, no file written,
no core dump, and no life after the daemon. Where a system lacks one of these, the others still hold.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import select
import struct
import sys
import threading
import time

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS, linux/bpf_common.h
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000  # SECCOMP_RET_ALLOW, linux/seccomp.h
_REFUSE = 0x00050000 | errno.EPERM  # SECCOMP_RET_ERRNO

_X32_CALLS = 0x40000000
"""System calls of the x32 ABI start here on x86_64: the same calls under other numbers."""

_REFUSED_CALLS = {
    # The audit architecture (linux/audit.h) and the numbers of: socket, io_uring_setup (opens sockets too), and
    # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd (reach into the user's other processes).
    "x86_64": (0xC000003E, (41, 425, 101, 310, 311, 438)),
    "aarch64": (0xC00000B7, (198, 425, 117, 270, 271, 438)),
}


def refuse_network() -> bool:
    """Have the kernel refuse sockets and other processes' memory from now on. True if it took hold.

    Call it before there are threads: a filter covers the calling thread and those that it starts.
    """
    known = _REFUSED_CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    program = _filter(*known)
    instructions = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HL", len(program) // 8, ctypes.addressof(instructions))  # struct sock_fprog
    return bool(
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, descriptor, 0, 0) == 0
    )


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """The seccomp program: classic BPF over struct seccomp_data (call number at 0, architecture at 4).

    A jump tells how many instructions to skip when the test is true, and when it is false.
    """
    refuse = len(calls) + 5  # where the last instruction is
    steps = [
        (_LOAD_WORD, 0, 0, 4),
        (_IF_EQUAL, 0, refuse - 2, architecture),
        (_LOAD_WORD, 0, 0, 0),
        (_IF_AT_LEAST, refuse - 4, 0, _X32_CALLS),
        *((_IF_EQUAL, refuse - 5 - index, 0, call) for index, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)  # struct sock_filter


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
