"""File systems that a program serves: sshfs, mergerfs, exFAT, NTFS, rclone, bindfs, and one with switches.

    with served("sshfs", tmp_path) as disk:
        disk.where    # where it is mounted
        disk.behind   # what lies behind it, if that is a folder
        disk.remount()

What is mounted by the kernel alone is in `mounting.py`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.mounting import mounted, run
from tests.support.switches import Switches
from tests.support.waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[2]
SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server")
IMAGE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Driver:
    """A kind of file system, and the program that serves it in the foreground."""

    program: str
    command: Callable[[Path, Path], Sequence[str]]
    """Returns the words of the program, given what lies behind and where to mount it."""
    formatted_by: str = ""
    """The program that makes it in an image file; without one, a folder lies behind."""
    branches: tuple[str, ...] = ()
    """Folders to create behind it."""
    needs_device: bool = False
    """It takes no image file, only a block device."""
    over_sftp: bool = False
    """Connected to an sftp-server by stdin and stdout."""


def image(*words: str) -> Callable[[Path, Path], Sequence[str]]:
    """Return the command of a driver that takes an image and a folder."""
    return lambda behind, where: [*words, str(behind), str(where)]


DRIVERS: Mapping[str, Driver] = {
    "sshfs": Driver(
        "sshfs", lambda behind, where: ["sshfs", "-f", "-o", "passive", f":{behind}", str(where)], over_sftp=True
    ),
    "mergerfs": Driver(
        "mergerfs",
        lambda behind, where: ["mergerfs", "-f", "-o", "minfreespace=0", f"{behind}/one:{behind}/two", str(where)],
        branches=("one", "two"),
    ),
    "bindfs": Driver("bindfs", image("bindfs", "-f")),
    "rclone": Driver(
        "rclone",
        lambda behind, where: [
            *("rclone", "mount", "--vfs-cache-mode", "writes", "--dir-cache-time", "0s", "--vfs-write-back", "0s"),
            *("--config", os.devnull, "--cache-dir", f"{behind}.cache", str(behind), str(where)),
        ],
    ),
    "exfat": Driver("mount.exfat-fuse", image("mount.exfat-fuse", "-d"), formatted_by="mkfs.exfat", needs_device=True),
    "ntfs": Driver("ntfs-3g", image("ntfs-3g", "-o", "no_detach"), formatted_by="mkfs.ntfs"),
    "passthrough": Driver(
        sys.executable,
        lambda behind, where: [sys.executable, "-m", "tests.support.passthrough", str(behind), str(where)],
    ),
}


@dataclass
class Served:
    """A mounted file system and the process that serves it."""

    kind: str
    behind: Path
    where: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _others: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def pid(self) -> int:
        """The process that serves it."""
        assert self._process is not None, f"{self.where} is not mounted"
        return self._process.pid

    def mount(self) -> None:
        """Mount it, and skip the test if that is not possible here."""
        driver = DRIVERS[self.kind]
        with self._log.open("wb") as log, self._block_device() as behind:
            streams = self._sftp() if driver.over_sftp else None
            process = subprocess.Popen(
                driver.command(behind, self.where),
                env=os.environ | {"FUSE_LIBRARY_NAME": "fuse3"},  # mfusepy takes FUSE 2 else, whose rename has no flags
                cwd=REPOSITORY,
                stdin=streams or subprocess.DEVNULL,
                stdout=streams or log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the test, which then unmounts
            )
            if streams:
                streams.close()
            self._process = process
            wait_for(lambda: process.poll() is not None or os.path.ismount(self.where), what=f"{self.kind} mounted")
        if process.poll() is not None:
            self._end()
            pytest.skip(f"{self.kind} can't be mounted here: {self._log.read_text(errors='replace')[-300:].strip()}")

    def unmount(self) -> None:
        """Unmount it as a person does, as soon as nothing uses it; what was written is behind it then."""
        wait_for(self._is_unmounted, what=f"{self.where} unused, to be unmounted")
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):  # the mount namespace of another test may hold a copy of the mount
            self._process.wait(10)
        self._end()

    def remount(self) -> None:
        """Unmount and mount it again: where inode numbers don't last, files have other ones now."""
        self.unmount()
        self.mount()

    def freeze(self) -> None:
        """Stop its server: every call on it hangs."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its server continue."""
        os.kill(self.pid, signal.SIGCONT)

    def tear(self) -> None:
        """End it as an unplugged disk does, whatever uses it."""
        if self._process is None:
            return
        self.thaw()
        _umount("-l", self.where)
        self._end()

    @property
    def _log(self) -> Path:
        return self.behind.with_name(f"{self.behind.name}.log")

    def _is_unmounted(self) -> bool:
        return _umount(self.where) or not os.path.ismount(self.where)

    def _end(self) -> None:
        """End every process, of which none may be left to hang others."""
        for process in (self._process, *self._others):
            if process is not None:
                with suppress(ProcessLookupError):
                    process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
                process.wait(5)
        self._process, self._others = None, []

    @contextmanager
    def _block_device(self) -> Iterator[Path]:
        """Yield what the driver takes; a loop device goes by itself once the driver has closed it."""
        if not DRIVERS[self.kind].needs_device:
            yield self.behind
            return
        done = subprocess.run(["losetup", "-f", "--show", self.behind], capture_output=True, text=True, timeout=60)
        if done.returncode:
            pytest.skip(f"there is no loop device: {done.stderr.strip()}")
        try:
            yield Path(done.stdout.strip())
        finally:
            subprocess.run(["losetup", "-d", done.stdout.strip()], check=True, timeout=60)

    def _sftp(self) -> socket.socket:
        """Start an sftp-server and return the other end of its connection."""
        ours, theirs = socket.socketpair()
        with theirs:
            server = next(path for path in SFTP_SERVERS if os.path.exists(path))
            self._others.append(subprocess.Popen([server], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL))
        return ours


