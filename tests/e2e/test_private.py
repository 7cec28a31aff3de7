"""The guarantee to stay offline: every socket that the daemon and its classifier request from the kernel."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.images import screenshot
from tests.support.instance import COMMANDS, Instance
from tests.support.waiting import wait_for


@pytest.fixture
def traced(instance: Instance, tmp_path: Path) -> Iterator[tuple[Instance, Path]]:
    """Run a daemon that files, and record its network calls and those of every process that it starts."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=%network", "-o", str(trace)]
    if subprocess.run([*strace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no process may be traced here")
    with instance.log.open("wb") as log:
        process = subprocess.Popen(
            [*strace, COMMANDS / "snapsortd"], env=instance.env, stderr=log, start_new_session=True
        )
    instance.process = process
    try:
        wait_for(instance.is_running, seconds=180, what=f"daemon running, see {instance.log}")
        yield instance, trace
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        instance.process = None


def test_no_process_asks_for_anything_but_local_sockets(traced: tuple[Instance, Path]) -> None:
    instance, trace = traced
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["filed"] == 1, what="filed")
    children = {str(instance.status()[name]) for name in ("pid", "classifier_pid")}
    instance.ctl("stop")
    assert instance.process is not None
    assert instance.process.wait(30) == 0
    calls = trace.read_text(errors="replace").splitlines()
    asked = [line for line in calls if re.search(r"\b(socket|socketpair|connect|bind)\(", line)]
    assert children <= {line.split()[0] for line in calls}, "both processes are in the record"
    assert [line for line in asked if "AF_UNIX" not in line] == []
    assert any("socket(AF_UNIX" in line for line in asked)
