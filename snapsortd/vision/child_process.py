"""The classifier process as seen by the daemon: start it, talk to it through a channel, end it."""

from __future__ import annotations

import signal
import socket
import subprocess

from snapsortd.vision.spawn import spawn
from snapsortd.vision.wire import Channel


class ChildProcess:
    """A running classifier process and the daemon's end of its channel."""

    def __init__(self, module: str = "snapsortd.vision.child.main") -> None:
        """Start the process. Raise OSError if that fails."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                self._process = spawn(module, str(theirs.fileno()), keep=(theirs.fileno(),))
            except OSError:
                ours.close()
                raise
        self.channel = Channel(ours)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def kill(self) -> None:
        """Kill the process, without waiting for its end."""
        self._process.kill()

    def end(self, timeout_s: float = 0.0) -> str:
        """Close the channel, wait `timeout_s` seconds for the process to exit, then kill it; return how it ended.

        The result is the end of a sentence that starts with "the classifier".
        """
        self.channel.close()
        try:
            return _how_it_ended(self._process.wait(timeout_s))
        except subprocess.TimeoutExpired:
            self._process.kill()
            return _how_it_ended(self._process.wait())


def _how_it_ended(code: int) -> str:
    """Describe a `returncode` of `subprocess`, where negative values are signals."""
    if code >= 0:
        return f"ended with exit code {code}"
    if -code == signal.SIGXCPU:
        return "used too much processor time"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed ({name})" if -code == signal.SIGKILL else f"crashed ({name})"
