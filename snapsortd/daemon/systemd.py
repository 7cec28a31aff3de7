"""The service manager's notification protocol (sd_notify)."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class ServiceNotifier:
    """Speaks sd_notify(3) to systemd where it listens ($NOTIFY_SOCKET), else does nothing. Never raises."""

    def __init__(self, env: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        self._address = _address(env.get("NOTIFY_SOCKET", ""))
        self._told = ""
        self._fed = -math.inf
        self.watchdog_interval = _watchdog_interval(env, os.getpid() if pid is None else pid)
        """How often to call `watchdog`, in seconds: half of what systemd allows; 0.0 if it does not ask."""

    def ready(self) -> None:
        """The start, or a reload, is complete."""
        self._send("READY=1")

    def status(self, sentence: str) -> None:
        """What `systemctl status` shows; told only when it changes."""
        if sentence != self._told:
            self._told = sentence
            self._send(f"STATUS={' '.join(sentence.split())}")

    def watchdog(self) -> None:
        """Say that there was progress; sent no more often than needed."""
        now = time.monotonic()
        if self.watchdog_interval and now - self._fed >= self.watchdog_interval / 2:
            self._fed = now
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """A reload begins; `ready` must follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end begins."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            manager.sendto(message.encode("utf-8", "replace"), self._address)


def _address(notify_socket: str) -> str | bytes:
    """A path, or an abstract name (written with @, given to the kernel with NUL)."""
    if notify_socket.startswith("@"):
        return b"\0" + os.fsencode(notify_socket[1:])
    return notify_socket if notify_socket.startswith("/") else ""


def _watchdog_interval(env: Mapping[str, str], pid: int) -> float:
    """See sd_watchdog_enabled(3): only the process that $WATCHDOG_PID names, if it names one, is asked."""
    microseconds, asked = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (asked and asked != str(pid)):
        return 0.0
    return int(microseconds) / 2_000_000
