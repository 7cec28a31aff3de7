"""`snapsortctl doctor` with a running daemon."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from snapsortd.ctl import client
from snapsortd.ctl.doctor.daemons import check_daemon, lock_holder, query_daemon
from snapsortd.ctl.doctor.finding import Status
from snapsortd.ctl.doctor.folders import Runtime
from snapsortd.ctl.doctor.limits import Watch, watched_by
from snapsortd.files.locations import find_locations
from tests.support.instance import COMMANDS, Instance
from tests.support.waiting import wait_for

linux = pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="looks into /proc")


@pytest.fixture
def loaded(shared: Instance) -> Instance:
    """Yield a daemon whose model is loaded: shortly before it starts loading one, it already reports to be running."""
    wait_for(lambda: shared.status()["model"]["state"] == "ready", seconds=120, what="the model loaded")
    return shared


def checks(one: Instance, name: str, ok: tuple[int, ...] = (0,)) -> list[dict[str, Any]]:
    """Return the findings about one subject."""
    return [each for each in one.json("doctor", ok=ok)["checks"] if each["name"] == name]


def fix_of(one: Instance, sentence: str, name: str = "daemon", code: int = 1) -> str:
    """Return the fix for the problem.

    Other tests may have left images that could not be filed, which are reported too.
    """
    (found,) = (each for each in checks(one, name, (code,)) if sentence in each["summary"])
    assert found["status"] == ("problem" if code else "warning")
    assert found["fix"]
    return str(found["fix"])


def is_well(one: Instance) -> bool:
    """Return whether there is no problem with the daemon."""
    return not [each for each in checks(one, "daemon") if each["status"] == "problem"]


def test_a_daemon_that_is_well(loaded: Instance) -> None:
    assert is_well(loaded)
    assert loaded.status()["state"] == "running", "it was not disturbed"


@linux
def test_a_classifier_that_is_kept_in(loaded: Instance) -> None:
    (sandbox,) = checks(loaded, "sandbox")
    assert (sandbox["status"], sandbox["summary"]) == ("ok", "the classifier is sandboxed by system call filters")


def test_a_paused_daemon(shared: Instance) -> None:
    shared.ctl("pause")
    try:
        assert fix_of(shared, "it is paused", code=0) == "`snapsortctl resume`"
    finally:
        shared.ctl("resume")


def test_a_new_configuration_that_is_not_in_force(shared: Instance) -> None:
    good = shared.config.read_text()
    try:
        shared.config.write_text(good.replace("rules:", "ruls:"))
        shared.ctl("reload", ok=(3,))
        assert "snapsortctl reload" in fix_of(shared, "older configuration")
    finally:
        shared.config.write_text(good)
        shared.ctl("reload")
    assert is_well(shared)


def test_a_daemon_whose_socket_was_deleted(shared: Instance) -> None:
    socket = shared.runtime / "snapsortd" / "control.sock"
    with stopped(shared.status()["pid"]) as pid:  # it would make the socket again
        socket.rename(shared.runtime / "elsewhere")
        try:
            assert fix_of(shared, f"process {pid} (snapsortd) holds the journal but does not answer")
        finally:
            (shared.runtime / "elsewhere").rename(socket)


@linux
def test_a_shell_with_another_state_folder(shared: Instance, tmp_path: Path) -> None:
    usual = shared.env["XDG_STATE_HOME"]
    shared.env["XDG_STATE_HOME"] = str(tmp_path)
    try:
        assert "XDG_STATE_HOME" in fix_of(shared, "uses another journal")
    finally:
        shared.env["XDG_STATE_HOME"] = usual


@linux
def test_two_daemons_that_watch_one_folder(shared: Instance, instance: Instance) -> None:
    second = instance
    second.config.write_text(shared.config.read_text().replace(str(shared.filed), str(second.filed)))
    with second.log.open("wb") as log:
        second.process = process = subprocess.Popen([COMMANDS / "snapsortd"], env=second.env, stderr=log)
    inbox = os.stat(shared.inbox)
    watch = Watch(inbox.st_dev, inbox.st_ino)
    wait_for(lambda: watch in watched_by(process.pid), seconds=120, what="the second daemon watching")
    for one, other in ((shared, process.pid), (second, shared.status()["pid"])):
        assert f"`kill {other}`" in fix_of(one, f"another snapsortd (process {other}) also watches {shared.inbox}")
    second.kill()
    assert is_well(shared)


@linux
def test_a_daemon_that_hangs(shared: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 1.0)
    locations = find_locations(shared.env)
    with stopped(shared.status()["pid"]) as pid:
        external = client.Client(locations.socket)
        answer, holder = query_daemon(external.status, external.answers), lock_holder(locations.lock)
        (found,) = check_daemon(answer, holder, "0.1.0", Runtime("linux", "python", os.getuid()))
    assert holder is not None
    assert holder.pid == pid
    assert (found.status, "did not answer within 1 s" in found.summary) == (Status.PROBLEM, True)


@contextmanager
def stopped(pid: int) -> Iterator[int]:
    """Stop a process until the block ends. On a busy machine its threads run on for a while after the signal."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, what="the daemon stopped")
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)
