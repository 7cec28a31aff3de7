"""Runs a program with its arguments, never through a shell, and waits for it with a time limit."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress

from snapsortd.domain.errors import CommandFailed, Interrupted
from snapsortd.domain.text import escape

MAX_OUTPUT = 64 << 10
"""Bytes of its output that are kept: the end, where programs report why they failed. A pipe holds no more."""
MAX_REPORTED_LINES = 5
MAX_REPORTED_CHARACTERS = 500
"""The part of the output that is included in an error message."""
GRACE_S = 2.0
"""Time from SIGTERM to SIGKILL."""

POLL_INTERVAL_S = 1.0
"""Time between two calls of `waiting`."""
_SYSTEMD_VARIABLES = frozenset({"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})
"""Environment variables that systemd sets for the daemon alone (sd_notify(3))."""


def run(words: Sequence[str], seconds: float, waiting: Callable[[], bool]) -> None:
    """Run the program `words[0]` with the arguments after it, for at most `seconds`, and call `waiting` meanwhile.

    Raise CommandFailed, with the end of its output, if it could not be started, took too long or failed; Interrupted if
    `waiting` returned True. When it is ended early, all processes that it started are ended too.
    """
    name = escape(words[0])
    deadline = time.monotonic() + seconds
    asked = late = False
    with closing(_Command(words)) as command:
        while not (asked or late or command.has_ended(min(POLL_INTERVAL_S, deadline - time.monotonic()))):
            asked, late = waiting(), time.monotonic() >= deadline
        code = command.end()
        output = command.output_tail()
    if asked:
        raise Interrupted(f"the command {name} was ended, because snapsortd was asked to stop")
    if late:
        raise CommandFailed(f"the command {name} took more than {seconds:g} seconds and was ended{output}")
    if code:
        raise CommandFailed(f"the command {name} {_exit_reason(code)}{output}")


class _Command:
    """A running program, in a session and process group of its own."""

    def __init__(self, words: Sequence[str]) -> None:
        """Start the program. Raise CommandFailed if it can't be started."""
        try:
            self._process = subprocess.Popen(
                list(words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={name: value for name, value in os.environ.items() if name not in _SYSTEMD_VARIABLES},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            hint = "name a program that exists, preferably with its full path"
            raise CommandFailed(f"the command {escape(words[0])} cannot be started: {why}", hint) from None
        assert self._process.stdout is not None
        self._output = b""
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._pidfd = _pidfd(self._process.pid)
        if self._pidfd is not None:
            self._selector.register(self._pidfd, selectors.EVENT_READ)

    def has_ended(self, timeout: float) -> bool:
        """Wait until it writes something or ends, `timeout` seconds at most. Return True if it has ended."""
        ready: set[int] = set()
        if self._selector.get_map():
            ready = {key.fd for key, _ in self._selector.select(max(timeout, 0))}
        else:  # it closed its output, and this system has no descriptor that reports its end
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(max(timeout, 0))
        ended = self._pidfd in ready if self._pidfd is not None else self._process.poll() is not None
        if ended or self._pipe in ready:
            self._read()
        return ended

    def end(self) -> int:
        """Return its exit status. If it is still running, end its process group: SIGTERM, after GRACE_S SIGKILL."""
        if not self.has_ended(0):
            deadline = time.monotonic() + GRACE_S
            self._signal(signal.SIGTERM)
            while not self.has_ended(deadline - time.monotonic()) and time.monotonic() < deadline:
                pass
            self._signal(signal.SIGKILL)
        return self._process.wait()

    def output_tail(self) -> str:
        """Return the last lines of its output, as the end of a sentence."""
        lines = self._output.decode("utf-8", "backslashreplace").splitlines()
        tail = " | ".join([escape(line.strip()) for line in lines if line.strip()][-MAX_REPORTED_LINES:])
        return f": {tail[-MAX_REPORTED_CHARACTERS:]}" if tail else ""

    def close(self) -> None:
        """Release its descriptors; kill its process group if it is still running because an error ended the wait."""
        if self._process.returncode is None:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._selector.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        with suppress(BlockingIOError):
            data = os.read(self._pipe, MAX_OUTPUT)
            self._output = (self._output + data)[-MAX_OUTPUT:]
            if not data and self._pipe in self._selector.get_map():
                self._selector.unregister(self._pipe)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS raises the latter if it has just ended
            os.killpg(self._process.pid, number)


def _pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends (pidfd_open(2)), or None if there is none."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


def _exit_reason(code: int) -> str:
    """Return a return code of `subprocess` as the end of a sentence."""
    if code > 0:
        return f"failed with exit code {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"
