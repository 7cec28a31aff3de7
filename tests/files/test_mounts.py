"""The name of a disk, which lasts longer than its number, from what the kernel reports of mounts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.domain.entry import End
from snapsortd.domain.file import FolderIdentity
from snapsortd.files import mounts
from snapsortd.files.folders import open_folder
from snapsortd.files.identity import is_folder_of, is_on_disk
from snapsortd.files.mounts import disk_of


def mounted_from(source: str, kind: str, root: str, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the kernel report another source for the mount that `where` is on; only the device null has a UUID."""
    with open_folder(str(where)) as folder:
        lines = Path(f"/proc/self/fdinfo/{folder.fd}").read_text().splitlines()
    number = next(line.split()[1] for line in lines if line.startswith("mnt_id"))
    uuids, report = where / "by-uuid", where / "mountinfo"
    uuids.mkdir(exist_ok=True)
    if not (uuids / "12-AB").is_symlink():
        (uuids / "12-AB").symlink_to("/dev/null")
    report.write_text(f"1 1 0:1 / / rw - proc proc rw\n{number} 1 0:9 {root} /x rw shared:1 - {kind} {source} rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", str(report))
    monkeypatch.setattr(mounts, "UUIDS", str(uuids))


@pytest.mark.parametrize(
    ("source", "kind", "root", "name"),
    [
        pytest.param("/dev/null", "ext4", "/", "uuid:12-AB", id="UUID"),
        pytest.param("/dev/null", "ext4", "/bound", "uuid:12-AB", id="bind mount"),
        pytest.param("/dev/null", "btrfs", "/@home", "uuid:12-AB/@home", id="subvolume"),
        pytest.param("/dev/zero", "btrfs", "/@home", "", id="no UUID"),
        pytest.param("/dev/gone", "vfat", "/", "", id="no device"),
        pytest.param("host:/my\\040files", "nfs4", "/", "host:/my files", id="network"),
        pytest.param("me@host:", "fuse.sshfs", "/", "me@host:", id="sshfs"),
        pytest.param("pool", "zfs", "/", "pool", id="ZFS"),
        pytest.param("tmpfs", "tmpfs", "/", "", id="memory"),
    ],
)
def test_the_name_of_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: str, root: str, name: str
) -> None:
    mounted_from(source, kind, root, tmp_path, monkeypatch)
    with open_folder(str(tmp_path)) as folder:
        assert disk_of(folder.fd) == name


def test_what_the_kernel_does_not_report_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "MOUNTS", str(tmp_path / "missing"))
    with open_folder(str(tmp_path)) as folder:
        assert disk_of(folder.fd) == ""


@pytest.mark.parametrize("same_numbers", [True, False])
@pytest.mark.parametrize(
    ("then", "now", "kind", "same"),
    [
        pytest.param("uuid:12-AB", "/dev/null", "ext4", True, id="same UUID"),
        pytest.param("uuid:34-CD", "/dev/null", "ext4", False, id="another UUID"),
        pytest.param("file:/image", "/dev/null", "ext4", False, id="an image then"),
        pytest.param("host:/files", "host:/files", "nfs4", True, id="same export"),
        pytest.param("host:/files", "10.0.0.7:/files", "nfs4", None, id="another name of the server"),
        pytest.param("host:/files", "/dev/null", "ext4", None, id="network then"),
        pytest.param("uuid:12-AB", "tmpfs", "tmpfs", None, id="no name now"),
        pytest.param("", "/dev/null", "ext4", None, id="no name then"),
    ],
)
def test_the_name_decides_and_the_numbers_only_if_it_does_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    then: str,
    now: str,
    kind: str,
    same: bool | None,
    same_numbers: bool,
) -> None:
    mounted_from(now, kind, "/", tmp_path, monkeypatch)
    with open_folder(str(tmp_path)) as folder:
        found = folder.identity
        numbers = found if same_numbers else FolderIdentity(found.dev + 1, found.ino + 1)
        end = End(os.path.join(folder.path, "a.png"), "", numbers, then)
        assert is_folder_of(end, folder) == (same_numbers if same is None else same)
        assert is_on_disk(folder, numbers.dev, then) == (same_numbers if same is None else same)
