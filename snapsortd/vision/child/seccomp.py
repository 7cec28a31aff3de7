"""Filter system calls (Linux seccomp): restrict which of them the classifier process may still make.

A filter is a program of classic BPF over struct seccomp_data (linux/seccomp.h) that the kernel runs before every
call; filters accumulate and cannot be removed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_SET_MODE_FILTER = 1  # linux/seccomp.h
_FLAG_TSYNC = 1

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS, linux/bpf_common.h
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_CALL, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_ANSWERS_ERRNO = 0x00050000  # SECCOMP_RET_ERRNO

Step = tuple[int, int, int, int]
"""An instruction: operation, number of instructions to skip if true, the same if false, value."""

_ALLOW: Step = (_RETURN, 0, 0, 0x7FFF0000)  # SECCOMP_RET_ALLOW
_REFUSE: Step = (_RETURN, 0, 0, _ANSWERS_ERRNO | errno.EPERM)
_UNKNOWN: Step = (_RETURN, 0, 0, _ANSWERS_ERRNO | errno.ENOSYS)

Calls = dict[str, tuple[int, int | None]]
"""System calls by name: their numbers on x86_64 and aarch64; None if aarch64 lacks the call."""

_X32_CALLS = 0x40000000
"""First system call of the x32 ABI on x86_64: the same calls under different numbers."""


class _Machine(NamedTuple):
    architecture: int  # linux/audit.h
    column: int
    seccomp: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 0, 317), "aarch64": _Machine(0xC00000B7, 1, 277)}

REACHES_OUT: Calls = {
    # These open a connection, or access another process's memory or descriptors.
    "socket": (41, 198),
    "io_uring_setup": (425, 425),  # opens sockets too
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
}

STAYS_INSIDE: Calls = {
    # These affect only the process itself and the descriptors it holds.
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "poll": (7, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "select": (23, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "sendto": (44, 206),  # its one socket is connected: no other address is taken
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "exit": (60, 93),
    "uname": (63, 160),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "get_mempolicy": (239, 236),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "dup3": (292, 24),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "rseq": (334, 293),
}

WITHIN_LIMITS: Calls = {
    # These affect only the process itself if their arguments are restricted.
    "ioctl": (16, 29),
    "clone": (56, 220),
    "fcntl": (72, 25),
    "prctl": (157, 167),
    "tgkill": (234, 131),
    "newfstatat": (262, 79),
    "prlimit64": (302, 261),
    "statx": (332, 291),
    "clone3": (435, 435),
}

_OWN_PROCESS = 0
_CLONE_THREAD = 0x00010000  # linux/sched.h
_AT_EMPTY_PATH = 0x1000  # linux/fcntl.h
_PR_SET_NAME = 15
_FIONBIO, _FIOCLEX = 0x5421, 0x5451  # asm-generic/ioctls.h; TIOCSTI would type into the user's terminal
_FCNTL = (0, 1, 2, 3, 4, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC (fcntl.h); F_SETOWN would allow sending signals."""


def no_new_privileges() -> bool:
    """Let no program started from here gain rights by set-user-ID or capabilities. Return whether it took effect."""
    return sys.platform == "linux" and bool(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def refuse_reaching_out() -> bool:
    """Refuse new sockets and other processes' memory, in all threads. Return whether it took effect.

    Requires `no_new_privileges`.
    """
    return _install(lambda machine: [*_on_each(REACHES_OUT, machine, _REFUSE), _ALLOW])


def refuse_all_but_own() -> bool:
    """Refuse every call that affects more than this process and its descriptors. Return whether it took effect.

    Calls that name a file, an address or another process are refused with EPERM, and so are calls of later kernels.
    `fstatat` can still query a file's size and times, because a filter cannot read the name that is passed.
    Requires `no_new_privileges`.
    """
    return _install(lambda machine: [*_on_each(STAYS_INSIDE, machine, _ALLOW), *_within_limits(machine), _REFUSE])


def _install(rules: Callable[[_Machine], Iterable[Step]]) -> bool:
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    steps: list[Step] = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, machine.architecture),
        _REFUSE,
        (_LOAD_WORD, 0, 0, _CALL),
        (_IF_AT_LEAST, 0, 1, _X32_CALLS),
        _REFUSE,
        *rules(machine),
    ]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)  # struct sock_filter
    instructions = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HL", len(steps), ctypes.addressof(instructions))  # struct sock_fprog
    return bool(_libc().syscall(machine.seccomp, _SET_MODE_FILTER, _FLAG_TSYNC, descriptor) == 0)


def _within_limits(machine: _Machine) -> Iterator[Step]:
    allowed = {
        "ioctl": _if_argument(1, _FIONBIO, _FIOCLEX),
        "clone": [(_LOAD_WORD, 0, 0, _ARGUMENTS), (_IF_ANY_BIT, 0, 1, _CLONE_THREAD), _ALLOW, _REFUSE],
        "fcntl": _if_argument(1, *_FCNTL),
        "prctl": _if_argument(0, _PR_SET_NAME),
        "tgkill": _if_argument(0, os.getpid()),  # used by abort()
        "newfstatat": _if_argument(3, _AT_EMPTY_PATH),  # how some C libraries implement fstat
        "prlimit64": _if_argument(0, _OWN_PROCESS),
        "statx": [_UNKNOWN],  # a filter cannot see the arguments of these two,
        "clone3": [_UNKNOWN],  # so the C library falls back to the older calls
    }
    for name, steps in allowed.items():
        yield from _on(WITHIN_LIMITS[name][machine.column], *steps)


def _if_argument(number: int, *values: int) -> Iterator[Step]:
    """Allow the call if an argument (its lower 32 bits) is one of `values`."""
    yield (_LOAD_WORD, 0, 0, _ARGUMENTS + 8 * number)
    for value in values:
        yield from ((_IF_EQUAL, 0, 1, value), _ALLOW)
    yield _REFUSE


def _on_each(calls: Calls, machine: _Machine, verdict: Step) -> Iterator[Step]:
    for numbers in calls.values():
        yield from _on(numbers[machine.column], verdict)


def _on(call: int | None, *steps: Step) -> Iterator[Step]:
    """Apply `steps` to one system call; the last of them must return."""
    if call is not None:
        yield (_IF_EQUAL, 0, len(steps), call)
        yield from steps


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
