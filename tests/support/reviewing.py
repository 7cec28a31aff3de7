"""A `snapsortctl review` as a process, with unsure images, and a client that is let in as a browser is."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support import images
from tests.support.ctl import PROGRAM
from tests.support.instance import Instance

CONFIG = """\
version: 1
existing: file
labels:
  receipt: a receipt
  bill: a receipt from a shop
  screenshot: a screenshot of a software interface
  photo: {{negative: true, prompts: [a photo of a person, a photo of a place]}}
watch: ["{inbox}"]
rules:
  - name: Receipts
    filters: [label: {{is: receipt, min_score: 0.95}}]
    actions: [move: "{filed}/Receipts/"]
  - name: Screenshots
    mode: shadow
    filters: [label: screenshot]
    actions: [move: "{filed}/Screenshots/"]
"""
HOSTILE = '"><img src=x onerror=document.title=1>&amp;\n\u202e.png'


def fill(instance: Instance, receipts: int, screenshots: int) -> None:
    """Put images into the inbox about which the rules are not sure, and have them looked at."""
    for number in range(receipts):
        image = images.receipt(number)
        image.resize((image.width // 3, image.height // 3)).save(instance.inbox / f"IMG_22{number:02}.png")
    for number in range(screenshots):
        image = images.screenshot(number)
        image.resize((image.width // 3, image.height // 3)).save(instance.inbox / f"Screenshot {number:02}.png")
    instance.ctl("sort", str(instance.inbox))


@dataclass
class Answer:
    """What came back to one request."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Caller:
    """Sends requests to a page; changes of `headers` are those of an attacker."""

    port: int
    base: str = ""
    host: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: object = None, **headers: str | None) -> Answer:
        """Send one request with these headers (underscores are hyphens); those that are None are left out."""
        address = f"[{self.host}]" if ":" in self.host else self.host
        sent: dict[str, str | None] = {"Host": f"{address}:{self.port}", **self.headers}
        if method == "POST":
            sent |= {"Origin": f"http://{address}:{self.port}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            data = b"" if body is None else json.dumps(body).encode()
            connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            reply = connection.getresponse()
            text = reply.read().decode("utf-8", "replace")
            return Answer(reply.status, text, {name.lower(): value for name, value in reply.getheaders()})
        finally:
            connection.close()

    def get(self, path: str = "/", **headers: str | None) -> Answer:
        """Ask for a page below the base."""
        return self.send("GET", self.base + path, **headers)

    def post(self, path: str, body: object, **headers: str | None) -> Answer:
        """Send what the page would."""
        return self.send("POST", self.base + path, body, **headers)

    def let_in(self, address: str) -> None:
        """Open the one-time address, as a browser does."""
        self.let_in_by(self.send("GET", urlsplit(address).path))

    def let_in_by(self, answer: Answer) -> None:
        """Take what the answer to the one-time address says."""
        assert answer.status == 200, answer.text
        found = re.search(r'href="(/[0-9a-f]+)/"', answer.text)
        assert found is not None
        self.base = found[1]
        self.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]


@contextmanager
def review(env: dict[str, str], *words: str) -> Iterator[str]:
    """Run the command until the block ends, and yield the one-time address."""
    command = [*PROGRAM, "review", "--no-browser", "--json", *words]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found: Any = json.loads(process.stdout.readline())
            yield found["address"]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def port_of(address: str) -> int:
    """Return the port of an address."""
    port = urlsplit(address).port
    assert port is not None
    return port


def ids_by_name(page: str) -> dict[str, str]:
    """Return how the images of a page are asked for, by their names as the page shows them."""
    cards = re.findall(r'data-id="([0-9a-f]+)" data-image="\{&quot;name&quot;: &quot;(.*?)&quot;, ', page)
    return {name: image for image, name in cards}


def names_in(folder: Path) -> set[str]:
    """Return the names of the files in a folder, which need not exist."""
    return set(os.listdir(folder)) if folder.exists() else set()
