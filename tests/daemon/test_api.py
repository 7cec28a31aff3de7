"""The control API as a client sees it: the real server on a real socket, with canned replies."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from snapsortd.daemon.api.routes import MAX_BODY_BYTES
from snapsortd.daemon.api.server import ApiServer
from snapsortd.daemon.api.socket import MAX_CONNECTIONS, listen
from snapsortd.domain.errors import ConfigError, JournalError, ModelError, NotKnown, SnapsortError, Unavailable
from tests.support.api_calls import PATIENCE_S, connect, received, send
from tests.support.fake_control import STATUS, FakeControl
from tests.support.waiting import wait_for

ODD = "/pictures/\udcff\udc80 a+b%20&c=d.png"

pytestmark = pytest.mark.usefixtures("server")


class SlowControl(FakeControl):
    """A control whose images take until `gate` opens, and whose status raises while `defect` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.defect = False

    def image(self, path: str, *, dry_run: bool, batch: int | None, **chosen: Any) -> dict[str, Any]:
        if path.startswith("/slow"):
            assert self.gate.wait(PATIENCE_S)
        return super().image(path, dry_run=dry_run, batch=batch, **chosen)

    def status(self) -> dict[str, Any]:
        if self.defect:
            raise RuntimeError("a defect")
        return super().status()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it."""
    made = tempfile.mkdtemp(prefix="snap")
    yield Path(made)
    shutil.rmtree(made)


@pytest.fixture
def control() -> SlowControl:
    return SlowControl()


@pytest.fixture
def address(folder: Path) -> str:
    return str(folder / "control.sock")


@pytest.fixture
def server(address: str, control: SlowControl) -> Iterator[ApiServer]:
    one = ApiServer(control, address)
    one.start()
    try:
        yield one
    finally:
        control.gate.set()
        one.stop()


def post(address: str, call: str, body: Any) -> tuple[int, Any]:
    return send(address, f"POST /v1/{call}", json.dumps(body).encode())


def test_a_call_is_answered_in_json(address: str) -> None:
    assert send(address, "GET /v1/status") == (200, STATUS)


def test_the_socket_is_private_from_its_birth(address: str) -> None:
    found = os.stat(address)
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600


def test_a_stale_socket_is_replaced(folder: Path, control: SlowControl) -> None:
    path = str(folder / "stale.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    again = ApiServer(control, path)
    again.start()
    try:
        assert send(path, "GET /v1/status")[0] == 200
    finally:
        again.stop()
    assert not os.path.lexists(path)


def test_who_comes_before_all_is_loaded_is_answered_then(folder: Path, control: SlowControl) -> None:
    early = ApiServer(control, str(folder / "early.sock"))
    with connect(str(folder / "early.sock")) as connection:
        connection.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        early.start()
        try:
            assert received(connection) == (200, STATUS)
        finally:
            early.stop()


def test_it_may_end_before_it_began(folder: Path, control: SlowControl, caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())
    for begin in (True, False):
        brief = ApiServer(control, str(folder / "brief.sock"))
        if begin:
            brief.start()
        brief.stop()
        assert not os.path.lexists(folder / "brief.sock")
        assert set(threading.enumerate()) <= before
    assert caplog.records == []


def test_what_keeps_it_from_answering_is_logged_and_nobody_waits(
    folder: Path, control: SlowControl, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(
        sys.modules, "snapsortd.daemon.api.uvicorn_server", None
    )  # as if the web server were not installed
    broken = ApiServer(control, str(folder / "broken.sock"))
    with connect(str(folder / "broken.sock")) as connection:
        broken.start()
        with suppress(ConnectionError):
            assert connection.recv(1) == b""
    broken.stop()
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_place_where_no_socket_can_be_is_said(folder: Path) -> None:
    (folder / "taken.sock").mkdir()
    with pytest.raises(SnapsortError, match=r"taken\.sock cannot be created"):
        listen(str(folder / "taken.sock"))


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        pytest.param(b"{", "not valid JSON", id="cut off"),
        pytest.param(b"\xff\xfe{}", "not valid JSON", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "not valid JSON", id="nested too deep"),
        pytest.param(b"[]", "must be a JSON object", id="a list"),
        pytest.param(b'{"pth": "/a"}', "unknown key 'pth'", id="unknown key"),
        pytest.param(b'{"path": 1}', "'path' has the wrong type", id="number for a path"),
        pytest.param(b'{"path": "/a", "dry_run": 1}', "'dry_run' has the wrong type", id="number for a bool"),
        pytest.param(b'{"path": "/a", "batch": true}', "'batch' has the wrong type", id="bool for a number"),
        pytest.param(b'{"path": "/a", "batch": 1e3}', "'batch' has the wrong type", id="float"),
        pytest.param(b'{"path": "/a", "batch": 0}', "'batch' must be a number from 1 to 2^63 - 1", id="batch 0"),
        pytest.param(b'{"path": "/a", "batch": 9223372036854775808}', "from 1 to", id="more than 63 bits"),
        pytest.param(b'{"path": "/a", "tags": "work"}', "'tags' has the wrong type", id="text for tags"),
        pytest.param(b'{"path": "/a", "tags": [1]}', "'tags' must contain only strings", id="numbers for tags"),
        pytest.param(b'{"path": "/a", "skip_tags": []}', "'skip_tags' is empty", id="no tags"),
        pytest.param(b"", "'path' is missing", id="no body"),
        pytest.param(b'{"path": ""}', "must be an absolute path", id="empty path"),
        pytest.param(b'{"path": "a.png"}', "must be an absolute path", id="relative path"),
        pytest.param(b'{"path": "/a\\u0000.png"}', "must be an absolute path", id="NUL in a path"),
        pytest.param(b'{"path": "/\\ud800.png"}', "an invalid character", id="half a character"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(
    address: str, control: SlowControl, body: bytes, reported: str
) -> None:
    status, found = send(address, "POST /v1/images", body)
    assert (status, found["exit_code"]) == (400, 2)
    assert reported in found["error"]
    assert control.asked == []


@pytest.mark.parametrize(
    ("selection", "reported"),
    [
        pytest.param({"ids": []}, "'ids' is empty", id="no ids, which would mean the last batch"),
        pytest.param({"ids": ["1"]}, "must contain only numbers", id="ids as text"),
        pytest.param({"ids": [True]}, "must contain only numbers", id="ids as bool"),
        pytest.param({"ids": [-1]}, "from 1 to", id="negative id"),
        pytest.param({"last": -1}, "from 1 to", id="a negative number, which would mean all"),
        pytest.param({"all": "yes"}, "wrong type", id="all as text"),
        pytest.param({"rule": "\udcff"}, "an invalid character", id="a name that no rule can have"),
    ],
)
def test_a_doubtful_selection_takes_nothing_back(
    address: str, control: SlowControl, selection: dict[str, Any], reported: str
) -> None:
    for call in ("undo", "redo"):
        status, found = post(address, call, selection)
        assert (status, found["exit_code"]) == (400, 2)
        assert reported in found["error"]
    assert control.asked == []


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=0", "before=9223372036854775808", "lmit=1", "rule=%ff", "path=a", "shadow=yes"]
)
def test_a_wrong_query_is_refused(address: str, control: SlowControl, query: str) -> None:
    assert send(address, f"GET /v1/log?{query}")[0] == 400
    assert control.asked == []


def test_a_review_is_passed_on(address: str, control: SlowControl) -> None:
    assert send(address, "GET /v1/unsure?kind=left&rule=a&limit=3")[0] == 200
    assert post(address, "accept", {"path": ODD, "label": "receipt"})[0] == 200
    assert post(address, "reviewed", {"paths": [ODD], "reviewed": False})[0] == 200
    assert control.asked == [
        ("unsure", {"kind": "left", "rule": "a", "limit": 3}),
        ("accept", {"path": ODD, "label": "receipt", "batch": None}),
        ("review", {"paths": [ODD], "reviewed": False}),
    ]
    for call, body in (("accept", {"label": "a"}), ("reviewed", {}), ("reviewed", {"paths": ["a"]})):
        assert post(address, call, body)[0] == 400


def test_a_name_that_is_no_utf8_survives_in_the_query(address: str, control: SlowControl) -> None:
    status, found = send(address, f"GET /v1/explain?path={quote_from_bytes(os.fsencode(ODD))}")
    assert (status, found["path"]) == (200, ODD)
    assert control.asked == [("explain", {"path": ODD})]


def test_a_name_that_is_no_utf8_survives_in_the_body(address: str, control: SlowControl) -> None:
    status, found = post(address, "images", {"path": ODD, "dry_run": True})
    assert (status, found["path"]) == (200, ODD)
    assert control.asked == [("image", {"path": ODD, "dry_run": True, "batch": None})]


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "in chunks, undeclared"])
def test_a_huge_request_is_refused(address: str, control: SlowControl, chunked: bool) -> None:
    size = MAX_BODY_BYTES + 1
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b" " * size) if chunked else b" " * size
    with connect(address) as connection:
        connection.sendall(f"POST /v1/images HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
        connection.sendall(body)
        status, found = received(connection)
    assert (status, found["exit_code"]) == (413, 2)
    assert control.asked == []
    assert send(address, "GET /v1/status")[0] == 200


@pytest.mark.parametrize("answered", [False, True], ids=["before it is answered", "after it was"])
def test_a_request_that_turns_into_nonsense_costs_only_its_connection(
    address: str, control: SlowControl, caplog: pytest.LogCaptureFixture, answered: bool
) -> None:
    size = MAX_BODY_BYTES + 1 if answered else 2
    with connect(address) as connection:
        connection.sendall(b"POST /v1/images HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%s\r\n" % (size, b" " * size) + b"nonsense\r\n" * (not answered))
        assert connection.recv(12) == (b"HTTP/1.1 413" if answered else b"HTTP/1.1 400")
        with suppress(ConnectionError):
            connection.sendall(b"nonsense\r\n")
            while connection.recv(1 << 16):
                pass
    assert send(address, "GET /v1/status")[0] == 200
    assert control.asked == [("status", {})]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("head", "status"), [("GET /v1/nothing", 404), ("GET /v1/stop", 405), ("POST /v1/status", 405)]
)
def test_what_is_no_call_is_an_error_in_json_too(address: str, control: SlowControl, head: str, status: int) -> None:
    found, body = send(address, head)
    assert found == status
    assert set(body) == {"error", "hint", "exit_code"}
    assert control.asked == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        pytest.param(ConfigError("bad", "fix it", ("c.yaml:1:1: x",)), 422, 3, id="configuration"),
        pytest.param(Unavailable("bad", "fix it"), 503, 4, id="stopping"),
        pytest.param(JournalError("bad", "fix it"), 409, 5, id="journal"),
        pytest.param(ModelError("bad", "fix it"), 409, 6, id="model"),
        pytest.param(NotKnown("bad", "fix it"), 404, 1, id="unknown image"),
        pytest.param(SnapsortError("bad", "fix it"), 409, 1, id="any other"),
    ],
)
def test_errors_carry_what_a_person_needs(
    address: str, control: SlowControl, fault: SnapsortError, status: int, code: int
) -> None:
    control.fault = fault
    found, body = post(address, "reload", {})
    assert (found, body["error"], body["hint"], body["exit_code"]) == (status, "bad", "fix it", code)
    assert ("problems" in body) == isinstance(fault, ConfigError)


def test_a_defect_is_an_error_for_that_call_alone(address: str, control: SlowControl) -> None:
    control.defect = True
    status, found = send(address, "GET /v1/status")
    assert (status, found["exit_code"]) == (500, 1)
    assert "log" in found["hint"]
    control.defect = False
    assert send(address, "GET /v1/status")[0] == 200


def test_half_a_request_holds_up_nobody(address: str) -> None:
    with connect(address) as silent, connect(address) as slow:
        slow.sendall(b"POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert send(address, "GET /v1/status")[0] == 200
        silent.sendall(b"GET /v1/st")
        assert send(address, "GET /v1/status")[0] == 200


def test_a_client_that_goes_away_in_the_middle_is_forgotten(
    address: str, control: SlowControl, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(address) as hasty:
        hasty.sendall(b"POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    with connect(address) as hasty:
        hasty.sendall(b'POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n{"path": "/slow/a"}')
    assert send(address, "GET /v1/status")[0] == 200
    control.gate.set()
    assert send(address, "GET /v1/status")[0] == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_many_that_wait_for_their_image_hold_up_nobody(address: str, control: SlowControl) -> None:
    waiting = MAX_CONNECTIONS // 2
    with ThreadPoolExecutor(waiting) as clients:
        asked = [clients.submit(post, address, "images", {"path": f"/slow/{number}"}) for number in range(waiting)]
        with pytest.raises(TimeoutError):  # none is answered while the gate is closed
            next(iter(asked)).result(timeout=0.5)
        assert send(address, "GET /v1/status")[0] == 200
        control.gate.set()
        assert {each.result(PATIENCE_S)[0] for each in asked} == {200}


@contextmanager
def listening(address: str) -> Iterator[tuple[socket.socket, Callable[[], Any]]]:
    """Open a stream; yield its connection, and a function that reads the next event (None: the stream has ended)."""
    with connect(address) as connection:
        connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        with http.client.HTTPResponse(connection) as answer:
            answer.begin()
            assert answer.getheader("Content-Type") == "application/x-ndjson"
            yield connection, lambda: json.loads(answer.readline() or b"null")


def test_events_come_as_they_happen(address: str, control: SlowControl) -> None:
    with listening(address) as (_, following):
        assert following() == {"event": "state", "state": "running"}
        for number in range(3):
            control.events.publish({"event": "filed", "path": ODD, "number": number})
            assert following() == {"event": "filed", "path": ODD, "number": number}


def test_a_listener_that_goes_away_is_let_go(address: str, control: SlowControl) -> None:
    with listening(address) as (gone, first), listening(address) as (_, following):
        first(), following()
        gone.shutdown(socket.SHUT_RDWR)
        control.events.publish({"event": "filed"})
        assert following() == {"event": "filed"}
        wait_for(lambda: control.events.listeners == 1, what="one listener left")


@pytest.mark.parametrize("number", [0, -1, 2**63, 1.5, True, "1", None, float("nan")])
def test_only_the_number_of_an_entry_can_be_given_up(address: str, control: SlowControl, number: object) -> None:
    assert post(address, "abandon", {"id": number})[0] == 400
    assert not control.asked
    assert post(address, "abandon", {"id": 2**63 - 1, "dry_run": True})[0] == 200


def test_it_ends_at_once_although_some_listen(
    address: str, server: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(address) as (_, following):
        following()
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1.0
        assert following() is None
    assert not os.path.lexists(address)
    assert caplog.records == []


def test_it_ends_in_time_although_some_dawdle(address: str, server: ApiServer) -> None:
    with connect(address) as silent, connect(address) as slow:
        silent.sendall(b"GET /v1/st")
        slow.sendall(b"POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert send(address, "GET /v1/status")[0] == 200
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 2.0


AS_NOBODY = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
try:
    client.connect(sys.argv[1])
    client.sendall(b"GET /v1/status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    print(len(client.recv(1000)))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize(
    ("folder_mode", "socket_mode", "answers"),
    [
        pytest.param(0o700, 0o600, {"PermissionError"}, id="by the folder"),
        pytest.param(0o755, 0o600, {"PermissionError"}, id="by the socket"),
        pytest.param(0o755, 0o666, {"0", "BrokenPipeError", "ConnectionResetError"}, id="by its credentials"),
    ],
)
def test_another_user_is_refused(
    address: str, control: SlowControl, folder: Path, folder_mode: int, socket_mode: int, answers: set[str]
) -> None:
    folder.chmod(folder_mode)
    os.chmod(address, socket_mode)
    done = subprocess.run(
        [sys.executable, "-I", "-c", AS_NOBODY, address], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() in answers
    assert control.asked == []
    assert send(address, "GET /v1/status")[0] == 200
