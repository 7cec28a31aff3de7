"""Real folders, watched through the kernel's own events."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snapsortd.files.answering import Answering
from snapsortd.files.folders import lstat
from snapsortd.files.mounts import absent_disk, filesystem, remote_filesystem
from snapsortd.watch.queue import WorkQueue
from snapsortd.watch.root import MISSING_INTERVAL_S, SCAN_INTERVAL_S
from snapsortd.watch.scan import scan
from snapsortd.watch.watcher import Watcher
from tests.support.waiting import wait_for
from tests.support.watched import SETTLE, Folder

linux = pytest.mark.skipif(sys.platform != "linux", reason="tests inotify, which exists on Linux only")


@dataclass
class Heard:
    """A watcher and everything that it reported."""

    watcher: Watcher = field(init=False)
    paths: list[str] = field(default_factory=list)
    rescans: list[str] = field(default_factory=list)
    mounts: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released whenever something is mounted or unmounted."""

    def on_path(self, path: str, settle: float) -> None:
        assert settle == SETTLE
        self.paths.append(path)

    def names(self) -> set[str]:
        return {os.path.basename(path) for path in self.paths}


Watch = Callable[..., Heard]


@pytest.fixture
def answering() -> Iterator[Answering]:
    one = Answering()
    yield one
    one.close()


@pytest.fixture
def watch(answering: Answering) -> Iterator[Watch]:
    with ExitStack() as held:

        def start(*folders: Folder) -> Heard:
            heard = Heard()
            heard.watcher = Watcher(folders, heard.on_path, heard.rescans.append, heard.mounts.release, answering)
            heard.watcher.start()
            held.callback(heard.watcher.stop)
            assert sorted(heard.rescans) == sorted(folder.path for folder in folders if os.path.isdir(folder.path))
            heard.rescans.clear()
            return heard

        yield start


