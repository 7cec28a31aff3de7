"""A notification service on a session bus of its own: it records what it is asked to show, and can press buttons."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from snapsortd.daemon.dbus import (
    CALL,
    DESTINATION,
    INTERFACE,
    MEMBER,
    PATH,
    REPLY_SERIAL,
    RETURN,
    SENDER,
    SIGNAL,
    Bus,
    encode,
)

NAME, OBJECT = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


@contextmanager
def session_bus() -> Iterator[str]:
    """Yield the address of a new session bus, which ends with the block."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        try:
            assert daemon.stdout is not None
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


class NotificationService:
    """Records the arguments of every Notify; its notifications are numbered from 1."""

    def __init__(self, address: str, abilities: tuple[str, ...]) -> None:
        self.shown: list[list[Any]] = []
        self._abilities = abilities
        self._bus = Bus({"DBUS_SESSION_BUS_ADDRESS": address})
        self._bus.call(*BUS, "RequestName", "su", NAME, 0)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                message = self._bus.receive(60)
            except (OSError, ValueError):
                return
            if message is None or message.kind != CALL:
                continue
            to = [(REPLY_SERIAL, "u", message.serial), (DESTINATION, "s", message.fields[SENDER])]
            if message.fields[MEMBER] == "GetCapabilities":
                self._bus.socket.sendall(encode(RETURN, 1000, to, "as", [list(self._abilities)]))
            else:
                self.shown.append(message.body)
                self._bus.socket.sendall(encode(RETURN, 1001, to, "u", [len(self.shown)]))

    def press(self, number: int, button: str) -> None:
        """Press a button of a notification."""
        fields = [(PATH, "o", OBJECT), (INTERFACE, "s", NAME), (MEMBER, "s", "ActionInvoked")]
        self._bus.socket.sendall(encode(SIGNAL, 1002, fields, "us", [number, button]))

    def close(self) -> None:
        """Leave the bus, so that another service can take its place."""
        self._bus.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._bus.close()
