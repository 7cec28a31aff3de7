"""Findings of `doctor` about real folders and file systems."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.ctl.doctor import Status
from snapsortd.ctl.doctor.abilities import lacking
from snapsortd.ctl.doctor.disks import inspect_folder, spaces
from snapsortd.ctl.doctor.folders import Runtime, check_destination, check_watched
from snapsortd.ctl.doctor.own_folders import check_own_folder, read_exposure
from snapsortd.files.capabilities import capabilities
from snapsortd.files.folders import open_folder
from tests.support.mounting import formatted, mounted
from tests.support.patient import RUNTIME, Patient, linux, on, root_only
from tests.support.privileges import as_a_normal_user

# Watched folders


def put_missing(inbox: Path) -> str:
    inbox.rmdir()
    return "does not exist"


def put_file(inbox: Path) -> str:
    inbox.rmdir()
    inbox.touch()
    return "is not a folder"


def put_dangling(inbox: Path) -> str:
    inbox.rmdir()
    inbox.symlink_to("elsewhere")
    return "is a link to elsewhere, which does not exist"


def put_loop(inbox: Path) -> str:
    inbox.rmdir()
    inbox.symlink_to(inbox)
    return "points back to itself"


def put_locked(inbox: Path) -> str:
    inbox.chmod(0o311)
    return "is not readable for you"


def put_fixed(inbox: Path) -> str:
    inbox.chmod(0o555)
    return "is not writable for you: nothing can be moved out of it"


@pytest.mark.parametrize("put", [put_missing, put_file, put_dangling, put_loop, put_locked, put_fixed])
def test_a_watched_folder_that_cannot_be_filed_from(patient: Patient, put: Callable[[Path], str]) -> None:
    sentence = put(patient.inbox)
    with as_a_normal_user():
        found = patient.trouble("watched folder")
    assert found.status is Status.PROBLEM
    assert sentence in found.summary
    assert str(patient.config if put is put_file else patient.inbox) in found.fix


@root_only
def test_a_watched_folder_that_is_mounted_read_only(patient: Patient) -> None:
    with mounted(patient.inbox, "-t", "tmpfs", "-o", "ro", "none"):
        found = patient.trouble("watched folder")
    assert "mounted read-only: nothing can be moved" in found.summary
    assert f"`sudo mount -o remount,rw {patient.inbox}`" in found.fix


def test_a_folder_from_which_files_are_only_copied_may_be_read_only(patient: Patient) -> None:
    patient.config.write_text(patient.config.read_text().replace("move:", "copy:"))
    patient.inbox.chmod(0o555)
    with as_a_normal_user():
        assert patient.troubles("watched folder") == []


@root_only
def test_a_shared_folder_gives_only_what_one_owns(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    os.chown(tmp_path, 65534, 65534)
    folder, somebody = inspect_folder(str(tmp_path)), Runtime("linux", "python", 1234)
    (found,) = check_watched(folder, somebody, position="", moved=True, holds_journal=False)
    assert found.status is Status.WARNING
    assert "only your own files" in found.summary


@contextmanager
def fuse(where: Path) -> Iterator[int]:
    """Mount a FUSE file system whose program does nothing; yield its descriptor."""
    try:
        program = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no FUSE here: {error.strerror}")
    options = f"fd={program},rootmode=40000,user_id=0,group_id=0"
    mount = ["mount", "-i", "-t", "fuse.sshfs", "-o", options, "none", str(where)]
    done = subprocess.run(mount, pass_fds=[program], capture_output=True, text=True, check=False)
    if done.returncode:
        os.close(program)
        pytest.skip(f"FUSE cannot be mounted here: {done.stderr.strip()}")
    try:
        yield program
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)
        os.close(program)


@root_only
@linux
def test_a_server_that_does_not_answer_holds_nobody_up(patient: Patient) -> None:
    with fuse(patient.inbox):
        found = patient.trouble("watched folder", timeout_s=2.0)
    assert found.status is Status.PROBLEM
    assert "no answer within 2 s" in found.summary


@root_only
@linux
def test_a_mount_whose_program_has_ended(patient: Patient) -> None:
    with fuse(patient.inbox) as program:
        os.dup2(os.open(os.devnull, os.O_RDONLY), program)
        found = patient.trouble("watched folder")
    assert found.status is Status.PROBLEM
    assert f"`fusermount -u {patient.inbox}`" in found.fix


def test_a_watched_folder_on_a_network(patient: Patient, tmp_path: Path) -> None:
    folder = inspect_folder(str(patient.inbox), on("nfs4", patient.inbox, tmp_path / "mounts"))
    (found,) = check_watched(folder, RUNTIME, position="", moved=True, holds_journal=False)
    assert found.status is Status.WARNING
    assert "nfs4" in found.summary
    assert "every 30 s" in found.summary


def test_a_watched_folder_that_holds_the_journal(patient: Patient) -> None:
    patient.write_config(inbox=patient.folder)
    assert "XDG_STATE_HOME" in patient.trouble("watched folder").fix


# Destinations and space


def test_a_destination_below_a_file(patient: Patient) -> None:
    patient.filed.touch()
    patient.write_config(filed=patient.filed / "deep")
    found = patient.trouble("destination")
    assert found.status is Status.PROBLEM
    assert found.summary.endswith(f"{patient.filed} is not a folder")


@pytest.mark.parametrize("made", [True, False], ids=["is there", "would be made"])
def test_a_destination_that_may_not_be_written(patient: Patient, made: bool) -> None:
    patient.filed.mkdir(0o555)
    patient.write_config(filed=patient.filed if made else patient.filed / "deep")
    with as_a_normal_user():
        found = patient.trouble("destination")
    assert found.status is Status.PROBLEM
    assert found.fix == f"`chmod u+rwx {patient.filed}`"


@root_only
def test_a_destination_that_is_mounted_read_only(patient: Patient) -> None:
    patient.filed.mkdir()
    with mounted(patient.filed, "-t", "tmpfs", "-o", "ro", "none"):
        found = patient.trouble("destination")
    assert found.status is Status.PROBLEM
    assert "remount,rw" in found.fix


@root_only
@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        pytest.param("size=1m", Status.PROBLEM, "is full", id="full"),
        pytest.param("size=100m", Status.WARNING, "is nearly full", id="nearly full"),
        pytest.param("size=1g,nr_inodes=5", Status.WARNING, "inodes for", id="few names left"),
        pytest.param("size=1g,nr_inodes=1", Status.PROBLEM, "inodes for only 0 more files", id="no names left"),
    ],
)
def test_a_disk_with_little_space(patient: Patient, options: str, status: Status, sentence: str) -> None:
    patient.filed.mkdir()
    with mounted(patient.filed, "-t", "tmpfs", "-o", options, "none"):
        found = patient.trouble("disk space")
    assert (found.status, sentence in found.summary) == (status, True)
    assert str(patient.filed) in found.fix


@root_only
def test_a_destination_that_keeps_no_attributes(patient: Patient) -> None:
    patient.filed.mkdir()
    with mounted(patient.filed, "-t", "ramfs", "none"):
        found = [each for each in patient.findings() if each.name == "destination"]
    assert [each.status for each in found] == [Status.OK]
    assert "extended attributes: `undo` restores them" in found[0].summary


def test_a_destination_on_a_stick(patient: Patient, other_disk: Path, tmp_path: Path) -> None:
    stick, inbox = (
        inspect_folder(str(other_disk), on("vfat", other_disk, tmp_path / "mounts")),
        inspect_folder(str(patient.inbox)),
    )
    found = list(check_destination(stick, [inbox], RUNTIME, ""))
    assert [each.status for each in found] == [Status.OK]
    assert "allows no names with" in found[0].summary
    assert "permissions: `undo` restores them" in found[0].summary


@root_only
def test_a_destination_on_a_real_stick(patient: Patient) -> None:
    patient.filed.mkdir()
    with formatted(patient.filed, patient.folder / "disk", "mkfs.exfat", "-t", "exfat-fuse", "-o", "loop"):
        found = [each for each in patient.findings() if each.name == "destination"]
    assert [each.status for each in found] == [Status.OK]
    assert "stores no permissions" in found[0].summary


def test_a_destination_on_another_disk_is_copied_to(patient: Patient, other_disk: Path) -> None:
    patient.write_config(filed=other_disk)
    (found,) = (each for each in patient.findings() if each.name == "destination")
    assert found.status is Status.OK
    assert "copied, compared" in found.summary


def test_space_is_told_once_for_each_disk(patient: Patient) -> None:
    here, there = inspect_folder(str(patient.inbox)), inspect_folder(str(patient.filed))
    (space,) = spaces([("state", here), ("destinations", there), ("destinations", there)])
    assert space.uses == ("state", "destinations")


# Our own folders


@root_only
def test_a_state_folder_of_somebody_else(patient: Patient) -> None:
    state = patient.folder / "state" / "snapsortd"
    state.mkdir(0o700, parents=True)
    os.chown(state, 65534, 65534)
    found = patient.trouble("state folder")
    assert found.status is Status.PROBLEM
    assert "belongs to user 65534" in found.summary


def test_a_state_folder_that_is_open_to_others(patient: Patient) -> None:
    state = patient.folder / "state" / "snapsortd"
    state.mkdir(0o755, parents=True)
    assert patient.trouble("state folder").fix == f"`chmod 700 {state}`"


def test_a_state_folder_that_cannot_be_made(patient: Patient) -> None:
    (patient.folder / "state").touch()
    assert patient.trouble("state folder").status is Status.PROBLEM


@root_only
def test_a_state_folder_on_a_read_only_disk(patient: Patient) -> None:
    state = patient.folder / "state"
    state.mkdir()
    with mounted(state, "-t", "tmpfs", "-o", "ro", "none"):
        assert "remount,rw" in patient.trouble("state folder").fix


def test_a_state_folder_on_a_network(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    folder = inspect_folder(str(tmp_path), on("nfs", tmp_path, tmp_path / "mounts"))
    exposure = read_exposure(folder, os.getuid())
    (found,) = check_own_folder("state", "XDG_STATE_HOME", folder, exposure, os.getuid())
    assert found.status is Status.WARNING
    assert "XDG_STATE_HOME" in found.fix


@root_only
def test_a_runtime_folder_below_a_folder_of_somebody_else(patient: Patient) -> None:
    run = patient.folder / "run"
    run.mkdir()
    os.chown(run, 65534, 65534)
    found = patient.trouble("runtime folder")
    assert found.status is Status.PROBLEM
    assert found.summary == f"{run} belongs to user 65534, not to you"


def test_a_runtime_folder_that_every_user_could_replace(patient: Patient) -> None:
    run = patient.folder / "run"
    (run / "snapsortd").mkdir(0o700, parents=True)
    run.chmod(0o777)
    found = patient.trouble("runtime folder")
    assert found.status is Status.PROBLEM
    assert f"`chmod o-w {run}`" in found.fix
    run.chmod(0o1777)
    assert patient.troubles("runtime folder") == []


@root_only
@pytest.mark.parametrize("planted", ["lock", "snapsortd"], ids=["a file inside", "a link in its place"])
def test_what_somebody_else_has_planted(patient: Patient, planted: str) -> None:
    state = patient.folder / "state" / "snapsortd"
    state.parent.mkdir()
    if planted == "lock":
        state.mkdir(0o700)
        path = state / "lock"
        path.touch()
    else:
        (patient.folder / "mine").mkdir(0o700)
        path = state
        path.symlink_to(patient.folder / "mine")
    os.lchown(path, 65534, 65534)
    found = patient.trouble("state folder")
    assert found.status is Status.PROBLEM
    assert found.summary == f"{path} belongs to user 65534, not to you"


def test_what_a_file_system_lacks_is_said(tmp_path: Path) -> None:
    with open_folder(str(tmp_path)) as folder:
        able = capabilities(folder)
    assert list(lacking(able)) == []
    poor = replace(
        able,
        noreplace_rename=False,
        hard_links=False,
        lasting_inodes=False,
        folds_case=True,
        time_step_ns=2_000_000_000,
    )
    said = "; ".join(lacking(poor))
    for word in ("over a placeholder", "by their content", "case alone", "to 2 s"):
        assert word in said
    assert "by hard links" in "; ".join(lacking(replace(poor, hard_links=True)))
    assert "only checked" in "; ".join(lacking(replace(poor, placeholders=False)))
