"""The file systems that tests mount: they keep files over a remount, and lack what their switches say."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.rename import rename_noreplace
from tests.support.file_systems import DRIVERS, served
from tests.support.switches import NEITHER, NO_RENAME, Switches


@pytest.mark.parametrize("kind", DRIVERS)
def test_a_file_is_there_again_after_a_remount(tmp_path: Path, kind: str) -> None:
    with served(kind, tmp_path) as disk:
        (disk.where / "folder").mkdir()
        (disk.where / "folder" / "a.txt").write_text("kept")
        disk.remount()
        assert [path.read_text() for path in disk.where.rglob("*.txt")] == ["kept"]
    assert not os.path.ismount(disk.where)


def test_a_frozen_one_is_cleaned_up_too(tmp_path: Path) -> None:
    with served("passthrough", tmp_path) as disk:
        server = disk.pid
        disk.freeze()
    assert not os.path.ismount(disk.where)
    with pytest.raises(ProcessLookupError):
        os.kill(server, signal.SIGCONT)


@pytest.mark.parametrize(
    ("switches", "attempt", "number"),
    [
        pytest.param(Switches(failing={"fsync": "EINVAL"}), lambda top: fsync(top / "a"), errno.EINVAL, id="fsync"),
        pytest.param(Switches(failing={"flush": "EIO"}), lambda top: (top / "a").read_bytes(), errno.EIO, id="close"),
        pytest.param(Switches(failing=NEITHER), lambda top: os.link(top / "a", top / "b"), errno.EPERM, id="link"),
        pytest.param(
            Switches(failing={"setxattr": "EOPNOTSUPP"}),
            lambda top: os.setxattr(top / "a", "user.x", b"x"),
            errno.ENOTSUP,
            id="attributes",
        ),
        pytest.param(
            Switches(failing={"chmod": "EPERM"}), lambda top: (top / "a").chmod(0o600), errno.EPERM, id="mode"
        ),
        pytest.param(Switches(forbidden=":?"), lambda top: (top / "a:b").touch(), errno.EINVAL, id="characters"),
    ],
)
def test_what_a_switch_refuses(
    tmp_path: Path, switches: Switches, attempt: Callable[[Path], object], number: int
) -> None:
    with served("passthrough", tmp_path) as disk:
        (disk.where / "a").write_bytes(b"x")
        switches.write(disk.behind)
        with pytest.raises(OSError, match=os.strerror(number)):
            attempt(disk.where)


def test_what_a_switch_changes(tmp_path: Path) -> None:
    switches = Switches(
        inodes="named", failing=NO_RENAME, bytes_per_second=50_000, folds_case=True, time_step_ns=2 * 10**9, mode=0o755
    )
    with served("passthrough", tmp_path, switches=switches) as disk:
        top = disk.where
        began = monotonic()
        (top / "a").write_bytes(bytes(10_000))
        assert monotonic() - began >= 0.2
        os.link(top / "a", top / "b")
        first, second = (top / "a").stat(), (top / "b").stat()
        assert (first.st_ino != second.st_ino, first.st_nlink, oct(first.st_mode)) == (True, 1, "0o100755")
        os.utime(top / "a", ns=(3 * 10**9 + 1,) * 2)
        assert (top / "A").stat().st_mtime_ns == 2 * 10**9


def test_an_open_file_can_be_used_after_it_was_removed(tmp_path: Path) -> None:
    with served("passthrough", tmp_path) as disk, (disk.where / "a").open("w+b") as file:
        os.unlink(disk.where / "a")
        file.write(b"12345")
        file.truncate(3)
        file.seek(0)
        assert (file.read(), os.fstat(file.fileno()).st_size) == (b"123", 3)


def test_numbers_that_do_not_last(tmp_path: Path) -> None:
    with served("passthrough", tmp_path, switches=Switches(inodes="mounted")) as disk:
        (disk.where / "a").touch()
        before = (disk.where / "a").stat().st_ino
        assert (disk.where / "a").stat().st_ino == before
        disk.remount()
        assert (disk.where / "a").stat().st_ino != before


def test_without_links_it_renames_without_replacing(tmp_path: Path) -> None:
    with served("passthrough", tmp_path, switches=Switches(failing={"link": "EPERM"})) as disk:
        for name in "ab":
            (disk.where / name).write_text(name)
        with open_folder(str(disk.where)) as top:
            with pytest.raises(FileExistsError):
                rename_noreplace(PathInFolder(top, "a"), PathInFolder(top, "b"))
            rename_noreplace(PathInFolder(top, "a"), PathInFolder(top, "c"))
        assert (disk.where / "c").read_text() == "a"


def fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file)
