"""The destinations of log lines, tested in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.fake_control import ODD

EVENT = {
    "event": "filed",
    "path": ODD,
    "target": "/filed/a.png",
    "label": "receipt",
    "score": 0.934,
    "margin": 0.9,
    "rule": "Receipts",
    "milliseconds": 84.2,
    "reason": "",
}
SENTENCE = "filed /pictures/a\\nb\\x1b[31m\\xff.png → /filed/a.png: receipt 0.93, rule Receipts, 84 ms"
SCRIPT = f"""\
import os
from snapsortd.daemon.logs import log_event, set_up_logs
from snapsortd.files.locations import find_locations
set_up_logs(find_locations(os.environ))
log_event({EVENT!r})
log_event({{"event": "quarantined", "path": "/x.png", "reason": "the file is truncated"}})
log_event({{"event": "left", "path": "/x.png", "reason": "no rule matched"}})
log_event({{"event": "state", "state": "paused"}})
"""


def run(folder: Path, script: str = SCRIPT, **env: str) -> str:
    """Log from a new process and return its stderr."""
    env = os.environ | {"XDG_STATE_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), **env}
    env.pop("JOURNAL_STREAM", None)
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def log_file(folder: Path) -> Path:
    return folder / "snapsortd" / "log" / "snapsortd.log"


def test_one_line_per_event_to_stderr_and_a_file(tmp_path: Path) -> None:
    stderr = run(tmp_path)
    lines = stderr.splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        f"INFO {SENTENCE}",
        "WARNING quarantined /x.png: the file is truncated",
        "INFO state paused",
    ]
    assert log_file(tmp_path).read_text() == stderr
    assert log_file(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_what_stays_is_logged_if_that_is_asked_for(tmp_path: Path) -> None:
    stderr = run(tmp_path, SCRIPT.replace("os.environ))", "os.environ), verbose=True)"))
    assert "DEBUG left /x.png: no rule matched" in stderr


def test_a_terminal_gets_short_lines(tmp_path: Path) -> None:
    """Each with the time of day, and none with a name that could control it."""
    shown, end = os.openpty()
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", SCRIPT], env=env, stderr=end, check=True)
    lines = os.read(shown, 4096).decode().splitlines()
    os.close(shown)
    os.close(end)
    assert [line.partition("  ")[2] for line in lines] == [
        "a\\nb\\x1b[31m\\xff.png → /filed/a.png  (receipt 0.93, Receipts)",
        "warning: given up x.png  (the file is truncated)",
        "state paused",
    ]
    assert SENTENCE in log_file(tmp_path).read_text()


def test_the_file_is_kept_small(tmp_path: Path) -> None:
    run(tmp_path, SCRIPT + "for _ in range(5000): log_event({'event': 'filed', 'path': 'x' * 1000})")
    sizes = [file.stat().st_size for file in log_file(tmp_path).parent.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 1_000_000


def test_without_a_log_folder_stderr_goes_on(tmp_path: Path) -> None:
    (tmp_path / "snapsortd").write_text("in the way")
    stderr = run(tmp_path)
    assert "no log file is kept" in stderr
    assert SENTENCE in stderr


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket in place of the journal's, in a mount namespace that only the test's process has."""
    if find_spec("systemd") is None:
        pytest.skip("systemd-python is not installed")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs permission for a mount namespace")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.settimeout(10)
        yield listener


def test_the_journal_gets_fields(tmp_path: Path, journal: socket.socket) -> None:
    prepare = "import os, sys; s = os.fstat(2); os.environ['JOURNAL_STREAM'] = f'{s.st_dev}:{s.st_ino}'\n"
    mount = (
        "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && cd /run/systemd/journal &&"
        f' touch socket && mount --bind \'{tmp_path}/socket\' socket && cd / && exec "$0" "$@"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, sys.executable, "-c", prepare + SCRIPT],
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    first = journal.recv(65536)
    for field in (
        f"MESSAGE={SENTENCE}".encode(),
        b"SYSLOG_IDENTIFIER=snapsortd",
        b"SNAPSORT_LABEL=receipt",
        b"PRIORITY=6",
    ):
        assert field in first.split(b"\n"), field
    # A value with a line break is sent as its length (8 bytes, little-endian) and its bytes.
    raw = os.fsencode(ODD)
    assert b"SNAPSORT_PATH\n" + len(raw).to_bytes(8, "little") + raw + b"\n" in first
    assert b"PRIORITY=4" in journal.recv(65536).split(b"\n")
    assert not log_file(tmp_path).exists()
