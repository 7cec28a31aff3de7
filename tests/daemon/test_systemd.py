"""Notifications to the service manager and the desktop, over a real socket and with real programs."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.daemon.systemd import ServiceNotifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(os.path.join(tmp_path, "notify"))
        listener.settimeout(5)
        yield listener


def received(manager: socket.socket) -> str:
    return manager.recv(4096).decode()


def test_a_life_as_the_service_manager_hears_it(manager: socket.socket) -> None:
    service = ServiceNotifier({"NOTIFY_SOCKET": manager.getsockname()})
    service.ready()
    assert received(manager) == "READY=1"
    service.status("running: 3\nwaiting")
    assert received(manager) == "STATUS=running: 3 waiting"
    service.status("running: 3\nwaiting")
    service.status("running \udcff")
    assert received(manager) == "STATUS=running ?"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    service.reloading()
    state, _, moment = received(manager).partition("\nMONOTONIC_USEC=")
    assert state == "RELOADING=1"
    assert before <= int(moment) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    service.stopping()
    assert received(manager) == "STOPPING=1"


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="abstract sockets exist on Linux only")
def test_an_abstract_socket() -> None:
    name = f"snapsortd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(5)
        ServiceNotifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert received(manager) == "READY=1"


@pytest.mark.parametrize(
    ("env", "interval"),
    [
        pytest.param({}, 0.0, id="not enabled"),
        pytest.param({"WATCHDOG_USEC": "30000000"}, 15.0, id="any process"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, 15.0, id="this process"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"}, 0.0, id="another process"),
        pytest.param({"WATCHDOG_USEC": "soon"}, 0.0, id="nonsense"),
    ],
)
def test_how_often_the_watchdog_wants_food(env: dict[str, str], interval: float) -> None:
    assert ServiceNotifier(env, pid=77).watchdog_interval == interval


def test_the_watchdog_is_fed_no_more_often_than_needed(manager: socket.socket) -> None:
    service = ServiceNotifier({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "3600000000"})
    service.watchdog()
    service.watchdog()
    service.ready()
    assert [received(manager), received(manager)] == ["WATCHDOG=1", "READY=1"]


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "@snapsortd-nobody-listens"])
def test_a_manager_that_does_not_listen_is_no_trouble(address: str) -> None:
    service = ServiceNotifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"})
    service.ready()
    service.status("running")
    service.watchdog()
    service.reloading()
    service.stopping()


def test_a_full_socket_does_not_block(manager: socket.socket) -> None:
    service = ServiceNotifier({"NOTIFY_SOCKET": manager.getsockname()})
    started = time.monotonic()
    for _ in range(2_000):
        service.ready()
    assert time.monotonic() - started < 10
    assert received(manager) == "READY=1"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_a_notification_is_an_argument_list_never_a_shell_line(programs: Path, tmp_path: Path) -> None:
    program(programs, "notify-send", f"printf '%s\\n' \"$@\" > '{tmp_path}/arguments'")
    assert notify_desktop("-Filed; $(touch x)", "a\nb <b>&\udcff\x1b.png → `~/Receipts`")
    assert (tmp_path / "arguments").read_text().splitlines() == [
        "--app-name=snapsortd",
        "--",
        "-Filed; $(touch x)",
        "a\ufffdb &lt;b&gt;&amp;?\ufffd.png → `~/Receipts`",
    ]


def test_macos_gets_the_words_as_arguments_too(programs: Path, tmp_path: Path) -> None:
    program(programs, "osascript", f"printf '%s\\n' \"$@\" > '{tmp_path}/arguments'")
    assert notify_desktop('"title"', "body <b>")
    assert (tmp_path / "arguments").read_text().splitlines()[-3:] == ["--", '"title"', "body <b>"]


def test_no_program_to_notify_with(programs: Path) -> None:
    assert list(programs.iterdir()) == []
    assert not notify_desktop("title", "body")


def test_a_program_that_fails_is_no_trouble(programs: Path) -> None:
    program(programs, "notify-send", "exit 1")
    assert not notify_desktop("title", "body")
