"""The control API under requests that no client would make: each is refused or answered, and no other is affected."""

from __future__ import annotations

import json
import logging
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapsortd.config import load_config
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.daemon.api.server import ApiServer
from snapsortd.files.locations import find_locations
from snapsortd.pipeline.session import Session
from tests.support.api_calls import connect, send
from tests.support.fake_control import FakeControl
from tests.support.fuzzing import spoiled, tries
from tests.support.turns import make_daemon
from tests.support.waiting import wait_for

SERVER_TIMEOUT_S = 0.1
"""The timeout within which the clients in these tests must finish their requests."""

BODY = b'{"path": "/pictures/a.png", "dry_run": true, "batch": 7}'
GOOD = [
    b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /v1/log?limit=3&rule=a HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/explain?path=%2Fa%FF.png HTTP/1.0\r\n\r\n",
    b"POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY),
    b"POST /v1/undo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'5\r\n{"all\r\n7;a=b\r\n":true}\r\n0\r\nA: b\r\n\r\n',
    b"POST /v1/redo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n" * 3,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    b"GET http://localhost/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/status HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]
TOKENS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\0",
        b" ",
        b"\t",
        b": ",
        b"\r\n ",
        b"\xff",
        b"%00",
        b"%",
        b"..",
        b"/",
        b"?",
        b"&",
        b"=",
    ),
    *(b"HTTP/1.1", b"HTTP/9.9", b"HTTP/1.", b"Content-Length: -1\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n"),
    *(
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    ),
    *(
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"Host: y\r\n",
        b"A: " + b"b" * 70_000 + b"\r\n",
        b"a: b\r\n" * 3000,
    ),
    *(
        b"ffffffffffffffff\r\n",
        b"-1\r\n",
        b"0\r\n\r\n",
        b"9" * 5000,
        b"[" * 5000,
        b'{"ids":[' + b"1," * 5000,
        b"NaN",
        b"1e999",
        b'"\\ud800"',
    ),
    *(
        b"GET",
        b"POST",
        b"PUT",
        b"HEAD",
        b"DELETE",
        b"G\xc3\x89T",
        b"/v1/pause",
        b"/v1/stop",
        b"/v1/resume",
        b"x" * 20_000,
    ),
]


