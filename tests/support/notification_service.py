"""Services of a desktop on a session bus of its own: one records what it is asked to show, and can press buttons."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.Notifications"
OBJECT = DBusAddress("/org/freedesktop/Notifications", interface=NAME)


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
        self._bus = open_dbus_connection(address)
        self._bus.bus_proxy.RequestName(NAME)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                call = self._bus.receive()
            except OSError:
                return
            if call.header.message_type is not MessageType.method_call:
                continue
            if call.header.fields[HeaderFields.member] == "GetCapabilities":
                self._bus.send(new_method_return(call, "as", (list(self._abilities),)))
            else:
                self.shown.append(list(call.body))
                self._bus.send(new_method_return(call, "u", (len(self.shown),)))

    def press(self, number: int, button: str) -> None:
        """Press a button of a notification."""
        self._bus.send(new_signal(OBJECT, "ActionInvoked", "us", (number, button)))

    def close(self) -> None:
        """Leave the bus, so that another service can take its place."""
        self._bus.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._bus.close()


@contextmanager
def asked_to_stay_on(address: str, service: str, flags: int) -> Iterator[None]:
    """Have a service of this name say, until the block ends, that a program inhibits these flags."""
    bus = open_dbus_connection(address)
    bus.bus_proxy.RequestName(service)

    def serve() -> None:
        while True:
            try:
                call = bus.receive()
            except OSError:
                return
            if call.header.message_type is MessageType.method_call:
                bus.send(new_method_return(call, "b", (bool(call.body[0] & flags),)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        bus.sock.shutdown(socket.SHUT_RDWR)
        thread.join()
        bus.close()
