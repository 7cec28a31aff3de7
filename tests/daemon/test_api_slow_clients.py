"""The control API with slow clients, which never finish a request or never read the response."""

from __future__ import annotations

import json
import select
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from snapsortd.daemon.api.routes import MAX_LISTENERS
from snapsortd.daemon.api.server import ApiServer
from snapsortd.daemon.api.socket import MAX_CONNECTIONS
from snapsortd.daemon.events import MAX_WAITING
from tests.support.api_calls import PATIENCE_S, connect, send
from tests.support.fake_control import ENTRY, FakeControl
from tests.support.waiting import wait_for

SERVER_TIMEOUT_S = 1.0
"""The timeout of the server in these tests."""
LONG = [ENTRY] * 3000
"""A response that is larger than any socket's buffer."""


class LongControl(FakeControl):
    """A control whose log is long, and whose images take until `gate` opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def image(self, path: str, *, dry_run: bool, batch: int | None) -> dict[str, Any]:
        reply = super().image(path, dry_run=dry_run, batch=batch)
        assert self.gate.wait(PATIENCE_S)
        return reply

    def log(self, **query: Any) -> dict[str, Any]:
        self._note("log", **query)
        return {"entries": LONG}


@pytest.fixture
def control() -> LongControl:
    return LongControl()


@pytest.fixture
def address(control: LongControl) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="snap"))
    server = ApiServer(control, str(folder / "control.sock"), timeout_s=SERVER_TIMEOUT_S)
    server.start()
    yield str(folder / "control.sock")
    control.gate.set()
    server.stop()
    shutil.rmtree(folder)


def closed(connection: socket.socket) -> bool:
    """Return True once the server has closed the connection, even if there is still data to read."""
    poller = select.poll()
    poller.register(connection, 0)  # POLLHUP is always reported
    return bool(poller.poll(0))


def answers(address: str) -> bool:
    """Return True for the real response, False if the server refuses because it has too many connections."""
    with connect(address) as connection:
        connection.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(12) == b"HTTP/1.1 200"


POST = b"POST /v1/images HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /v1/st", id="half a line"),
        pytest.param(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n", id="half a head"),
        pytest.param(POST + b"Content-Length: 100\r\n\r\n{", id="half a body"),
        pytest.param(
            POST + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n", id="no body, waits for 100 Continue"
        ),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", id="no end of the chunks"),
        pytest.param(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/sta", id="half of a second one"),
    ],
)
def test_a_request_that_is_never_finished_is_given_up(address: str, start: bytes) -> None:
    with connect(address) as slow:
        slow.sendall(start)
        began = time.monotonic()
        received = b"".join(iter(lambda: slow.recv(1 << 16), b""))
        assert time.monotonic() - began > SERVER_TIMEOUT_S / 2
    assert received.count(b"HTTP/1.1 ") == (b"Expect" in start) + (b"/v1/sta" in start and b"\r\n\r\nGET" in start)
    assert answers(address)


def test_bytes_one_by_one_win_no_time(address: str) -> None:
    with connect(address) as slow:

        def another_byte() -> bool:
            with suppress(BrokenPipeError):
                slow.sendall(b"x")
            return closed(slow)

        wait_for(another_byte, seconds=PATIENCE_S, what="the connection is closed")


def test_a_finished_request_has_all_the_time_that_its_answer_takes(address: str, control: LongControl) -> None:
    with connect(address) as patient:
        patient.sendall(POST + b'Content-Length: 13\r\n\r\n{"path":"/a"}')
        wait_for(lambda: control.asked, seconds=PATIENCE_S)
        with connect(address) as silent:  # one that connected later times out
            wait_for(lambda: closed(silent), seconds=PATIENCE_S)
        control.gate.set()
        assert patient.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("start", [b"", b"GET /v1/st", POST + b"Content-Length: 100\r\n\r\n{"])
def test_as_many_silent_clients_as_there_may_be_lock_out_nobody_for_long(address: str, start: bytes) -> None:
    with ExitStack() as crowd:
        silent = [crowd.enter_context(connect(address)) for _ in range(MAX_CONNECTIONS)]
        for each in silent:
            each.sendall(start)
        wait_for(lambda: answers(address), seconds=PATIENCE_S, what="another client is served")
        wait_for(lambda: all(closed(each) for each in silent), seconds=PATIENCE_S, what="they are disconnected")


def test_an_answer_that_nobody_reads_is_given_up(address: str) -> None:
    with ExitStack() as crowd:
        blind = [crowd.enter_context(connect(address)) for _ in range(MAX_CONNECTIONS - 2)]
        for number, each in enumerate(blind):
            continues = b"" if number % 2 else b"Connection: close\r\n"
            each.sendall(b"GET /v1/log HTTP/1.1\r\nHost: x\r\n" + continues + b"\r\n")
        assert answers(address)
        wait_for(lambda: all(closed(each) for each in blind), seconds=PATIENCE_S, what="they are disconnected")
        read = b"".join(iter(lambda: blind[0].recv(1 << 16), b""))
        assert len(read) < len(json.dumps(LONG))
        assert answers(address)


def test_a_listener_that_does_not_read_is_waited_for_and_told_what_it_lost(address: str, control: LongControl) -> None:
    number = 20 * MAX_WAITING
    with connect(address) as late, late.makefile("rb") as lines:
        late.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: control.events.listeners == 1, seconds=PATIENCE_S)
        for each in range(number):
            control.events.publish({"event": "filed", "number": each})
        with connect(address) as silent:  # one that connected later times out
            wait_for(lambda: closed(silent), seconds=PATIENCE_S)
        event: dict[str, Any] = {}
        received = []
        while event.get("number") != number - 1:
            line = lines.readline()
            if line.startswith(b"{"):
                event = json.loads(line)
                received.append(event)
    kinds = [each["event"] for each in received]
    lost = sum(each["count"] for each in received if each["event"] == "lost")
    assert lost > 0
    assert kinds.count("filed") + lost == number


def test_there_is_room_beside_those_who_listen(address: str, control: LongControl) -> None:
    with ExitStack() as crowd:
        listening = [crowd.enter_context(connect(address)) for _ in range(MAX_LISTENERS)]
        for each in listening:
            each.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: control.events.listeners == MAX_LISTENERS, seconds=PATIENCE_S)
        status, body = send(address, "GET /v1/events")
        assert (status, body["exit_code"]) == (503, 4)
        assert answers(address)
        listening[0].shutdown(socket.SHUT_RDWR)
        wait_for(lambda: control.events.listeners < MAX_LISTENERS, seconds=PATIENCE_S)
        listening[0].close()
        with connect(address) as next_one:
            next_one.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert next_one.recv(12) == b"HTTP/1.1 200"
