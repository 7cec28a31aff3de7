"""Findings of `doctor` under real faults: one test for each."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from snapsortd.config.settings import WatchFolder
from snapsortd.ctl.doctor import Status
from snapsortd.ctl.doctor.clock import future_files
from snapsortd.ctl.doctor.limits import count_folders, read_limits
from snapsortd.files.lock import Lock
from tests.support.patient import PROGRAM, Patient, file_one, linux, snapshot
from tests.support.user_manager import UserManager

# The command


def test_without_a_daemon_all_is_well_but_for_that(patient: Patient) -> None:
    said = json.loads(patient.doctor("--json"))
    assert said["ok"] is True
    assert {each["name"] for each in said["checks"] if each["status"] != "ok"} == {"daemon"}
    assert all(set(each) == {"name", "status", "summary", "fix"} for each in said["checks"])
    text = patient.doctor()
    assert f"\n✓ watched folder ~/{patient.inbox.name}\n" in text
    assert "\n! daemon         snapsortd is not running\n                 → `snapsortctl service install`" in text
    assert text.endswith("checks, 1 warning, 0 problems.\n")


def test_nothing_is_changed_made_or_locked(patient: Patient) -> None:
    before = snapshot(patient.folder)
    patient.doctor()
    assert snapshot(patient.folder) == before, "with no journal"
    filing = file_one(patient)
    before = snapshot(patient.folder)
    patient.doctor()
    assert snapshot(patient.folder) == before, "with a journal in use"
    filing.journal.close()
    before = snapshot(patient.folder)
    with Lock(patient.locations.lock):
        before = snapshot(patient.folder)
        patient.doctor(code=1)
        assert snapshot(patient.folder) == before, "with a journal that is closed, and the lock held"


def test_a_problem_is_told_with_its_fix_and_the_exit_code(patient: Patient) -> None:
    odd = patient.folder / "no\nsuch \x1b[31m\udcff"
    patient.write_config(inbox="$ODD")
    patient.env["ODD"] = str(odd)
    said = patient.doctor(code=1)
    escaped = "~/no\\nsuch \\x1b[31m\\xff"
    assert f"✗ watched folder {escaped} does not exist\n" in said
    fix = said.partition("`mkdir -p ")[2].partition("`")[0]
    made = subprocess.run(["bash", "-c", f"printf %s {fix}"], capture_output=True, check=True)
    assert made.stdout == os.fsencode(odd), "the fix can be pasted, whatever the name holds"


# The configuration


def test_no_configuration(patient: Patient) -> None:
    patient.config.unlink()
    found = patient.trouble("configuration")
    assert found.status is Status.PROBLEM
    assert "snapsortctl init" in found.fix


def test_a_broken_configuration(patient: Patient) -> None:
    patient.config.write_text(patient.config.read_text().replace("labels:", "lables:").replace("rules:", "ruls:"))
    found = patient.trouble("configuration")
    assert found.status is Status.PROBLEM
    assert found.summary == f"{patient.config}:3:1: unknown key 'lables'; did you mean 'labels'? (and 1 more)"
    assert "snapsortctl check" in found.fix


def test_a_configuration_that_everybody_may_change(patient: Patient) -> None:
    patient.config.chmod(0o666)
    assert patient.trouble("configuration").fix == f"`chmod o-w {patient.config}`"


# inotify


@linux
def test_watches_in_use_are_counted(tmp_path: Path) -> None:
    """In a separate process, so that no other watches of this one can change meanwhile."""
    folders = [tmp_path / str(number) for number in range(50)]
    for folder in folders:
        folder.mkdir()
    code = (
        "import ctypes, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "fd = libc.inotify_init()\n"
        "assert all(libc.inotify_add_watch(fd, path.encode(), 0x100) >= 0 for path in sys.argv[1:])\n"
        "print('watching', flush=True)\n"
        "sys.stdin.read()\n"
    )
    words = [sys.executable, "-c", code, *map(str, folders)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        found = read_limits(os.getuid())
        assert process.stdin is not None
        process.stdin.close()
    assert found is not None
    watches, instances, queue = found
    assert watches.used >= 50
    assert 1 <= instances.used < instances.maximum
    assert watches.maximum == int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    assert queue == int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


@linux
@pytest.mark.parametrize("limit", ["watches", "instances"])
def test_a_limit_that_does_not_suffice(patient: Patient, limit: str) -> None:
    (patient.inbox / "a" / "b").mkdir(parents=True)
    setting = f"echo 0 > /proc/sys/user/max_inotify_{limit}"
    namespace = ("unshare", "--user", "--map-root-user", "sh", "-c", f'{setting}; exec "$@"', "sh")
    if subprocess.run([*namespace, "true"], capture_output=True, text=True, check=False).stderr:
        pytest.skip("no user namespaces here, so the limits cannot be lowered for one process")
    checks = json.loads(patient.doctor("--json", prefix=namespace))["checks"]
    (found,) = (each for each in checks if each["name"] == "inotify")
    assert found["status"] == "warning"
    assert f"0 of 0 {limit} are left" in found["summary"]
    assert f"user.max_inotify_{limit}=" in found["fix"]


def test_every_searched_subfolder_needs_a_watch_and_links_do_not(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / ".hidden" / "deep").mkdir(parents=True)
    (tmp_path / "node_modules" / "deep").mkdir(parents=True)
    assert count_folders(WatchFolder(str(tmp_path), subfolders=True), at_most=100) == 4
    assert count_folders(WatchFolder(str(tmp_path)), at_most=100) == 1


# Other processes


def test_a_process_that_holds_the_lock_and_does_not_answer(patient: Patient) -> None:
    with Lock(patient.locations.lock):
        found = patient.trouble("daemon")
    assert found.status is Status.PROBLEM
    assert f"`kill {os.getpid()}`" in found.fix


def test_a_lock_file_that_nobody_holds_means_nothing(patient: Patient) -> None:
    """This holds even if its process id was given to another process meanwhile."""
    Lock(patient.locations.lock).close()
    assert Path(patient.locations.lock).read_text() == f"{os.getpid()}\n"
    assert "is not running" in patient.trouble("daemon").summary


def test_an_answer_from_a_daemon_with_another_journal(patient: Patient) -> None:
    status = {"pid": os.getpid(), "state": "running", "version": "0.1.0", "classifier_pid": None}
    status |= {"model": {"state": "ready"}, "folders": [], "config": {}}
    found = patient.trouble("daemon", status=lambda: status)
    assert found.status is Status.PROBLEM
    assert "uses another journal" in found.summary


# The service


def unit(patient: Patient, program: object, *lines: str) -> None:
    """Install a unit."""
    path = patient.folder / "config/systemd/user/snapsortd.service"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[Service]", f'ExecStart="{program}"', *lines, ""]))


def test_a_unit_for_a_program_that_has_gone(patient: Patient) -> None:
    unit(patient, patient.folder / "venv/bin/snapsortd")
    found = patient.trouble("service")
    assert found.status is Status.PROBLEM
    assert "no longer exists" in found.summary
    assert found.fix == "`snapsortctl service install`"


def test_a_unit_for_a_program_whose_interpreter_has_gone(patient: Patient) -> None:
    """This happens after an upgrade of Python."""
    program = patient.folder / "a 100%% b"
    real = patient.folder / "a 100% b"
    real.write_text(f"#!{patient.folder}/venv/bin/python\n")
    real.chmod(0o755)
    unit(patient, program)
    found = patient.trouble("service")
    assert f"needs {patient.folder}/venv/bin/python, which no longer exists" in found.summary


def test_a_unit_with_other_places_than_this_shell(patient: Patient) -> None:
    unit(patient, sys.executable, 'Environment="SNAPSORTD_CONFIG=/my config.yaml" A=1')
    found = patient.trouble("service")
    assert found.status is Status.WARNING
    assert "has SNAPSORTD_CONFIG=/my config.yaml and this shell has SNAPSORTD_CONFIG=:" in found.summary
    assert "`export SNAPSORTD_CONFIG='/my config.yaml'`" in found.fix


def test_a_command_that_this_shell_finds_and_the_service_does_not(patient: Patient) -> None:
    tools = patient.folder / "tools"
    tools.mkdir()
    (tools / "shrink").write_text("#!/bin/sh\n")
    (tools / "shrink").chmod(0o755)
    run = 'rules: [{name: Run, filters: [extension: png], actions: [run: [shrink, "{path}"]]},'
    patient.config.write_text(patient.config.read_text().replace("rules: [", run))

    found = patient.trouble("command")
    assert found.status is Status.PROBLEM
    assert found.summary.endswith("the command shrink is not found")
    patient.env["PATH"] += f":{tools}"
    assert patient.troubles("command") == []

    unit(patient, sys.executable, 'Environment="PATH=/usr/bin:/bin"')
    found = patient.trouble("command")
    assert f"the service does not find the command shrink, which this shell finds as {tools}/shrink" in found.summary
    assert "`snapsortctl service install`" in found.fix
    checked = subprocess.run([*PROGRAM, "check"], env=patient.env, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 3
    assert found.summary.removeprefix(f"{patient.config}:") in checked.stderr

    unit(patient, sys.executable, f'Environment="PATH=/usr/bin:{tools}"')
    assert patient.troubles("command") == []


def test_a_unit_that_cannot_be_understood(patient: Patient) -> None:
    unit(patient, 'a" b')
    assert "cannot be parsed" in patient.trouble("service").summary


def test_a_check_that_fails_itself_does_not_keep_the_others_from_being_made(patient: Patient) -> None:
    unit(patient, sys.executable)
    path = patient.folder / "config/systemd/user/snapsortd.service"
    path.unlink()
    path.mkdir()
    checks = {each["name"]: each for each in json.loads(patient.doctor("--json"))["checks"]}
    assert checks["service"]["summary"] == "the check failed: Is a directory"
    assert list(checks)[-1] == "sandbox"


def test_a_unit_that_fails(systemd: UserManager, patient: Patient) -> None:
    path = systemd.units / "snapsortd.service"
    path.write_text(f"[Service]\nExecStart={shutil.which('false')}\n[Install]\nWantedBy=default.target\n")
    try:
        systemd.systemctl("daemon-reload")
        systemd.run("systemctl", "--user", "start", path.name)
        systemd.wait_until(path.name, "ActiveState", "failed")
        done = systemd.run(*PROGRAM, "doctor", "--json", env={"SNAPSORTD_CONFIG": str(patient.config)})
        assert done.returncode == 1, (done.stdout, done.stderr)
        found = {each["summary"]: each for each in json.loads(done.stdout)["checks"] if each["name"] == "service"}
        assert found["the unit has failed (exit-code)"]["status"] == "problem"
        assert "journalctl --user" in found["the unit has failed (exit-code)"]["fix"]
        assert found["the unit does not start at login (disabled)"]["status"] == "warning"
    finally:
        systemd.run("systemctl", "--user", "reset-failed")
        path.unlink()
        systemd.systemctl("daemon-reload")


# The clock


def test_files_from_a_clock_that_was_ahead(patient: Patient) -> None:
    now = time.time()
    for name, mtime in (("now.png", now), ("ahead 1.png", now + 90_000), ("ahead 2.png", now + 10**9)):
        (patient.inbox / name).touch()
        os.utime(patient.inbox / name, (mtime, mtime))
    assert [os.path.basename(path) for path in future_files(str(patient.inbox), now)] == ["ahead 1.png", "ahead 2.png"]
    assert patient.trouble("clock").fix.startswith("set the clock of the device that wrote it")


def test_a_clock_that_was_set_back(patient: Patient) -> None:
    file_one(patient).journal.close()
    with closing(sqlite3.connect(patient.locations.journal, isolation_level=None)) as db:
        db.execute("UPDATE entries SET at = at + 86400")
    assert "but the journal has an entry of" in patient.trouble("clock").summary
