"""The service manager's notification protocol (sd_notify)."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class ServiceNotifier:
    """Sends sd_notify(3) messages to systemd if $NOTIFY_SOCKET is set, otherwise does nothing. Never raises."""

    def __init__(self, env: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        self._address = _address(env.get("NOTIFY_SOCKET", ""))
        self._last_status = ""
        self._watchdog_sent = -math.inf
        self.watchdog_interval = _watchdog_interval(env, os.getpid() if pid is None else pid)
        """Interval in seconds at which to call `watchdog`, half of systemd's limit; 0.0 if that is not enabled."""

    def ready(self) -> None:
        """Report that startup or a reload is complete."""
        self._send("READY=1")

    def status(self, line: str) -> None:
        """Set the line that `systemctl status` shows; sent only when it changes."""
        if line != self._last_status:
            self._last_status = line
            self._send(f"STATUS={' '.join(line.split())}")

    def watchdog(self) -> None:
        """Feed the watchdog, which means that there was progress; sent no more often than needed."""
        now = time.monotonic()
        if self.watchdog_interval and now - self._watchdog_sent >= self.watchdog_interval / 2:
            self._watchdog_sent = now
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Report that a reload begins; `ready` must follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Report that shutdown begins."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            manager.sendto(message.encode("utf-8", "replace"), self._address)


def _address(notify_socket: str) -> str | bytes:
    """Return a socket's path, or its abstract name (written with @, passed to the kernel with NUL); "" if invalid."""
    if notify_socket.startswith("@"):
        return b"\0" + os.fsencode(notify_socket[1:])
    return notify_socket if notify_socket.startswith("/") else ""


def _watchdog_interval(env: Mapping[str, str], pid: int) -> float:
    """Return half of $WATCHDOG_USEC in seconds; 0.0 if unset, or if $WATCHDOG_PID names another process.

    See sd_watchdog_enabled(3).
    """
    microseconds, watched_pid = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (watched_pid and watched_pid != str(pid)):
        return 0.0
    return int(microseconds) / 2_000_000
