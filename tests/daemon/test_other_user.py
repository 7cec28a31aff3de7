"""Two normal users of one machine: the daemon of the first, and the second, who tries to access it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.support import images
from tests.support.tiny_checkpoints import make_checkpoint
from tests.support.waiting import wait_for

OWNER, OTHER = 60001, 60002
REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="needs root to act as two users, and setpriv, which exists on Linux only",
)

PROBE = "import subprocess, sys, snapsortd.daemon.main; sys.exit(subprocess.call([sys.executable, '-c', '']))"

CONFIG = """\
version: 1
existing: file
model: {{name: embedded}}
labels: {{picture: a picture}}
watch: [{{path: {home}/inbox, settle: 100ms}}]
rules: [{{name: All, actions: [move: "{home}/filed/"]}}]
"""


def owned(folder: Path, uid: int, mode: int = 0o755) -> Path:
    """Make a folder that belongs to a user."""
    folder.mkdir()
    os.chown(folder, uid, uid)
    folder.chmod(mode)
    return folder


class Machine:
    """The owner's home, and a parent for runtime folders that is writable by everybody, like /tmp."""

    def __init__(self, base: Path) -> None:
        self.home = owned(base / "home", OWNER)
        self.run = owned(base / "run", 0, 0o1777)
        for name in ("inbox", "state", "cache"):
            owned(self.home / name, OWNER)
        self.socket = self.run / "snapsortd" / "control.sock"
        self.config = self.home / "config.yaml"
        self.config.write_text(CONFIG.format(home=self.home))
        self.complaints = base / "complaints"
        self.pid = 0

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the daemon for the length of a block, as the owner and with a umask of 0."""
        with self.complaints.open("wb") as complaints:
            process = subprocess.Popen(
                [*as_owner(), sys.executable, "-m", "snapsortd.daemon.main"],
                cwd=REPOSITORY,
                stderr=complaints,
                umask=0,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.home),
                    "SNAPSORTD_CONFIG": str(self.config),
                    "XDG_STATE_HOME": str(self.home / "state"),
                    "XDG_CACHE_HOME": str(self.home / "cache"),
                    "XDG_RUNTIME_DIR": str(self.run),
                },
            )
        self.pid = process.pid
        try:
            yield process
        finally:
            process.kill()
            process.wait(60)

    def private(self) -> list[Path]:
        """Return every path that must be accessible to the owner only."""
        roots = (self.home / "state" / "snapsortd", self.home / "cache" / "snapsortd", self.run / "snapsortd")
        return [each for root in roots for each in (root, *sorted(root.rglob("*")))]


@cache
def as_owner() -> tuple[str, ...]:
    """Return a command prefix that runs a program as the owner; Python may be in a folder that only root can read."""
    plain = ("setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups")
    for words in (plain, (*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")):
        done = subprocess.run([*words, sys.executable, "-c", PROBE], cwd=REPOSITORY, capture_output=True, check=False)
        if done.returncode == 0:
            return words
    pytest.skip("another user cannot run this Python")


@contextmanager
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="snap") as base:
        os.chmod(base, 0o755)
        yield Machine(Path(base))


@pytest.fixture(scope="module")
def working() -> Iterator[Machine]:
    """A machine whose owner's daemon is running, with a model that loads fast, and has filed an image."""
    with machine() as one:
        checkpoint = make_checkpoint(one.home / "clip", "clip")
        for each in (checkpoint, *checkpoint.rglob("*")):
            each.chmod(0o755)
        one.config.write_text(one.config.read_text().replace("embedded", str(checkpoint)))
        images.photo(0).save(one.home / "inbox" / "a.png")
        os.chown(one.home / "inbox" / "a.png", OWNER, OWNER)
        with one.daemon() as process:
            wait_for(lambda: filed(one, process), seconds=120, what="an image is filed")
            yield one


