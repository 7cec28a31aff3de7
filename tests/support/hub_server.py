"""A local Hugging Face Hub on this machine, whose repositories are folders (huggingface.co/docs/hub/api)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "a" * 40


class Hub(ThreadingHTTPServer):
    """A hub.

    `folder` holds owner/name/files, `asked` records every method and path, `gated` are names that need a login.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        self.gated: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running_hub(folder: Path) -> Iterator[Hub]:
    """Run a hub until the end of the block."""
    with Hub(folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Do not log."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.server.asked.append((self.command, path))
        parts = path.split("/")
        name = "/".join(parts[2:4] if parts[:2] == ["api", "models"] else parts[:2])
        repository = self.server.folder / name
        if not repository.is_dir():
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif name in self.server.gated and parts[0] != "api":
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif parts[:2] == ["api", "models"]:
            self._send(200, json.dumps(_about(name, repository, parts[4:])).encode(), {})
        elif (file := repository.joinpath(*parts[4:])).is_file():
            data = file.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            self._send(200, data, {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data))})
        else:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _about(name: str, repository: Path, rest: list[str]) -> Any:
    """Return the hub's metadata of a repository, or of its files."""
    files = [file for file in sorted(repository.rglob("*")) if file.is_file()]
    if rest[:1] == ["tree"]:
        return [
            {
                "type": "file",
                "path": str(file.relative_to(repository)),
                "size": file.stat().st_size,
                "oid": hashlib.sha1(file.read_bytes()).hexdigest(),
            }
            for file in files
        ]
    siblings = [{"rfilename": str(file.relative_to(repository)), "size": file.stat().st_size} for file in files]
    return {"id": name, "modelId": name, "sha": COMMIT, "private": False, "tags": [], "siblings": siblings}
