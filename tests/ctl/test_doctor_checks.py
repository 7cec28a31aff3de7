"""Findings of `doctor` from facts that few test machines have: another system, a dead server, a wrong clock."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from snapsortd.ctl.doctor.clock import check_clock
from snapsortd.ctl.doctor.daemons import Answer, Holder, check_daemon
from snapsortd.ctl.doctor.disks import CheckedFolder
from snapsortd.ctl.doctor.finding import Finding, Status, quoted
from snapsortd.ctl.doctor.folders import Runtime, check_destination, check_watched
from snapsortd.ctl.doctor.limits import Limit, check_limits
from snapsortd.ctl.doctor.model import check_model
from snapsortd.ctl.doctor.service import (
    Installation,
    Service,
    check_launchd,
    check_others,
    check_service,
    check_systemd,
    other_services,
    read_service,
)
from snapsortd.ctl.doctor.system import Confinement, Installed, check_confinement, check_installed, read_installed
from snapsortd.ctl.service_files.managers import UNIT as UNIT_NAME
from snapsortd.ctl.service_files.managers import template
from snapsortd.ctl.service_files.render import launchd_agent, systemd_unit
from snapsortd.vision.catalog import StoredModel

pytestmark = pytest.mark.pure

MAC = Runtime("darwin", "/opt/python3.13", 501, "/home/a")
LINUX = Runtime("linux", "/usr/bin/python3", 1000, "/home/a")
FOLDER = CheckedFolder(
    path="/home/a/in",
    nearest="/home/a/in",
    error=0,
    link="",
    is_folder=True,
    writable=True,
    read_only=False,
    owner=1000,
    mode=0o40700,
    dev=1,
    ino=2,
    mount="/",
    kind="ext4",
    remote="",
    attributes=True,
)
STATUS: dict[str, Any] = {
    "state": "running",
    "reason": "",
    "pid": 7,
    "version": "0.1.0",
    "failed": 0,
    "classifier_pid": 8,
    "model": {"name": "embedded", "state": "ready", "error": None},
    "folders": [{"path": "/home/a/in", "state": "watching"}],
    "config": {"path": "/c.yaml", "error": None},
}
UNIT = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "Result": "success",
    "MainPID": "7",
    "FragmentPath": "/home/a/.config/systemd/user/snapsortd.service",
    "NeedDaemonReload": "no",
}
DEAD = {"MainPID": "0"}


def only(found: Any) -> Finding:
    """Return the only finding; a warning or a problem has a fix."""
    (one,) = found
    assert isinstance(one, Finding)
    assert bool(one.fix) == (one.status is not Status.OK)
    return one


def watched(runtime: Runtime = LINUX, **facts: Any) -> Finding:
    folder = replace(FOLDER, **facts)
    return only(check_watched(folder, runtime, position="/c.yaml:3:5", moved=True, holds_journal=False))


def test_a_folder_that_macos_keeps_private() -> None:
    found = watched(MAC, error=errno.EPERM)
    assert found.status is Status.PROBLEM
    assert found.fix.startswith("System Settings → Privacy & Security → Full Disk Access: add /opt/python3.13")
    assert "chmod" in watched(LINUX, error=errno.EPERM).fix
    assert "chmod" in watched(MAC, error=errno.EACCES, owner=501).fix


def test_a_destination_that_macos_keeps_private() -> None:
    found = only(check_destination(replace(FOLDER, error=errno.EPERM), [], MAC, "/c.yaml:9:9"))
    assert (found.status, "Full Disk Access" in found.fix) == (Status.PROBLEM, True)


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        pytest.param(errno.ESTALE, "umount -l /home/a/in", id="a server that forgot it"),
        pytest.param(errno.ENOTCONN, "fusermount -u /home/a/in", id="a program that ended"),
        pytest.param(errno.EIO, "dmesg", id="a disk with errors"),
    ],
)
def test_a_mount_that_is_dead(error: int, fix: str) -> None:
    assert fix in watched(error=error, mount="/home/a/in").fix
    assert "`sudo umount" not in watched(error=error).fix, "the system's own disk"
    assert only(check_destination(replace(FOLDER, error=error), [], LINUX, "")).status is Status.PROBLEM


def test_a_folder_of_somebody_else() -> None:
    assert "sudo chown 1000 /home/a/in" in watched(error=errno.EACCES, owner=33).fix
    assert "chown 1000 /home/a/in" in watched(writable=False, owner=33).fix


def test_a_folder_that_is_marked_unchangeable() -> None:
    assert "lsattr -d /home/a/in" in watched(writable=False).fix


def test_a_disk_that_folds_case_is_named() -> None:
    found = only(check_destination(replace(FOLDER, kind="ntfs3"), [], LINUX, ""))
    assert (found.status, "`a.png` as one name" in found.summary) == (Status.OK, True)


@pytest.mark.parametrize("nearest", ["/mnt", "/media/a", "/run/media/a", "/Volumes"])
def test_a_destination_on_a_disk_that_is_not_plugged_in(nearest: str) -> None:
    away = replace(FOLDER, path=f"{nearest}/DISK/Photos", nearest=nearest, error=errno.ENOENT)
    found = only(check_destination(away, [], LINUX, ""))
    assert (found.status, "plug in" in found.fix) == (Status.WARNING, True)
    found = only(check_destination(replace(away, writable=False, owner=0), [], LINUX, ""))
    assert (found.status, "plug in" in found.fix) == (Status.PROBLEM, True)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        pytest.param({}, Status.OK, "process 7", id="well"),
        pytest.param({"state": "halted", "reason": "the journal is damaged"}, Status.PROBLEM, "damaged", id="halted"),
        pytest.param({"state": "paused"}, Status.WARNING, "paused", id="paused"),
        pytest.param({"model": {"state": "failed", "error": "no weights"}}, Status.PROBLEM, "no weights", id="model"),
        pytest.param({"config": {"error": "2 problems"}}, Status.PROBLEM, "2 problems", id="configuration"),
        pytest.param({"version": "0.0.9"}, Status.WARNING, "0.0.9, this is 0.1.0", id="an older daemon"),
        pytest.param({"failed": 2}, Status.WARNING, "2 images", id="images that failed"),
        pytest.param(
            {"folders": [{"path": "/in", "state": "scanning: the system's limit of watched folders is reached"}]},
            Status.WARNING,
            "/in",
            id="no more watches",
        ),
        pytest.param(
            {"folders": [{"path": "/in", "state": "unreadable: Permission denied"}]},
            Status.PROBLEM,
            "/in",
            id="a folder that only the daemon cannot read",
        ),
    ],
)
def test_a_daemon_that_answers(change: dict[str, Any], status: Status, said: str) -> None:
    found = only(check_daemon(Answer(STATUS | change, listening=True), None, "0.1.0", LINUX))
    assert (found.status, said in found.summary) == (status, True)


def test_a_folder_that_macos_keeps_from_the_daemon_alone() -> None:
    status = STATUS | {"folders": [{"path": "/in", "state": "unreadable: Operation not permitted"}]}
    assert "Full Disk Access" in only(check_daemon(Answer(status), None, "0.1.0", MAC)).fix


def test_a_command_at_work_is_no_daemon_that_hangs() -> None:
    found = only(check_daemon(Answer(None), Holder(9, "snapsortctl sort /in"), "0.1.0", LINUX))
    assert (found.status, "`snapsortctl sort /in`" in found.summary) == (Status.OK, True)


@pytest.mark.parametrize(
    ("change", "daemon", "status", "said"),
    [
        pytest.param({}, 7, Status.OK, "enable-linger", id="well"),
        pytest.param({"LoadState": "not-found"}, None, Status.PROBLEM, "daemon-reload", id="not read yet"),
        pytest.param({"UnitFileState": "masked"}, None, Status.PROBLEM, "unmask", id="masked"),
        pytest.param({"UnitFileState": "disabled"}, 7, Status.WARNING, "enable snapsortd", id="disabled"),
        pytest.param({"NeedDaemonReload": "yes"}, 7, Status.WARNING, "daemon-reload", id="changed"),
        pytest.param(
            {"ActiveState": "failed", "MainPID": "0", "Result": "exit-code"},
            None,
            Status.PROBLEM,
            "exit-code",
            id="failed",
        ),
        pytest.param(
            {"ActiveState": "activating", "MainPID": "0"},
            None,
            Status.PROBLEM,
            "again and again",
            id="fails again and again",
        ),
        pytest.param(DEAD | {"ActiveState": "inactive"}, None, Status.WARNING, "start snapsortd", id="stopped"),
        pytest.param(DEAD | {"ActiveState": "inactive"}, 9, Status.WARNING, "by hand", id="started by hand"),
        pytest.param({}, 9, Status.WARNING, "runs as process 7", id="two"),
        pytest.param({"ActiveState": "activating"}, None, Status.OK, "runs", id="starting"),
    ],
)
def test_what_systemd_says(change: dict[str, str], daemon: int | None, status: Status, said: str) -> None:
    found = only(check_systemd(UNIT | change, daemon, lingers=False))
    assert (found.status, said in found.summary + found.fix) == (status, True)


@pytest.mark.parametrize(
    ("agent", "status", "said"),
    [
        pytest.param(None, Status.WARNING, "not loaded", id="not loaded"),
        pytest.param({"state": "running", "pid": "7"}, Status.OK, "runs", id="well"),
        pytest.param({"state": "running", "pid": "9"}, Status.WARNING, "process 9", id="two"),
        pytest.param({"state": "not running", "last exit code": "3"}, Status.PROBLEM, "code 3", id="failed"),
        pytest.param({"state": "not running", "last exit code": "0"}, Status.WARNING, "is not running", id="stopped"),
        pytest.param(
            {"state": "not running", "last exit code": "(never exited)"}, Status.WARNING, "not running", id="new"
        ),
    ],
)
def test_what_launchd_says(agent: dict[str, str] | None, status: Status, said: str) -> None:
    found = only(check_launchd(agent, 7))
    assert (found.status, said in found.summary) == (status, True)


def test_a_launchd_agent_is_read(tmp_path: Path) -> None:
    path = tmp_path / "org.snapsortd.snapsortd.plist"
    text = launchd_agent(template(path.name), "/opt/a b/snapsortd", {"HF_HOME": "/m"}, "/log")
    path.write_text(text)
    assert read_service(str(path), "/Users/a") == Service("/opt/a b/snapsortd", {"HF_HOME": "/m"})
    path.write_text("no list")
    with pytest.raises(ValueError, match="not a property list"):
        read_service(str(path), "/Users/a")


def test_the_unit_that_we_write_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / UNIT_NAME
    env = {"SNAPSORTD_CONFIG": '/a "b" \\ 100%h/c.yaml', "HF_HOME": "/m=n"}
    path.write_text(systemd_unit(template(UNIT_NAME).decode(), "/opt/a 100% b/snapsortd", env))
    assert read_service(str(path), "/home/a") == Service("/opt/a 100% b/snapsortd", env)
    path.write_bytes(template(UNIT_NAME))
    assert read_service(str(path), "/home/a") == Service("/home/a/.local/bin/snapsortd", {})
    assert read_service(str(tmp_path / "none"), "/home/a") is None


def test_a_service_of_another_installation() -> None:
    now = Installation("/unit", "/new/snapsortd", {"HF_HOME": ""})
    assert not list(check_service(Service("/link/snapsortd", {"TZ": "UTC"}), now, "", same=True))
    found = only(check_service(Service("/old/snapsortd", {}), now, "", same=False))
    assert (found.status, "/old/snapsortd" in found.summary) == (Status.WARNING, True)


def test_a_second_service(tmp_path: Path) -> None:
    ours, second = tmp_path / "snapsortd.service", tmp_path / "my-snapsort.service"
    for path in (ours, second):
        path.touch()
    (tmp_path / "link-to-snapsortd.service").symlink_to(ours)
    found = only(check_others(other_services(str(ours), str(tmp_path), ["~/*snapsort*.service"]), str(tmp_path)))
    assert (found.status, str(second) in found.summary) == (Status.WARNING, True)


NOW = datetime(2026, 11, 23, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "newest", "status"),
    [
        pytest.param(NOW, None, Status.OK, id="no journal"),
        pytest.param(NOW, NOW - 1, Status.OK, id="well"),
        pytest.param(NOW, NOW + 60, Status.OK, id="a small step"),
        pytest.param(NOW, NOW + 3600, Status.WARNING, id="set back"),
        pytest.param(NOW, 1e300, Status.WARNING, id="set back from no year at all"),
        pytest.param(0.0, None, Status.WARNING, id="1970"),
    ],
)
def test_the_clock(now: float, newest: float | None, status: Status) -> None:
    assert only(check_clock(now, newest)).status is status


def limit(most: int, used: int) -> Limit:
    return Limit("fs.inotify.max_user_watches", most, used)


@pytest.mark.parametrize(
    ("watches", "needed", "status"),
    [
        pytest.param(limit(100, 10), 5, Status.OK, id="enough"),
        pytest.param(limit(100, 10), 90, Status.WARNING, id="just enough"),
        pytest.param(limit(100, 10), 91, Status.WARNING, id="one too many"),
        pytest.param(limit(100, 95), 0, Status.WARNING, id="others hold nearly all"),
        pytest.param(limit(100, 120), 1, Status.WARNING, id="more than there are"),
    ],
)
def test_inotify_limits(watches: Limit, needed: int, status: Status) -> None:
    found = only(check_limits(watches, Limit("fs.inotify.max_user_instances", 128, 3), 16384, needed, roots=1))
    assert found.status is status
    if status is not Status.OK:
        assert "`echo fs.inotify.max_user_watches=524288 | sudo tee" in found.fix


def test_each_watched_folder_needs_an_inotify_instance() -> None:
    instances = Limit("fs.inotify.max_user_instances", 128, 100)
    assert only(check_limits(limit(1000, 10), instances, 16384, needed=9, roots=9)).status is Status.OK
    found = only(check_limits(limit(1000, 10), instances, 16384, needed=29, roots=29))
    assert (found.status, "28 of 128 instances are left and 29 needed" in found.summary) == (Status.WARNING, True)


def test_a_model_that_does_not_fit_into_memory() -> None:
    small = StoredModel("embedded", "/m", "clip", 57 << 20, None, ())
    assert only(check_model(small, (), 1 << 30, "python")).status is Status.OK
    assert only(check_model(small, (), None, "python")).status is Status.OK
    found = only(check_model(small, (), 400 << 20, "python"))
    assert (found.status, "unload_after" in found.fix) == (Status.WARNING, True)


def test_libraries_that_are_not_installed() -> None:
    found = only(check_model(StoredModel("embedded", "/m", "clip", 1, None, ()), ("torch",), None, "/venv/bin/python"))
    assert (found.status, "/venv/bin/python -m pip install" in found.fix) == (Status.PROBLEM, True)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        pytest.param(Confinement("linux", "x86_64", True, True), Status.OK, id="under a filter"),
        pytest.param(Confinement("linux", "x86_64", True, False), Status.WARNING, id="runs without one"),
        pytest.param(Confinement("linux", "x86_64", True, None), Status.OK, id="could be"),
        pytest.param(Confinement("linux", "x86_64", False, None), Status.WARNING, id="a kernel without"),
        pytest.param(Confinement("linux", "riscv64", True, None), Status.WARNING, id="a machine without"),
        pytest.param(Confinement("darwin", "arm64", False, None), Status.OK, id="macOS"),
    ],
)
def test_how_the_classifier_is_kept_in(facts: Confinement, status: Status) -> None:
    assert only(check_confinement(facts)).status is status


def test_an_environment_that_was_moved_away() -> None:
    found = read_installed("0.1.0", "/no/such/bin/snapsortd")
    assert found.missing == ("/no/such/bin/snapsortd",)
    assert only(check_installed(found)).status is Status.PROBLEM
    assert only(check_installed(Installed("0.1.0", sys.executable, "3.13", ()))).status is Status.OK


@pytest.mark.parametrize(
    "name", ["/a", "/a b", "/it's", "/$HOME", "/a\nb", "/\x1b[31m'\\", "/\udcff", "/ä\u202e", "/-n"]
)
def test_a_path_in_a_fix_is_one_word_for_the_shell(name: str) -> None:
    word = quoted(name)
    assert word.isprintable()
    echoed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert echoed.stdout == os.fsencode(name)