class Complaints(logging.Handler):
    """Collects defects: tracebacks, and errors logged by the server's libraries."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.name != "snapsortd":
            self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def complaints() -> Iterator[list[str]]:
    handler = Complaints()
    logging.getLogger().addHandler(handler)
    yield handler.lines
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = tempfile.mkdtemp(prefix="snap")
    yield Path(made)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def hurried(folder: Path) -> Iterator[str]:
    """The address of a server with a short timeout."""
    server = ApiServer(FakeControl(), str(folder / "hurried.sock"), timeout_s=SERVER_TIMEOUT_S)
    server.start()
    yield str(folder / "hurried.sock")
    server.stop()


ANSWER = re.compile(rb"HTTP/1\.1 (\d{3})[ \r]")


@tries(60)
@given(
    st.one_of(
        spoiled(GOOD, TOKENS), spoiled(GOOD, TOKENS), st.lists(st.sampled_from(TOKENS)).map(b"".join), st.binary()
    )
)
@example(GOOD[7])
@example(b"POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000)
@example(
    b"POST /v1/images HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"10000\r\n"
    + b"x" * 65536
    + b"\r\n!"
)
@example(
    b"POST /v1/images HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20
    + b"!!"
)
def test_any_bytes_are_answered_or_the_connection_is_closed(hurried: str, complaints: list[str], data: bytes) -> None:
    with connect(hurried) as client:
        received = talk(client, data)
    assert not received or ANSWER.match(received)
    assert b"500" not in ANSWER.findall(received)
    assert complaints == []
    wait_for(lambda: is_served(hurried), what="another client is served")


def talk(client: socket.socket, data: bytes) -> bytes:
    """Send `data`, and receive until the server closes the connection, which it must."""
    received = b""
    try:
        client.sendall(data)
        while more := client.recv(1 << 16):
            received += more
    except ConnectionError:  # it closed before it received everything
        pass
    return received


def is_served(address: str) -> bool:
    with connect(address) as client:
        return talk(client, GOOD[0]).startswith(b"HTTP/1.1 200")


CONFIG = """\
version: 1
existing: file
model: {{name: /nowhere}}
labels: {{receipt: a photo of a receipt}}
watch: [{folder}/inbox]
rules: [{{name: All, actions: [move: "{folder}/filed/"]}}]
"""


@pytest.fixture(scope="module")
def real(folder: Path) -> Iterator[str]:
    """The address of a real daemon without a model."""
    (folder / "inbox").mkdir()
    (folder / "inbox" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder))
    names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    locations = find_locations(
        {"SNAPSORTD_CONFIG": str(folder / "config.yaml")} | {name: str(folder) for name in names}
    )
    with Session.open(locations, load_config(locations.config_file, {})) as session:
        daemon = make_daemon(session)
        over = threading.Event()

        def work() -> None:
            while not over.is_set():
                daemon.step(time.monotonic())
                daemon.signals.stop = False  # so that it continues after a request has stopped it

        thread = threading.Thread(target=work)
        server = ApiServer(DaemonControl(daemon), locations.socket)
        daemon.watcher.start()
        thread.start()
        server.start()
        yield locations.socket
        over.set()
        daemon.queue.wake()
        thread.join()
        server.stop()
        daemon.watcher.stop()


WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            "/",
            "/a.png",
            "a",
            "\0",
            "/\0",
            "/\udcff",
            "\ud800",
            "All",
            "2026-11-23",
            "0001-01-01",
            "9999-12-31T23:59:59-23:59",
        ]
    ),
    st.text(st.characters(), max_size=8),
)
NUMBERS = st.one_of(st.integers(-2, 5), st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63), 10**400]), st.floats())
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda deeper: st.one_of(st.lists(deeper, max_size=4), st.dictionaries(WORDS, deeper, max_size=3)),
    max_leaves=6,
)
KEYS = ["path", "dry_run", "batch", "ids", "last", "all", "rule", "since", "until"]
FITTING = st.fixed_dictionaries(
    {},
    optional={
        "path": WORDS,
        "dry_run": st.booleans(),
        "batch": NUMBERS,
        "ids": st.lists(NUMBERS, max_size=3),
        "last": NUMBERS,
        "all": st.booleans(),
        "rule": WORDS,
        "since": WORDS,
        "until": WORDS,
    },
)
BODIES = st.one_of(FITTING, st.dictionaries(st.sampled_from(KEYS), ANY, max_size=3), ANY)
TEXTS = st.one_of(
    BODIES.map(json.dumps),
    st.tuples(BODIES, BODIES).map(lambda two: json.dumps(two[0])[:-1] + "," + json.dumps(two[1])[1:]),
)
CALLS = ["images", "undo", "redo", "pause", "resume", "reload", "stop"]
QUERIES = st.lists(
    st.tuples(st.sampled_from(["limit", "before", "rule", "path", "x"]), st.one_of(WORDS, st.integers().map(str))),
    max_size=3,
)
REFUSALS = {400, 404, 409, 413, 422, 503}


@tries(120)
@given(st.sampled_from(CALLS), TEXTS)
@example("undo", '{"ids": [' + ", ".join(map(str, range(1, 100_000))) + "]}")
@example("undo", '{"since": "9999-12-31T23:59:59-23:59"}')
@example("redo", '{"since": "0001-01-01"}')
def test_any_call_is_done_or_refused_with_the_reason(real: str, complaints: list[str], call: str, text: str) -> None:
    status, body = send(real, f"POST /v1/{call}", text.encode())
    assert isinstance(body, dict)
    if status != 200:
        assert status in REFUSALS
        assert body["error"]
        assert body["exit_code"] > 0
    assert complaints == []


@tries(60)
@given(st.sampled_from(["log", "explain", "status", "nothing"]), QUERIES)
@example("log", [("limit", "9" * 4000)])
@example("explain", [("path", "/" + "x" * 9000)])
def test_any_question_is_answered_or_refused_with_the_reason(
    real: str, complaints: list[str], call: str, query: list[tuple[str, str]]
) -> None:
    asked = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in query)
    status, body = send(real, f"GET /v1/{call}?{asked}")
    assert isinstance(body, dict)
    if status != 200:
        assert status in REFUSALS
        assert body["error"]
    assert complaints == []