def filed(one: Machine, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, one.complaints.read_text()
    return (one.home / "filed" / "a.png").exists()


def tried(uid: int, one: Machine, *, attack: bool) -> dict[str, str]:
    """Try every access to the daemon as a user, and return the outcome of each."""
    outside = {
        "private": [str(each) for each in one.private()],
        "address": str(one.socket),
        "pids": [one.pid, *map(int, Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text().split())],
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.support.other_user"),
            json.dumps({"uid": uid, "outside": outside, "attack": attack}),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_everything_is_the_owners_alone_whatever_the_umask(working: Machine) -> None:
    names = {each.name for each in working.private()}
    assert {"journal.sqlite3" + each for each in ("", "-wal", "-shm", ".exists")} <= names
    assert {"lock", "log", "snapsortd.log", "labels", "control.sock"} <= names
    for each in working.private():
        found = each.lstat()
        assert found.st_uid == OWNER
        assert stat.S_IMODE(found.st_mode) == (0o700 if stat.S_ISDIR(found.st_mode) else 0o600), each


def test_another_user_gets_at_nothing(working: Machine) -> None:
    before = [(each, each.lstat().st_ino, each.lstat().st_mode) for each in working.private()]
    outcome = tried(OTHER, working, attack=True)
    assert len(outcome) > 60
    assert {name: result for name, result in outcome.items() if result not in ("EACCES", "EPERM", "EISDIR")} == {}
    assert [(each, each.lstat().st_ino, each.lstat().st_mode) for each in working.private()] == before


def test_what_refuses_the_other_user_is_that_it_is_another(working: Machine) -> None:
    outcome = tried(OWNER, working, attack=False)
    assert {result for name, result in outcome.items() if not name.startswith("write")} <= {"allowed", "ENXIO"}
    assert "EACCES" not in outcome.values()
    assert outcome["connect"] == outcome[f"read {working.home}/state/snapsortd/journal.sqlite3"] == "allowed"


def other(path: Path, mode: int = 0o777) -> Path:
    return owned(path, OTHER, mode)


def socket_of_the_other(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as planted:
        planted.bind(str(path))
    os.chown(path, OTHER, OTHER)
    path.chmod(0o777)


def a_folder_with_a_socket(one: Machine) -> None:
    socket_of_the_other(other(one.run / "snapsortd") / "control.sock")


def a_link_to_a_folder_of_the_owner(one: Machine) -> None:
    owned(one.home / "diary", OWNER)
    (one.run / "snapsortd").symlink_to(one.home / "diary")
    os.lchown(one.run / "snapsortd", OTHER, OTHER)


def a_socket_for_a_folder(one: Machine) -> None:
    socket_of_the_other(one.run / "snapsortd")


def a_link_to_nowhere(one: Machine) -> None:
    (one.run / "snapsortd").symlink_to(one.home / "nowhere")
    os.lchown(one.run / "snapsortd", OTHER, OTHER)


def the_folder_above(one: Machine) -> None:
    one.run.rmdir()
    other(one.run)


def a_folder_above_that_is_open_to_all(one: Machine) -> None:
    one.run.chmod(0o777)


def a_socket_in_a_folder_that_was_open(one: Machine) -> None:
    socket_of_the_other(owned(one.run / "snapsortd", OWNER, 0o777) / "control.sock")


def a_journal_in_a_folder_that_was_open(one: Machine) -> None:
    planted = owned(one.home / "state" / "snapsortd", OWNER, 0o777) / "journal.sqlite3"
    planted.write_bytes(b"")
    os.chown(planted, OTHER, OTHER)


def a_link_for_the_log(one: Machine) -> None:
    planted = owned(one.home / "state" / "snapsortd", OWNER, 0o777) / "log"
    planted.symlink_to(one.home / "inbox")
    os.lchown(planted, OTHER, OTHER)


@pytest.mark.parametrize(
    ("plant", "reported"),
    [
        (a_folder_with_a_socket, "run/snapsortd belongs to user 60002, not to you"),
        (a_link_to_a_folder_of_the_owner, "run/snapsortd belongs to user 60002, not to you"),
        (a_socket_for_a_folder, "run/snapsortd cannot be used: File exists"),
        (a_link_to_nowhere, "run/snapsortd cannot be used: File exists"),
        (the_folder_above, "run belongs to user 60002, not to you"),
        (a_folder_above_that_is_open_to_all, "every user can replace files in"),
        (a_socket_in_a_folder_that_was_open, "control.sock belongs to user 60002, not to you"),
        (a_journal_in_a_folder_that_was_open, "journal.sqlite3 belongs to user 60002, not to you"),
        (a_link_for_the_log, "log belongs to user 60002, not to you"),
    ],
)
def test_a_daemon_does_not_start_on_what_another_user_has_planted(
    plant: Callable[[Machine], None], reported: str
) -> None:
    with machine() as one:
        images.photo(0).save(one.home / "inbox" / "a.png")
        plant(one)
        before = tree(one.home)
        with one.daemon() as process:
            assert process.wait(60) == 1
        complaints = one.complaints.read_text()
        assert reported in complaints
        assert "hint: set XDG_STATE_HOME" in complaints
        assert tree(one.home) == before


def tree(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return mode and size of everything below a folder except the daemon's own files."""
    found = {each: each.lstat() for each in folder.rglob("*") if "snapsortd" not in each.parts}
    return {each: (stat.st_mode, stat.st_size if each.is_file() else 0) for each, stat in found.items()}


def test_what_the_owner_left_open_is_closed() -> None:
    with machine() as one:
        left = [owned(each, OWNER, 0o777) for each in (one.home / "state" / "snapsortd", one.run / "snapsortd")]
        with one.daemon():
            wait_for(one.socket.exists, what="the control socket exists")
        assert [stat.S_IMODE(each.stat().st_mode) for each in left] == [0o700, 0o700]
