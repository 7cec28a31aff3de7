"""A real `systemd --user` for a test, in its own mount, PID and cgroup namespaces and control group.

It sees none of the machine's processes, and none of its own outlive it. AS_NOBODY it has exactly the rights of a
user's manager; AS_ROOT it has no capabilities, but can read files that only root can, such as an installation
below /root. Requires root on Linux with cgroup v2 mounted somewhere, systemd, and util-linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.waiting import wait_for

SYSTEMD = "/lib/systemd/systemd"
NOBODY = 65534
AS_ROOT = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
# The control group comes first: a manager moves every process of the group in which it is started.
START = f"""
set -e
mkdir "$GROUP"
echo $$ > "$GROUP/cgroup.procs"
chown -R --reference="$HOME" "$GROUP"
exec unshare --mount --pid --fork --kill-child --cgroup --mount-proc sh -ec '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mount -t tmpfs tmpfs /run/systemd
    mkdir /run/systemd/system
    $WHO {SYSTEMD} --user --log-target=console &
    wait'
"""


def why_not() -> str:
    """Return why a user manager cannot be started here; empty if one can."""
    for program in ("unshare", "nsenter", "setpriv", "systemctl"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not os.access(SYSTEMD, os.X_OK):
        return "systemd is not installed"
    if os.geteuid() != 0:
        return "needs root, for namespaces and a control group of its own"
    if cgroup2() is None:
        return "cgroup v2 is not mounted"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"namespaces are not allowed: {tried.stderr.decode().strip()}"


def cgroup2() -> str | None:
    """Return the mount point of cgroup v2."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return next((words[1] for line in mounts if (words := line.split())[2] == "cgroup2"), None)


class UserManager:
    """A running user manager. Everything that communicates with it goes through `run`."""

    def __init__(self, folder: Path, pid: int, who: Sequence[str]) -> None:
        self.home = folder / "home"
        self.runtime = folder / "run"
        self.units = self.home / ".config" / "systemd" / "user"
        self._pid = pid
        self._who = who

    def run(self, *words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the user manager's namespaces, with equally few privileges."""
        return subprocess.run(
            ["nsenter", f"--target={self._pid}", "--mount", "--pid", "--cgroup", *self._who, *words],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "XDG_RUNTIME_DIR": str(self.runtime),
                **(env or {}),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def systemctl(self, *words: str) -> str:
        """Run `systemctl --user`, which must succeed."""
        done = self.run("systemctl", "--user", *words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", unit).strip()

    def wait_until(self, unit: str, name: str, value: str, seconds: float = 30) -> None:
        """Wait until a property of a unit has a value."""
        wait_for(lambda: self.show(unit, name) == value, seconds=seconds, what=f"{unit} {name}={value}")


@contextmanager
def user_manager(who: Sequence[str]) -> Iterator[UserManager]:
    """Run a user manager until the end of the block, with a home of its own; `who` is AS_ROOT or AS_NOBODY."""
    # Not pytest's folder, because the path of a socket below it must stay short.
    folder = Path(tempfile.mkdtemp(prefix="snap"))
    for name in ("home/.config/systemd/user", "run"):
        (folder / name).mkdir(parents=True)
    (folder / "run").chmod(0o700)
    folder.chmod(0o755)
    group = Path(cgroup2() or "") / folder.name
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "GROUP": str(group),
        "WHO": " ".join(who),
    }
    if who is AS_NOBODY:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["sh", "-c", START], env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: first_child(process), what="the user manager's namespaces")
        one = UserManager(folder, first_child(process), who)
        wait_for(
            lambda: one.run("systemctl", "--user", "is-system-running").stdout.strip() == "running",
            what="the user manager running",
        )
        yield one
    finally:
        process.kill()  # and with it, by --kill-child, everything in its namespaces
        process.wait()
        wait_for(lambda: removed(group), what=f"{group} empty")
        shutil.rmtree(folder)


def first_child(process: subprocess.Popen[bytes]) -> int:
    """Return the first process in the new namespaces, or 0."""
    assert process.poll() is None, "the user manager's namespaces ended at once"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children and in_own_namespace(children[0]) else 0


def in_own_namespace(pid: str) -> bool:
    """Return whether a process is in a different PID namespace from this process."""
    with suppress(FileNotFoundError):
        return os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid")
    return False


def removed(group: Path) -> bool:
    """Remove a control group and those below it, once it has no more processes."""
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            os.rmdir(folder)
    return not group.exists()
