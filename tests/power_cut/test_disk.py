"""The simulated disk loses what real file systems may lose, and nothing else."""

from __future__ import annotations

import stat

import pytest

from tests.power_cut.disk import ROOT, Disk, Facts, Key, Node
from tests.power_cut.scenes import content_of

FILE = stat.S_IFREG | 0o600
FOLDER = stat.S_IFDIR | 0o755


@pytest.fixture
def disk() -> Disk:
    """Return a disk with two folders, and a file that was saved long ago."""
    made = Disk()
    made.make(ROOT, "here", FOLDER)
    made.make(ROOT, "there", FOLDER)
    made.make(key(made, "here"), "a", FILE, b"old")
    made.sync_all()
    return made


def key(disk: Disk, name: str) -> Key:
    return disk.names[ROOT, name]


def left(disk: Disk, *paths: str) -> set[tuple[bytes | None, ...]]:
    """Return what a power cut may leave at these paths."""
    return {tuple(content_of(each, path) for path in paths) for each in disk.after_power_cut()}


def test_what_is_synced_stays(disk: Disk) -> None:
    assert left(disk, "/here/a") == {(b"old",)}


def test_what_is_written_may_be_old_or_new_or_nothing_or_zeros(disk: Disk) -> None:
    file = disk.files()["/here/a"]
    disk.nodes[file] = Node(Facts(FILE), b"newer", disk.nodes[file].sure)
    assert left(disk, "/here/a") == {(b"old",), (b"newer",), (b"",), (bytes(5),)}
    disk.sync(file)
    assert left(disk, "/here/a") == {(b"newer",)}


def test_a_synced_file_may_lose_its_name_and_a_synced_name_its_content(disk: Disk) -> None:
    file = disk.make(key(disk, "here"), "b", FILE, b"new")
    named = disk.copy()
    disk.sync(file)
    assert left(disk, "/here/b") == {(None,), (b"new",)}
    named.sync(key(named, "here"))
    assert left(named, "/here/b") == {(b"new",), (b"",), (bytes(3),)}


def test_a_rename_is_whole_or_not_at_all_and_either_folder_makes_it_sure(disk: Disk) -> None:
    here, there = key(disk, "here"), key(disk, "there")
    disk.change(((there, "a"), disk.names[here, "a"]), ((here, "a"), None))
    assert left(disk, "/here/a", "/there/a") == {(b"old", None), (None, b"old")}
    for folder in (here, there):
        synced = disk.copy()
        synced.sync(folder)
        assert left(synced, "/here/a", "/there/a") == {(None, b"old")}


def test_a_rename_that_is_not_atomic_may_lose_the_file() -> None:
    disk = Disk(atomic_rename=False)
    disk.make(ROOT, "a", FILE, b"old")
    disk.sync_all()
    disk.change(((ROOT, "b"), disk.names[ROOT, "a"]), ((ROOT, "a"), None))
    assert (None, None) in left(disk, "/a", "/b")


def test_names_reach_the_disk_in_no_order(disk: Disk) -> None:
    here, there = key(disk, "here"), key(disk, "there")
    disk.change(((there, "a"), disk.names[here, "a"]))
    disk.change(((here, "a"), None))
    assert (None, None) in left(disk, "/here/a", "/there/a")
    disk.sync(there)
    assert left(disk, "/here/a", "/there/a") == {(b"old", b"old"), (None, b"old")}


def test_of_two_changes_of_one_name_the_later_holds(disk: Disk) -> None:
    here = key(disk, "here")
    disk.change(((here, "a"), None))
    disk.make(here, "a", FILE, b"")
    disk.sync(disk.names[here, "a"])
    assert left(disk, "/here/a") == {(b"old",), (None,), (b"",)}
    disk.sync(here)
    assert left(disk, "/here/a") == {(b"",)}


def test_a_folder_that_loses_its_name_takes_all_along(disk: Disk) -> None:
    new = disk.make(ROOT, "new", FOLDER)
    disk.change(((new, "a"), disk.files()["/here/a"]), ((key(disk, "here"), "a"), None))
    disk.sync(new)
    assert left(disk, "/here/a", "/new/a") == {(None, None), (None, b"old")}


def test_a_second_fsync_after_one_that_failed_proves_nothing(disk: Disk) -> None:
    here = key(disk, "here")
    file = disk.make(here, "b", FILE, b"new")
    for lost in (file, here):
        disk.lose(lost)
        disk.sync(lost)
    assert left(disk, "/here/b") == {(None,), (b"new",), (b"",), (bytes(3),)}


def test_a_kill_loses_nothing(disk: Disk) -> None:
    disk.make(key(disk, "here"), "b", FILE, b"new")
    killed = disk.after_kill()
    assert content_of(killed, "/here/b") == b"new"
    assert left(killed, "/here/b") == left(disk, "/here/b")
