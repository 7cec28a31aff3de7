"""Programs that people download, copy, unpack and edit images with: each image is filed once, when it is whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from tests.support.observed import Observed, png
from tests.support.waiting import wait_for

SIZE = 600_000
"""Enough that no program keeps half of it in memory."""
HALF = SIZE // 2


def large_png(number: int) -> bytes:
    """Return a small image with a long text behind it, so that only its size makes it large."""
    content = png(number)
    return content + Random(number).randbytes(SIZE - len(content))


class SlowServer(ThreadingHTTPServer):
    """Sends the first half of an image, and the second half once `proceed` is set."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.proceed = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: SlowServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        self.wfile.write(self.server.content[:HALF])
        self.server.proceed.wait(60)
        self.wfile.write(self.server.content[HALF:])

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def serving(content: bytes) -> Iterator[SlowServer]:
    """Yield a server of this content."""
    with SlowServer(content) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.proceed.set()
            server.shutdown()
            thread.join()


def aria2(url: str, path: Path) -> list[str]:
    return ["aria2c", "--quiet", "--no-conf", "--disk-cache=0", f"--dir={path.parent}", f"--out={path.name}", url]


def aria2_preallocating(url: str, path: Path) -> list[str]:
    return [*aria2(url, path)[:-1], "--file-allocation=falloc", url]


def curl(url: str, path: Path) -> list[str]:
    return ["curl", "--silent", "--output", str(path), url]


def wget(url: str, path: Path) -> list[str]:
    return ["wget", "--quiet", "--no-proxy", "-O", str(path), url]


@pytest.mark.parametrize("download", [aria2, aria2_preallocating, curl, wget])
def test_a_slow_download_waits_until_it_is_whole(daemon: Observed, download: Callable[[str, Path], list[str]]) -> None:
    path, content = daemon.inbox / "programs" / f"{download.__name__}.png", large_png(len(download.__name__))
    with serving(content) as server:
        command = download(f"http://127.0.0.1:{server.server_port}/x.png", path)
        require(command[0])
        with subprocess.Popen(command) as program:
            wait_for(lambda: size_of(path) > 0, what="a part of it is there")
            daemon.settled()
            assert path.exists(), "not filed"
            assert daemon.outcome(path) in (None, "waiting")
            server.proceed.set()
            assert program.wait(60) == 0
    wait_for(lambda: daemon.filed_once(path, content), what="filed whole")
    daemon.settled()
    assert daemon.filed_once(path, content)


def test_a_copy_by_rsync_in_place(daemon: Observed, tmp_path: Path) -> None:
    """It writes into the file under its final name."""
    require("rsync")
    source, path, content = tmp_path / "rsync.png", daemon.inbox / "programs" / "rsync.png", large_png(31)
    source.write_bytes(content)
    command = ["rsync", "--inplace", "--bwlimit=300", str(source), str(path)]
    with subprocess.Popen(command, start_new_session=True) as program:
        wait_for(lambda: size_of(path) > 0, what="a part of it is there")
        os.killpg(program.pid, signal.SIGSTOP)
        daemon.settled()
        assert path.exists(), "not filed"
        os.killpg(program.pid, signal.SIGCONT)
        assert program.wait(60) == 0
    wait_for(lambda: daemon.filed_once(path, content), what="filed whole")


def test_an_archive_that_is_unpacked(daemon: Observed, tmp_path: Path) -> None:
    require("unzip")
    images = {f"zip-{number}.png": large_png(40 + number) for number in range(5)}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in images.items():
            archive.writestr(name, content)
    folder = daemon.inbox / "programs"
    subprocess.run(["unzip", "-q", str(tmp_path / "x.zip"), "-d", str(folder)], check=True, timeout=60)
    for name, content in images.items():
        wait_for(lambda name=name, content=content: daemon.filed_once(folder / name, content), what=f"{name} filed")


def test_an_image_that_exiftool_writes_into(daemon: Observed) -> None:
    """Its backup stays, and the edited image is filed: paused, because it would be filed before it is edited."""
    require("exiftool")
    path = daemon.inbox / "programs" / "edited.png"
    daemon.client.send("pause")
    path.write_bytes(png(50))
    subprocess.run(["exiftool", "-q", "-Comment=a comment", str(path)], check=True, timeout=60)
    edited = path.read_bytes()
    daemon.client.send("resume")
    wait_for(lambda: daemon.filed_once(path, edited), what="filed as edited")
    daemon.settled()
    backup = path.with_name("edited.png_original")
    assert (edited != png(50), backup.read_bytes()) == (True, png(50))
    assert daemon.entries(backup) == []


def require(program: str) -> None:
    """Skip the test if a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def size_of(path: Path) -> int:
    """Return the number of bytes that are on the disk, preallocated or not; 0 if the file does not exist."""
    return path.stat().st_size if path.exists() else 0
