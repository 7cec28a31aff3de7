"""A server process that speaks the OpenAI-compatible chat call; the name of the model decides how well it answers.

Started as `python -m tests.support.chat_server SOCKET`; it prints its port and listens at the socket, too.
"""

from __future__ import annotations

import base64
import io
import json
import socketserver
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

RED, BLUE = "A red car parked at night.", "The blue sea."

ANSWERS: dict[str, bytes | str] = {
    "binary": bytes(range(128, 256)) * 40,
    "html": b"<!DOCTYPE html><html><body>Not what you wanted</body></html>",
    "empty": b"",
    "list": b"[1, 2, 3]",
    "deep": b"[" * 100_000,
    "huge": b'{"choices": [{"message": {"content": "' + b"word " * 400_000 + b'"}}]}',
    "null": b'{"choices": [{"message": {"content": null}}]}',
    "says nothing": "",
    "says markup": "<html><body>an image</body></html>",
    "says controls": "a\x00 red\x1b[31m car\u202e at\r\nnight\x07",
    "says binary": "\ufffd\x01\x02%&$=?*+~#" * 20,
    "says a novel": "It was a dark and stormy night. " * 3000,
    "says too much": "A red car at night. " * 100,
    "thinks": "<think>\nThere is a car. It is red.\n</think>\n\nHere is a caption: **A red car.**",
}
"""Answers of models: bodies, or what the model says."""


class Handler(BaseHTTPRequestHandler):
    """Answers a call; what it was asked is kept in `asked`."""

    asked: ClassVar[list[dict[str, Any]]] = []
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        image, colour = _image(question)
        about = {"path": self.path, "host": self.headers["Host"], "size": image.size, "model": question["model"]}
        self.asked.append({**about, "text": question["messages"][0]["content"][0]["text"]})
        match question["model"]:
            case "slow":
                threading.Event().wait()
            case "trickles":
                self._begin(200, 1 << 16)
                with suppress(OSError):
                    while True:
                        self.wfile.write(b" ")
                        threading.Event().wait(0.01)
            case "closes":
                self.close_connection = True
            case "redirects":
                self._begin(307, 0, Location=f"http://127.0.0.1:{ELSEWHERE}/v1/chat/completions")
            case "fails":
                self._reply(b'{"error": {"message": "model not found, try pulling it first"}}', 404)
            case "no http":
                self.wfile.write(b"\x00\x01 hello\n" * 9)
                self.close_connection = True
            case name:
                body = ANSWERS.get(name, RED if colour[0] > colour[2] else BLUE)
                self._reply(body if isinstance(body, bytes) else _said(body))

    def do_GET(self) -> None:
        self._reply(json.dumps(self.asked).encode())

    def _begin(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _reply(self, body: bytes, status: int = 200) -> None:
        self._begin(status, len(body))
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""

    def address_string(self) -> str:
        return "here"


class Elsewhere(Handler):
    asked: ClassVar[list[dict[str, Any]]] = []


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@dataclass(frozen=True)
class ChatServer:
    """A running server."""

    port: int
    socket_path: Path
    elsewhere: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def asked(self, port: int = 0) -> list[dict[str, Any]]:
        """Return what it was asked, oldest first."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port or self.port}/"
        ) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found


@contextmanager
def chat_server(folder: Path) -> Iterator[ChatServer]:
    """Run a server until the block ends; its socket is in the folder."""
    command = [sys.executable, "-m", "tests.support.chat_server", str(folder / "chat.sock")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port, elsewhere = map(int, process.stdout.readline().split())
            yield ChatServer(port, folder / "chat.sock", elsewhere)
        finally:
            process.kill()


def _image(question: dict[str, Any]) -> tuple[Image.Image, tuple[int, int, int]]:
    url = question["messages"][0]["content"][1]["image_url"]["url"]
    kind, data = url.split(",", 1)
    assert kind == "data:image/jpeg;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    pixel = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return image, (int(pixel[0]), int(pixel[1]), int(pixel[2]))


def _said(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


if __name__ == "__main__":
    elsewhere, here = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere), ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ELSEWHERE = elsewhere.server_port
    for server in (elsewhere, UnixServer(sys.argv[1], Handler)):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{here.server_port} {ELSEWHERE}\n")
    sys.stdout.flush()
    here.serve_forever()
