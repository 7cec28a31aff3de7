"""Test that the advice of `doctor` mends what it says, where only the home folder can be changed, and harms nothing."""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.ctl.doctor import Status
from snapsortd.ctl.doctor.advice import creation, elsewhere, is_inside, meant
from snapsortd.ctl.doctor.daemons import RAISE
from snapsortd.ctl.doctor.disks import inspect_folder
from snapsortd.ctl.doctor.folders import Runtime, check_destination, check_watched
from tests.support.mounting import mounted
from tests.support.patient import Patient, file_one, linux, root_only
from tests.support.privileges import as_a_normal_user

SOMEBODY = 65534
READ_ONLY = r"""
mount --bind "$HOME" "$HOME"
while read -r _ _ _ _ point _; do
    case $point in "$HOME"*) ;; *) mount -o remount,bind,ro "$point" 2>/dev/null ;; esac
done < /proc/self/mountinfo
sudo() { "$@"; }
touch /tmp/../snapsort-probe 2>/dev/null && exit 99
eval "$1"
"""


def give_away(path: Path) -> None:
    path.mkdir(exist_ok=True)
    os.chown(path, SOMEBODY, SOMEBODY)
    path.chmod(0o700)


def missing(patient: Patient) -> str:
    patient.inbox.rmdir()
    return "watched folder"


def unreadable(patient: Patient) -> str:
    patient.inbox.chmod(0o311)
    return "watched folder"


def foreign(patient: Patient) -> str:
    give_away(patient.inbox)
    return "watched folder"


def fixed_destination(patient: Patient) -> str:
    patient.filed.mkdir(mode=0o555)
    return "destination"


def foreign_destination(patient: Patient) -> str:
    give_away(patient.filed)
    return "destination"


def open_configuration(patient: Patient) -> str:
    patient.config.chmod(0o666)
    return "configuration"


def foreign_configuration(patient: Patient) -> str:
    os.chown(patient.config, SOMEBODY, SOMEBODY)
    patient.config.chmod(0o644)
    return "configuration"


def open_state(patient: Patient) -> str:
    Path(patient.locations.state_dir).mkdir(parents=True)
    os.chmod(patient.locations.state_dir, 0o755)
    return "state folder"


def open_above(patient: Patient) -> str:
    above = Path(patient.env["XDG_RUNTIME_DIR"])
    above.mkdir()
    above.chmod(0o777)
    return "runtime folder"


def deleted_journal(patient: Patient) -> str:
    file_one(patient).journal.close()
    os.unlink(patient.locations.journal)
    return "journal"


def damaged_journal(patient: Patient) -> str:
    file_one(patient).journal.close()
    with open(patient.locations.journal, "r+b") as file:
        file.seek(4096)
        file.write(b"x" * 4096)
    return "journal"


def second_service(patient: Patient) -> str:
    start = patient.folder / ".config" / "autostart"
    start.mkdir(parents=True)
    (start / "my-snapsortd.desktop").touch()
    return "service"


TROUBLES = [
    *(missing, unreadable, foreign, fixed_destination, foreign_destination, open_configuration, foreign_configuration),
    *(open_state, open_above, deleted_journal, damaged_journal, second_service),
]


@linux
@root_only
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.__name__)
def test_advice_mends_what_it_says(patient: Patient, trouble: Callable[[Patient], str]) -> None:
    name = trouble(patient)
    with as_a_normal_user():
        (found,) = patient.troubles(name)
    command = re.findall("`(.+?)`", found.fix)[0]
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "bash", "-c", READ_ONLY, "bash", command],
        env=patient.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (command, done.stderr)
    with as_a_normal_user():
        assert patient.troubles(name) == []


@root_only
def test_a_read_only_disk_in_the_home_folder_is_mounted_for_writing(patient: Patient) -> None:
    with mounted(patient.inbox, "-t", "tmpfs", "-o", "ro", "none"):
        command = re.findall("`(.+?)`", patient.trouble("watched folder").fix)[-1]
        subprocess.run(["bash", "-c", f'sudo() {{ "$@"; }}; {command}'], check=True)
        assert patient.troubles("watched folder") == []


HARMFUL = re.compile("sudo (?!dmesg)|chown|chmod|setfacl|mkdir|mount|chattr")


@pytest.mark.parametrize("mode", [0o40755, 0o40700])
@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("error", [0, errno.ENOENT, errno.EACCES])
def test_nothing_outside_the_home_folder_is_to_be_changed(
    tmp_path: Path, mode: int, read_only: bool, error: int
) -> None:
    """A destination without its `~` is in the system's own folder, which its author may not write."""
    (tmp_path / "Pictures").mkdir()
    runtime = Runtime("linux", "python", 1000, str(tmp_path))
    found = inspect_folder("/Pictures/Sorted")
    found = replace(found, writable=False, read_only=read_only, mode=mode, error=error, owner=0, mount="/")
    watched = check_watched(found, runtime, position="c.yaml:3:5", moved=True, holds_journal=False)
    for each in (*watched, *check_destination(found, [], runtime, "c.yaml:3:5")):
        assert each.status is Status.PROBLEM
        assert "did you mean ~/Pictures/Sorted? correct c.yaml:3:5" in each.fix
        assert not HARMFUL.search(each.fix)


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        pytest.param("/Pictures/Old", "~/Pictures/Old", id="without its tilde"),
        pytest.param("/Users/ann/Pictures/Old", "~/Pictures/Old", id="from another computer"),
        pytest.param("/Receipts of mine", "~/Receipts of mine", id="a new folder"),
        pytest.param("/usr/share/x", "", id="of the system"),
        pytest.param("/mnt/disk/Pictures", "", id="of a disk"),
        pytest.param("/", "", id="everything"),
    ],
)
def test_what_was_meant_by_a_folder(tmp_path: Path, path: str, folder: str) -> None:
    (tmp_path / "Pictures").mkdir()
    assert meant(path, str(tmp_path)) == folder
    assert (folder or "a folder of your own") in elsewhere(path, str(tmp_path), "c.yaml:1:1")
    assert "mkdir" not in creation(path, str(tmp_path), "c.yaml:1:1")


def test_inside_the_home_folder_is_meant_strictly(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "home2"
    for each in (home, other):
        each.mkdir()
    (home / "out").symlink_to(other)
    assert is_inside(str(home / "Pictures" / "new"), str(home))
    for path, of in ((home, home), (other, home), (home / "out" / "x", home), (other, Path("/"))):
        assert not is_inside(str(path), str(of))
    assert not is_inside("/etc", "")


@linux
def test_a_limit_is_only_ever_raised() -> None:
    """The commands are run with a sysctl that only prints what it is asked to do."""
    fake = 'sudo() { "$@"; }; sysctl() { [ "$1" = -n ] && echo 4000000 || echo "$1"; }; '
    done = subprocess.run(["bash", "-c", fake + RAISE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "fs.inotify.max_user_watches=8000000",
        "fs.inotify.max_user_instances=8000000",
    ]