def why_not(kind: str) -> str:
    """Return why this kind can't be mounted here, empty if it can."""
    driver = DRIVERS[kind]
    for program in filter(None, (driver.program, driver.formatted_by)):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if driver.over_sftp and not any(map(os.path.exists, SFTP_SERVERS)):
        return "sftp-server is not installed"
    if kind == "passthrough" and find_spec("mfusepy") is None:
        return "mfusepy is not installed"
    return "" if os.path.exists("/dev/fuse") and os.geteuid() == 0 else "only root may mount, where there is FUSE"


@contextmanager
def served(kind: str, folder: Path, where: Path | None = None, *, switches: Switches | None = None) -> Iterator[Served]:
    """Mount a file system of this kind at `where`, a new folder of `folder` by default; skip the test if impossible.

    `switches` are those of the passthrough; `Switches(…).write(disk.behind)` changes them later.
    """
    if reason := why_not(kind):
        pytest.skip(f"{kind}: {reason}")
    disk = make(kind, folder, where)
    if switches:
        switches.write(disk.behind)
    disk.mount()
    try:
        yield disk
    finally:
        disk.tear()


def make(kind: str, folder: Path, where: Path | None = None) -> Served:
    """Create what lies behind a file system, without mounting it."""
    driver = DRIVERS[kind]
    where = where or folder / kind
    behind = folder / f"{where.name}.behind"
    where.mkdir(parents=True, exist_ok=True)
    if driver.formatted_by:
        with behind.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        words = (driver.formatted_by, *(("-F", "-q") if driver.formatted_by == "mkfs.ntfs" else ()), str(behind))
        subprocess.run(words, check=True, capture_output=True, timeout=60)
    else:
        for each in (behind, *(behind / name for name in driver.branches)):
            each.mkdir()
    return Served(kind, behind, where)


@contextmanager
def btrfs(folder: Path, where: Path) -> Iterator[Path]:
    """Mount a btrfs at `where`, with which subvolumes can be made (`btrfs subvolume create`)."""
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("mkfs.btrfs is not installed")
    behind = folder / f"{where.name}.btrfs"
    with behind.open("wb") as file:
        file.truncate(128 << 20)  # the smallest is 109 MiB
    run("mkfs.btrfs", "-q", str(behind))
    where.mkdir(exist_ok=True)
    with mounted(where, "-t", "btrfs", "-o", "loop", str(behind)):
        yield where


def _umount(*words: str | Path) -> bool:
    return subprocess.run(["umount", *words], capture_output=True, timeout=60, check=False).returncode == 0
