"""The background export: started once and late enough, reported when it succeeds, ended with the daemon."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snapsortd.vision.checkpoint import digest_checkpoint
from snapsortd.vision.child.engines import cache as engine_cache
from snapsortd.vision.exporter import Exporter
from tests.support.tiny_checkpoints import make_checkpoint
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("clip"), "clip")


@pytest.fixture
def info(checkpoint: Path) -> dict[str, Any]:
    """A classifier's description of a model that is not exported yet."""
    return {"name": str(checkpoint), "digest": digest_checkpoint(str(checkpoint)), "wants_export": True}


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Exporter]:
    exporter = Exporter(str(tmp_path), start_delay_s=10.0)
    yield exporter
    exporter.stop()


def _start(exporter: Exporter, info: dict[str, Any]) -> int:
    exporter.tend(0.0, info, 1)
    exporter.tend(10.0, info, 1)
    assert exporter.pid is not None
    return exporter.pid


def test_it_starts_after_a_while_and_tells_once_that_it_has_ended(
    exporter: Exporter, info: dict[str, Any], tmp_path: Path
) -> None:
    assert not exporter.tend(0.0, info, 1)
    assert (exporter.pid, exporter.next_due) == (None, 10.0)
    assert not exporter.tend(9.9, info, 1)
    assert exporter.pid is None
    pid = _start(exporter, info)
    assert os.getpriority(os.PRIO_PROCESS, os.getpid()) < 19
    wait_for(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19, seconds=120, what="the export lowers its priority")
    wait_for(lambda: exporter.tend(11.0, info, 1), seconds=240, what="exported")
    assert (exporter.pid, exporter.tend(12.0, info, 1)) == (None, False)
    facts = engine_cache.read_facts(engine_cache.folder_of(str(tmp_path), info["digest"]))
    assert facts is not None
    assert (facts.failed, facts.threads) == ("", 1)


def test_no_model_is_exported_twice_by_one_daemon(exporter: Exporter, info: dict[str, Any]) -> None:
    _start(exporter, info)
    exporter.stop()
    for now in (20.0, 40.0):
        assert not exporter.tend(now, info, 1)
        assert (exporter.pid, exporter.next_due) == (None, math.inf)
    exporter.tend(50.0, info | {"digest": "other"}, 1)
    assert exporter.next_due == 60.0


def test_a_model_that_wants_none_is_left_alone(exporter: Exporter, info: dict[str, Any]) -> None:
    for now in (0.0, 100.0):
        assert not exporter.tend(now, info | {"wants_export": False}, 1)
        assert not exporter.tend(now, {}, 1)
    assert (exporter.pid, exporter.next_due) == (None, math.inf)


def test_one_that_fails_is_no_news(exporter: Exporter, info: dict[str, Any]) -> None:
    _start(exporter, info | {"name": "/nowhere"})
    wait_for(lambda: exporter.tend(11.0, info, 1) or exporter.pid is None, seconds=120, what="ended")
    assert not exporter.tend(12.0, info | {"name": "/nowhere"}, 1)


def test_it_ends_with_the_daemon(info: dict[str, Any], tmp_path: Path) -> None:
    """The daemon is killed, so it cannot end the export itself."""
    code = (
        "import sys, threading\n"
        "from snapsortd.vision.exporter import Exporter\n"
        f"exporter, info = Exporter({str(tmp_path)!r}, 0.0), {info!r}\n"
        "exporter.tend(0.0, info, 1), exporter.tend(1.0, info, 1)\n"
        "print(exporter.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        pid = int(daemon.stdout.readline())
        status = Path(f"/proc/{pid}/cmdline")
        wait_for(
            lambda: b"snapsortd.vision.child.engines.export" in status.read_bytes(),
            seconds=60,
            what="the export is running",
        )
        daemon.send_signal(signal.SIGKILL)
    wait_for(lambda: not status.exists() or not status.read_bytes(), seconds=60, what="the export has ended")
