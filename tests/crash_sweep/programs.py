"""A process that has already imported the programs, and forks to run them untraced.

python -m tests.crash_sweep.programs SOCKET

Importing takes most of a short command's time. A fork runs the program's own `main` with the requested arguments,
environment, folder and output, and exits like any other process. It has no torch, because the programs have none, and
no threads, because they would not survive the fork. Programs started by strace are the installed ones themselves.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from tests.crash_sweep.warm import listening
from tests.support.waiting import wait_for

VARIABLE = "SNAPSORT_WARM_PROGRAMS"
MAINS = {"snapsortd": "snapsortd.daemon.main", "snapsortctl": "snapsortd.ctl.main"}
"""The location of each installed program's `main`; see pyproject.toml."""
USED_LATER = ("snapsortd.ctl.commands.undo", "snapsortd.ctl.commands.sim_sort")


class Forked:
    """A running program, with the used part of the interface of `subprocess.Popen`."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], output: int) -> None:
        """Start it; `output` becomes its stdout and stderr."""
        self._code: int | None = None
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(env[VARIABLE])
        asked = json.dumps({"words": words, "env": dict(env), "folder": os.getcwd()}).encode()
        socket.send_fds(self._server, [len(asked).to_bytes(4, "big")], [output])
        self._server.sendall(asked)
        self.pid = int.from_bytes(self._server.recv(4), "big")

    def poll(self) -> int | None:
        """Return the exit code, or None while it is running."""
        try:
            return self.wait(0)
        except BlockingIOError:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise TimeoutError if it is still running after that time."""
        if self._code is None:
            self._server.settimeout(timeout)
            self._code = int(self._server.recv(16))
            self._server.close()
        return self._code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def run(words: Sequence[str], env: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """Run a program to its end; return its exit code and output."""
    with tempfile.TemporaryFile() as output:
        code = Forked(words, env, output.fileno()).wait(seconds)
        output.seek(0)
        return code, output.read().decode(errors="replace")


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Provide what `Forked` needs, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="programs") as folder:
        address = Path(folder) / "socket"
        command = [sys.executable, "-m", "tests.crash_sweep.programs", str(address)]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                wait_for(address.exists, seconds=300, what="the programs imported")
                yield {VARIABLE: str(address)}
            finally:
                process.terminate()


def main(address: str) -> NoReturn:
    """Import what the programs need, then fork for every connection; a fork returns from `asked_for`."""
    for module in (*MAINS.values(), *USED_LATER):
        importlib.import_module(module)
    assert "torch" not in sys.modules
    name = asked_for(address)
    sys.exit(sys.modules[MAINS[name]].main())


def asked_for(address: str) -> str:
    """Serve until forked, and return only in a fork, set up as a newly started program of this name."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with listening(address) as server:
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                break
            connection.close()
    return become_program(connection)


def become_program(connection: socket.socket) -> str:
    """Fork again: the parent reports the child's process id and exit code, the child returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, (output,), _, _ = socket.recv_fds(connection, 4, 1)
    asked = json.loads(connection.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL))
    if child := os.fork():
        os.close(output)
        connection.sendall(child.to_bytes(4, "big"))
        _, status = os.waitpid(child, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    connection.close()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv[:] = asked["words"]
    return Path(sys.argv[0]).name


if __name__ == "__main__":
    main(*sys.argv[1:])
