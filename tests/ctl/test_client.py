"""The client of a daemon that exits in the middle of a request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import Unavailable

MORE_THAN_A_SOCKET_HOLDS = "x" * 4_000_000
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"stopping": 12}'


@contextmanager
def ends_after(answer: bytes, path: Path) -> Iterator[Client]:
    """Yield the client of a server that reads the head of one request, responds, and closes with the rest unread."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Client(str(path))
        thread.join()


def test_an_answer_that_came_before_all_was_sent_counts(tmp_path: Path) -> None:
    with ends_after(ANSWER, tmp_path / "socket") as client:
        assert client.image(MORE_THAN_A_SOCKET_HOLDS, dry_run=True, batch=None) == {"stopping": 12}


def test_a_missing_response_is_reported(tmp_path: Path) -> None:
    with (
        ends_after(b"", tmp_path / "socket") as client,
        pytest.raises(Unavailable, match="closed the connection before its response"),
    ):
        client.image(MORE_THAN_A_SOCKET_HOLDS, dry_run=True, batch=None)
