"""The notification service of the desktop, on the session bus. See specifications.freedesktop.org/notification-spec."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MatchRule, new_method_call
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import unwrap_msg

NAME = "org.freedesktop.Notifications"
SERVICE = DBusAddress("/org/freedesktop/Notifications", NAME, NAME)
TIMEOUT_S = 2.0
"""Maximum wait for the bus, or for an answer."""
NOTIFY = "susssasa{sv}i"
"""Types of the arguments of `Notify`."""


class Signal(NamedTuple):
    """A signal of the service: `ActionInvoked` with a notification's number and a button, or `NotificationClosed`."""

    name: str
    body: tuple[Any, ...]


class Desktop:
    """A connection to the service. Every method raises OSError if the bus is gone or the service does not answer."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._bus = open_session_bus(env)
        self._signals: deque[Any] = deque()
        try:
            self._bus.sock.settimeout(TIMEOUT_S)
            rule = MatchRule(type="signal", interface=NAME)
            self._bus.filter(rule, queue=self._signals)
            self._bus.bus_proxy.AddMatch(rule, _timeout=TIMEOUT_S)
            (self._abilities,) = self._call("GetCapabilities")
        except BaseException:
            self.close()
            raise

    @property
    def has_buttons(self) -> bool:
        """True if the desktop shows buttons."""
        return "actions" in self._abilities

    def fileno(self) -> int:
        """Return the descriptor that is readable when a signal has arrived."""
        descriptor: int = self._bus.sock.fileno()
        return descriptor

    def show(self, title: str, body: str, buttons: Mapping[str, str]) -> int:
        """Show a notification and return its number. `buttons` are their texts by the names that signals have."""
        if "body-markup" in self._abilities:
            body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        named = [word for button in buttons.items() for word in button]
        (number,) = self._call("Notify", NOTIFY, ("snapsortd", 0, "folder-pictures", title, body, named, {}, -1))
        return int(number)

    def signals(self) -> Iterator[Signal]:
        """Return the signals that have arrived, without waiting."""
        while True:
            while self._signals:
                message = self._signals.popleft()
                yield Signal(message.header.fields[HeaderFields.member], message.body)
            try:
                self._bus.recv_messages(timeout=0)
            except TimeoutError:
                return

    def _call(self, method: str, types: str | None = None, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        request = new_method_call(SERVICE, method, types, values)
        try:
            answer: tuple[Any, ...] = unwrap_msg(self._bus.send_and_get_reply(request, timeout=TIMEOUT_S))
        except DBusErrorResponse as error:
            raise OSError(f"{method}: {error}") from error
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._bus.close()


def open_session_bus(env: Mapping[str, str], timeout: float = TIMEOUT_S) -> Any:
    """Return a connection to the session bus. Raise OSError if there is none."""
    runtime = env.get("XDG_RUNTIME_DIR")
    address = env.get("DBUS_SESSION_BUS_ADDRESS") or (f"unix:path={runtime}/bus" if runtime else "")
    try:
        return open_dbus_connection(address, auth_timeout=timeout)
    except (ValueError, RuntimeError) as error:
        raise ConnectionError(f"there is no session bus that accepts this user: {error}") from error