def hears(heard: Heard, path: Path) -> None:
    """Make a last file and wait for its event; every earlier event has then been reported as well."""
    path.touch()
    wait_for(lambda: str(path) in heard.paths, what=f"an event for {path}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    path.mkdir()
    return path


def test_files_that_are_written_renamed_linked_or_moved_in(watch: Watch, root: Path, tmp_path: Path) -> None:
    heard = watch(Folder(str(root)))
    assert heard.watcher.states() == {str(root): "watching"}
    (root / "written.png").write_bytes(b"x")
    (root / "b.png.part").write_bytes(b"x")
    (root / "b.png.part").rename(root / "renamed.png")
    (tmp_path / "outside.png").write_bytes(b"x")
    os.link(tmp_path / "outside.png", root / "linked.png")
    (tmp_path / "outside.png").rename(root / "moved.png")
    wait_for(lambda: heard.names() == {"written.png", "renamed.png", "linked.png", "moved.png"})
    assert heard.rescans == []


def test_names_are_kept_byte_for_byte(watch: Watch, root: Path) -> None:
    heard = watch(Folder(str(root)))
    raw = os.fsencode(root) + b"/\xff {name} $HOME\n.png"
    with open(raw, "wb"):
        pass
    wait_for(lambda: raw in map(os.fsencode, heard.paths))


def test_only_what_a_folder_wants_is_told(watch: Watch, root: Path) -> None:
    (root / "sub").mkdir()
    heard = watch(Folder(str(root), ignore=("*.gif",)))
    for name in ("a.gif", "a.png.crdownload", ".snapsort.1", "sub/deep.png"):
        (root / name).touch()
    (root / "newsub").mkdir()
    hears(heard, root / "last.png")
    assert heard.names() == {"last.png"}
    assert heard.rescans == []


@linux
def test_our_own_reads_and_departures_are_never_told(watch: Watch, root: Path, tmp_path: Path) -> None:
    path = root / "a.png"
    path.write_bytes(b"x" * 100)
    heard = watch(Folder(str(root)))
    assert path.read_bytes()
    os.utime(path)
    path.chmod(0o600)
    os.fsync(fd := os.open(root, os.O_RDONLY))
    os.close(fd)
    assert list(scan(Folder(str(root)))) == [str(path)]
    path.rename(tmp_path / "filed.png")
    hears(heard, root / "last.png")
    assert heard.names() == {"last.png"}
    assert heard.rescans == []


@linux
def test_a_departure_does_not_hold_up_what_comes_after_it(watch: Watch, root: Path, tmp_path: Path) -> None:
    heard = watch(Folder(str(root)))
    seconds = []
    for number in range(5):
        hears(heard, root / f"{number}.png")
        started = time.monotonic()
        (root / f"{number}.png").rename(tmp_path / "filed.png")
        hears(heard, root / f"next-{number}.png")
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.45  # watchdog pairs moves for 0.5 s


def test_a_folder_moved_in_is_heard_of_with_all_its_files(watch: Watch, root: Path, tmp_path: Path) -> None:
    heard = watch(Folder(str(root), subfolders=True))
    holiday = tmp_path / "holiday" / "day 1"
    holiday.mkdir(parents=True)
    (holiday / "a.png").touch()
    (tmp_path / "holiday").rename(root / "holiday")
    wait_for(lambda: heard.rescans)
    assert heard.rescans[0] == str(root)
    hears(heard, root / "holiday/day 1/b.png")
    assert list(scan(Folder(str(root), subfolders=True)))
    (root / "new/er").mkdir(parents=True)
    wait_for(lambda: len(heard.rescans) > 1)
    hears(heard, root / "new/er/c.png")


def test_a_file_renamed_between_subfolders(watch: Watch, root: Path) -> None:
    (root / "one").mkdir()
    (root / "two").mkdir()
    (root / "one/a.png").touch()
    heard = watch(Folder(str(root), subfolders=True))
    (root / "one/a.png").rename(root / "two/b.png")
    wait_for(lambda: str(root / "two/b.png") in heard.paths)
    assert str(root / "one/a.png") not in heard.paths


def test_a_watched_folder_inside_another_goes_by_its_own_settings(watch: Watch, root: Path) -> None:
    inner = root / "inner"
    inner.mkdir()
    heard = watch(Folder(str(root), subfolders=True), Folder(str(inner), ignore=("*.gif",)))
    (inner / "a.gif").touch()
    hears(heard, inner / "b.png")
    hears(heard, root / "c.gif")
    assert heard.names() == {"b.png", "c.gif"}


def test_a_symlink_to_a_folder_is_watched_under_its_own_name(watch: Watch, root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    heard = watch(Folder(str(link)))
    hears(heard, link / "a.png")
    other = tmp_path / "other"
    other.mkdir()
    link.unlink()
    link.symlink_to(other)
    heard.watcher.tend(0.0)
    assert heard.rescans == [str(link)]
    hears(heard, link / "b.png")


def test_a_folder_that_is_deleted_and_made_again(watch: Watch, root: Path) -> None:
    heard = watch(Folder(str(root)))
    shutil.rmtree(root)
    wait_for(lambda: heard.rescans, what="the deletion reported")
    assert heard.watcher.tend(100.0) == 100.0 + MISSING_INTERVAL_S
    assert heard.watcher.states() == {str(root): "missing"}
    heard.rescans.clear()
    root.mkdir()
    assert heard.watcher.tend(105.0) is None
    assert heard.watcher.states() == {str(root): "watching"}
    assert heard.rescans == [str(root)]
    hears(heard, root / "a.png")


def test_a_folder_that_is_replaced_before_anyone_looks(watch: Watch, root: Path) -> None:
    heard = watch(Folder(str(root)))
    root.rmdir()
    root.mkdir()  # often with the inode number of the old one
    wait_for(lambda: heard.rescans, what="the deletion reported")
    # The thread that reads its events ends a moment after it reported the deletion.
    wait_for(lambda: heard.watcher.tend(0.0) is None and len(heard.rescans) > 1)
    hears(heard, root / "a.png")


def test_a_folder_that_is_moved_away_and_another_put_in_its_place(watch: Watch, root: Path, tmp_path: Path) -> None:
    heard = watch(Folder(str(root)))
    root.rename(tmp_path / "away")
    if sys.platform == "linux":
        wait_for(lambda: heard.rescans, what="the renaming reported")
    heard.watcher.tend(0.0)
    assert heard.watcher.states() == {str(root): "missing"}
    root.mkdir()
    heard.watcher.tend(0.0)
    (tmp_path / "away" / "elsewhere.png").touch()
    hears(heard, root / "a.png")
    assert heard.names() == {"a.png"}


def test_missing_from_the_start_and_no_folder_at_all(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = [str(tmp_path / "missing"), str(tmp_path / "file")]
    heard = watch(*(Folder(path) for path in paths))
    assert heard.watcher.states() == dict.fromkeys(paths, "missing")
    assert heard.rescans == []
    os.mkdir(paths[0])
    assert heard.watcher.tend(10.0) == 10.0 + MISSING_INTERVAL_S
    assert heard.watcher.states() == {paths[0]: "watching", paths[1]: "missing"}


@linux
def test_nothing_wakes_while_nothing_happens(watch: Watch, root: Path) -> None:
    before = set(threading.enumerate())
    heard = watch(Folder(str(root)))
    hears(heard, root / "a.png")
    threads = [thread.native_id for thread in set(threading.enumerate()) - before]
    assert len(threads) == 5
    wait_for(lambda: not heard.mounts.acquire(timeout=0.2), what="nothing mounted by other tests for a while")
    switches: list[str] = []
    for _ in range(20):
        switches = [naps(thread) for thread in threads]
        if not heard.mounts.acquire(timeout=2.2):
            break
        heard.mounts.acquire(timeout=0.2)
    assert [naps(thread) for thread in threads] == switches


def ignore(*_: object) -> None:
    """Do nothing with a report."""


def naps(thread: int | None) -> str:
    status = Path(f"/proc/self/task/{thread}/status").read_text()
    return next(line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches"))


def test_stopping_ends_every_thread(root: Path) -> None:
    before = set(threading.enumerate())
    answering = Answering()
    watcher = Watcher((Folder(str(root), subfolders=True),), ignore, ignore, ignore, answering)
    watcher.start()
    watcher.stop()
    answering.close()
    wait_for(lambda: set(threading.enumerate()) <= before, what="every thread ended")


# With the queue: files that arrive settle, and get their turn.


@dataclass
class Line:
    """A queue that a watcher fills, as in the daemon."""

    queue: WorkQueue = field(default_factory=lambda: WorkQueue(lstat))

    def next(self, seconds: float = 20.0) -> str | None:
        """Return the next path that gets its turn within this many seconds; None if there is none."""
        deadline = time.monotonic() + seconds
        while (now := time.monotonic()) < deadline:
            self.queue.update(now)
            if (path := self.queue.pop()) is not None:
                return path
            due = self.queue.next_due(now)
            self.queue.wait(max(0.0, min(deadline, deadline if due is None else due) - now))
        return None


@pytest.fixture
def line(root: Path, answering: Answering) -> Iterator[Line]:
    line = Line()
    folder = Folder(str(root))
    watcher = Watcher(
        (folder,),
        line.queue.offer,
        lambda path: line.queue.offer_many(path, scan(folder), folder.settle),
        line.queue.wake,
        answering,
    )
    watcher.start()
    yield line
    watcher.stop()
    line.queue.clear()


def test_a_file_written_slowly_gets_its_turn_when_it_is_whole(line: Line, root: Path) -> None:
    chunks, path = 12, root / "slow.png"
    done = threading.Event()

    def write() -> None:
        with open(path, "wb", buffering=0) as file:
            for _ in range(chunks):
                file.write(b"x" * 100)
                done.wait(SETTLE / 4)

    writer = threading.Thread(target=write)
    writer.start()
    assert line.next() == str(path)
    assert path.stat().st_size == chunks * 100
    writer.join()
    assert line.next(3 * SETTLE) is None


def test_a_writer_that_pauses_longer_brings_the_file_up_again(line: Line, root: Path) -> None:
    path = root / "pausing.png"
    with open(path, "wb", buffering=0) as file:
        file.write(b"first half")
        assert line.next() == str(path)
        file.write(b"second half")
    assert line.next() == str(path)
    assert line.next(3 * SETTLE) is None


def test_an_empty_file_waits_for_its_bytes(line: Line, root: Path) -> None:
    path = root / "a.png"
    path.touch()
    assert line.next(3 * SETTLE) is None
    path.write_bytes(b"x")
    assert line.next() == str(path)


def test_files_that_were_there_before_the_start(root: Path, answering: Answering) -> None:
    (root / "old.png").write_bytes(b"x")
    line = Line()
    folder = Folder(str(root))
    watcher = Watcher(
        (folder,),
        line.queue.offer,
        lambda path: line.queue.offer_many(path, scan(folder), folder.settle),
        line.queue.wake,
        answering,
    )
    watcher.start()
    try:
        assert line.next() == str(root / "old.png")
    finally:
        watcher.stop()


def test_what_is_no_regular_file_never_gets_a_turn(line: Line, root: Path, tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"x")
    os.mkfifo(root / "fifo.png")
    (root / "link.png").symlink_to(tmp_path / "image.png")
    (root / "dangling.png").symlink_to("nowhere")
    (root / "folder.png").mkdir()
    (root / "last.png").write_bytes(b"x")
    assert line.next() == str(root / "last.png")
    assert line.next(3 * SETTLE) is None


def test_a_file_replaced_or_deleted_while_it_settles(line: Line, root: Path, tmp_path: Path) -> None:
    (root / "gone.png").write_bytes(b"x")
    (root / "kept.png").write_bytes(b"x")
    (tmp_path / "new.png").write_bytes(b"other")
    (tmp_path / "new.png").rename(root / "kept.png")
    (root / "gone.png").unlink()
    assert line.next() == str(root / "kept.png")
    assert line.next(3 * SETTLE) is None


# In processes of their own, because they change limits or are suspended.

PROBE = """
import sys, threading
from tests.support.watched import Folder
from snapsortd.files.answering import Answering
from snapsortd.watch.watcher import Watcher

rescanned = threading.Semaphore(0)
folder = Folder(sys.argv[1], subfolders=True)
answering = Answering()
watcher = Watcher((folder,), lambda *_: None, lambda path: rescanned.release(), lambda: None, answering)
watcher.start()
rescanned.acquire()
print(watcher.states()[folder.path], flush=True)
if len(sys.argv) > 2:
    assert rescanned.acquire(timeout=30)
    print("rescan", flush=True)
watcher.stop()
"""


def probe(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", PROBE, *arguments], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )


REPOSITORY = Path(__file__).parents[2]


@linux
def test_more_events_than_the_kernel_keeps_mean_a_rescan(root: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip("fs.inotify.max_queued_events is too high to reach here")
    with probe(str(root), "overflow") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        process.send_signal(signal.SIGSTOP)
        (root / "file").touch()
        # Two alternating names, because the kernel merges an event with an equal one directly before it.
        for _ in range(limit // 2 + 100):
            for name in ("one", "two"):
                os.link(root / "file", root / name)
            for name in ("one", "two"):
                os.unlink(root / name)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == "rescan\n"
        assert process.wait(20) == 0


@linux
@pytest.mark.parametrize(
    ("limit", "value", "state"),
    [
        pytest.param("watches", 1, "fs.inotify.max_user_watches", id="a watch for the root only"),
        pytest.param("watches", 0, "fs.inotify.max_user_watches", id="no watch at all"),
        pytest.param("instances", 0, "fs.inotify.max_user_instances", id="no instance"),
    ],
)
def test_the_systems_limits_are_named_and_scanning_goes_on(root: Path, limit: str, value: int, state: str) -> None:
    namespace = ("unshare", "--user", "--map-root-user")
    setting = f"echo {value} > /proc/sys/user/max_inotify_{limit}"
    if subprocess.run([*namespace, "sh", "-c", setting], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are not available, so the limits cannot be lowered for one process")
    (root / "sub").mkdir()
    with probe(str(root), prefix=(*namespace, "sh", "-c", f'{setting}; exec "$@"', "sh")) as process:
        assert process.stdout is not None
        state_line = process.stdout.readline()
        assert process.wait(20) == 0
    assert state_line.startswith("scanning: ")
    assert state in state_line


DISK = """
import os, subprocess, sys, threading
from snapsortd.files.answering import Answering
from snapsortd.watch.scan import scan
from snapsortd.watch.watcher import Watcher
from tests.support.watched import Folder

path = sys.argv[1]
rescanned = threading.Semaphore(0)
came = threading.Semaphore(0)
mounts = threading.Semaphore(0)
watcher = Watcher(
    (Folder(path),), lambda *_: came.release(), lambda _: rescanned.release(), mounts.release, Answering()
)

def mount():
    subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True)

mount()
watcher.start()
assert rescanned.acquire(timeout=0)
open(path + "/a.png", "w").close()
assert came.acquire(timeout=20)
subprocess.run(["umount", path], check=True)
assert rescanned.acquire(timeout=20), "the kernel reported the unmounting"
watcher.tend(0.0)
assert watcher.states() == {path: "missing: its disk is not mounted"}
mount()
while rescanned.acquire(timeout=0):
    pass
watcher.tend(0.0)
assert rescanned.acquire(timeout=0), "the new disk is scanned"
while came.acquire(timeout=0):
    pass
open(path + "/b.png", "w").close()
assert came.acquire(timeout=20), "and watched"
assert watcher.states() == {path: "watching"}
watcher.stop()
"""


GONE_WITH_ITS_DISK = """
import os, subprocess, sys
from snapsortd.files.answering import Answering
from snapsortd.watch.watcher import Watcher
from tests.support.watched import Folder

path = sys.argv[1]
watcher = Watcher((Folder(path),), lambda *_: None, lambda _: None, lambda: None, Answering())
subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True)
watcher.start()
for order, state in (
    (["umount"], "missing: its disk is not mounted"),
    (["rmdir"], "missing: its disk is not mounted"),
    (["mkdir"], "watching"),
):
    subprocess.run([*order, path], check=True)
    watcher.tend(0.0)
    assert watcher.states() == {path: state}, (order, watcher.states())
watcher.stop()
"""


@linux
def test_a_disk_that_is_unmounted_and_mounted_again(root: Path) -> None:
    namespace = ("unshare", "--user", "--map-root-user", "--mount")
    if subprocess.run([*namespace, "mount", "-t", "tmpfs", "none", str(root)], check=False).returncode:
        pytest.skip("mount namespaces are not available")
    subprocess.run([*namespace, sys.executable, "-c", DISK, str(root)], cwd=REPOSITORY, check=True, timeout=60)


@linux
def test_a_mount_point_that_went_with_its_disk_may_come_back_as_a_folder(root: Path) -> None:
    namespace = ("unshare", "--user", "--map-root-user", "--mount")
    if subprocess.run([*namespace, "mount", "-t", "tmpfs", "none", str(root)], check=False).returncode:
        pytest.skip("mount namespaces are not available")
    subprocess.run(
        [*namespace, sys.executable, "-c", GONE_WITH_ITS_DISK, str(root)], cwd=REPOSITORY, check=True, timeout=60
    )


MOUNTINFO = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:20 / /home rw - btrfs /dev/sda rw
30 23 0:40 / /home/a/My\040Share rw - cifs //server/share rw
31 23 0:41 / /home/a/phone rw - fuse.sshfs a@phone:/ rw
32 23 0:42 / /home/a/usb rw - fuseblk /dev/sdb1 rw
33 22 0:43 / /mnt rw - nfs4 server:/ rw
34 33 0:44 / /mnt rw master:1 - ext4 /dev/sdc rw
""".lstrip()


@pytest.mark.parametrize(
    ("path", "kind", "remote"),
    [
        ("/etc", "ext4", ""),
        ("/home/a/Pictures", "btrfs", ""),
        ("/home/a/My Share", "cifs", "cifs"),
        ("/home/a/My Share/deep", "cifs", "cifs"),
        ("/home/a/My Shared", "btrfs", ""),
        ("/home/a/phone/DCIM", "fuse.sshfs", "fuse.sshfs"),
        ("/home/a/usb", "fuseblk", ""),
        ("/mnt/x", "ext4", ""),
    ],
)
def test_network_mounts(tmp_path: Path, path: str, kind: str, remote: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO)
    assert filesystem(path, str(mounts)) == kind
    assert remote_filesystem(path, str(mounts)) == remote


FSTAB = r"""
# /dev/sda1 /home/a/Pictures ext4 defaults 0 2
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
server:/ /mnt nfs4 noauto 0 0
server:/photos /mnt/photos/ nfs4 noauto 0 0
UUID=3 /home/a/My\040Disk ext4 noauto,user 0 0
"""


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/home/a/Pictures/x", ""),
        ("/mnt/x", ""),
        ("/mnt/photos", "/mnt/photos"),
        ("/mnt/photos/2026", "/mnt/photos"),
        ("/mnt/photos2", ""),
        ("/home/a/My Disk/Receipts", "/home/a/My Disk"),
    ],
)
def test_disks_that_should_be_there_and_are_not(tmp_path: Path, path: str, point: str) -> None:
    mounts, fstab = tmp_path / "mountinfo", tmp_path / "fstab"
    mounts.write_text(MOUNTINFO)
    fstab.write_text(FSTAB)
    assert absent_disk(path, str(mounts), str(fstab)) == point
    assert absent_disk(path, str(mounts), str(tmp_path / "missing")) == ""
    assert absent_disk(path, str(tmp_path / "missing"), str(fstab)) == ""


def test_without_a_list_of_mounts_everything_is_local(tmp_path: Path) -> None:
    assert remote_filesystem("/x", str(tmp_path / "missing")) == ""


@linux
def test_a_network_mount_is_scanned_in_turns(tmp_path: Path, root: Path, answering: Answering) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"33 22 0:43 / {os.path.realpath(root)} rw - nfs4 server:/ rw\n")
    rescans: list[str] = []
    watcher = Watcher((Folder(str(root)),), ignore, rescans.append, ignore, answering, str(mounts))
    watcher.start()
    try:
        assert watcher.states() == {str(root): "scanning: changes on nfs4 are not reported"}
        assert watcher.tend(1000.0) == 1000.0 + SCAN_INTERVAL_S
        watcher.tend(1000.0 + SCAN_INTERVAL_S / 2)
        assert len(rescans) == 2
        watcher.tend(1000.0 + SCAN_INTERVAL_S)
        assert len(rescans) == 3
        root.rmdir()
        watcher.tend(1000.0 + 1.5 * SCAN_INTERVAL_S)
        assert watcher.states() != {str(root): "missing"}, "a network mount, which may hang, is not accessed in between"
        watcher.tend(1000.0 + 2 * SCAN_INTERVAL_S)
        assert watcher.states() == {str(root): "missing"}
    finally:
        watcher.stop()
