"""Render pages to pictures in one headless Chromium, driven over its DevTools protocol."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket
from PIL import Image

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--allow-file-access-from-files", "--remote-allow-origins=*", "--remote-debugging-port=0",
)  # fmt: skip
DEADLINE = 60  # seconds for a start or a page


class Browser:
    """A browser with one tab; `shot` renders HTML as a picture."""

    def __init__(self, program: str = "chromium") -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="rendering-", ignore_cleanup_errors=True)
        profile = Path(self.folder.name) / "profile"
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._port(profile / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            tab = next(t for t in json.load(answer) if t["type"] == "page")
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=DEADLINE, suppress_origin=True)
        self.number = 0
        self.call("Page.enable")

    def _port(self, announced: Path) -> int:
        end = time.monotonic() + DEADLINE
        while not (announced.exists() and "\n" in announced.read_text()):
            if time.monotonic() > end or self.process.poll() is not None:
                raise TimeoutError("the browser did not start")
            time.sleep(0.05)
        return int(announced.read_text().split("\n")[0])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of one DevTools command; events before it are dropped. Raise RuntimeError if it fails."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self.socket.send(json.dumps(message))
        except websocket.WebSocketException as fault:
            raise RuntimeError(f"the browser has exited: {fault}") from fault

    def _receive(self) -> dict[str, Any]:
        try:
            message: dict[str, Any] = json.loads(self.socket.recv())
        except websocket.WebSocketException as fault:
            raise RuntimeError(f"the browser does not respond: {fault}") from fault
        return message

    def shot(self, text: str, width: int, height: int, tall: int, scale: float = 1.0) -> Image.Image:
        """Return a picture of the page; `height` 0 means all of it, up to `tall` pixels."""
        file = Path(self.folder.name) / "page.html"
        file.write_text(text)
        screen = {"deviceScaleFactor": scale, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height or 400, **screen)
        self.call("Page.navigate", url=file.as_uri())
        ready = (
            "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
            ".then(() => document.fonts.ready).then(() => document.body.scrollHeight)"
        )
        found = self.call("Runtime.evaluate", expression=ready, awaitPromise=True)["result"].get("value", 400)
        if not height:
            height = max(40, min(int(found), tall))
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, **screen)
        answer = self.call("Page.captureScreenshot", format="jpeg", quality=92)
        return Image.open(io.BytesIO(base64.b64decode(answer["data"]))).convert("RGB")

    def close(self) -> None:
        """End the browser, even if it hangs."""
        self.socket.shutdown()
        self.process.kill()
        self.process.wait(DEADLINE)
        self.folder.cleanup()
